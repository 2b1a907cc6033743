/**
 * The proof of revocation in small, on the same parts: it holds, and it bites when the edges' bound is not
 * the one that is claimed. Must never pass because nothing was seen.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type BuiltWorker, buildWorker } from '../edges/build.ts'
import { type CampaignOptions, runCampaign } from './campaign.ts'
import { startScene } from './scene.ts'
import type { Tally } from './tally.ts'

const BOUND_MS = 300
const LAG_MS = 800
const REGIONS = [
  { name: 'near', lagMs: 0 },
  { name: 'far', lagMs: LAG_MS },
]
const CAMPAIGN: CampaignOptions = {
  changes: 40,
  rate: 300,
  boundMs: BOUND_MS,
  lagMs: LAG_MS,
  echoMs: 1500,
  partition: { region: 'far', ms: 2000 },
  jitterMs: 30,
  stallMs: 200,
  seed: 1,
}

let bundle: BuiltWorker
beforeAll(async () => {
  bundle = await buildWorker()
})
afterAll(() => bundle?.remove())

async function campaign(edgesBoundMs: number, changes: number): Promise<Tally> {
  const vars = { MAX_STALENESS_MS: String(edgesBoundMs), STORE_DEADLINE_MS: '3000' }
  const scene = await startScene(bundle, { regions: REGIONS, edges: 2, vars })
  try {
    return await runCampaign(scene, { ...CAMPAIGN, changes }, () => undefined)
  } finally {
    await scene.stop()
  }
}

it('enforces every kind of change within the bound, and refuses nobody who is alive', async () => {
  const tally = await campaign(BOUND_MS, CAMPAIGN.changes)
  expect(tally.acknowledged).toBeGreaterThanOrEqual(CAMPAIGN.changes)
  for (const count of ['violations', 'false401', 'false403'] as const) {
    expect([count, tally.total(count)]).toEqual([count, 0])
  }
  expect(tally.strange).toEqual([])
  const concerned = tally.rows().filter((row) => row.lastOldMs.length > 0)
  expect(concerned.length).toBeGreaterThanOrEqual(10)
  expect(tally.total('requests')).toBeGreaterThan(1000)
  expect(tally.total('unavailable')).toBeLessThan(tally.total('requests') / 20)
})

it('bites: edges that may be staler than the bound that is claimed are found out', async () => {
  const tally = await campaign(5000, 15)
  expect(tally.total('violations')).toBeGreaterThan(0)
  expect(tally.holds).toBe(false)
  const strong = tally.rows().filter((row) => row.consistency === 'strong')
  expect(strong.reduce((sum, row) => sum + row.violations, 0)).toBe(0)
})
