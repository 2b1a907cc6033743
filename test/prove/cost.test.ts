/**
 * The proof of cost in small, on the same parts. Must never pass because nothing was counted.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type BuiltWorker, buildWorker } from '../edges/build.ts'
import { coldCost, hotCost, zipfCost } from './cost-measures.ts'
import { crowd } from './crowd.ts'
import { Random } from './random.ts'
import { type Scene, startScene } from './scene.ts'

const BOUND_MS = 1000
let bundle: BuiltWorker
let scene: Scene

beforeAll(async () => {
  bundle = await buildWorker()
  scene = await startScene(bundle, {
    regions: [
      { name: 'near', lagMs: 0 },
      { name: 'far', lagMs: 100 },
    ],
    edges: 2,
    inspector: true,
    // All parts share one machine: a late answer is better than none.
    vars: { MAX_STALENESS_MS: String(BOUND_MS), STORE_DEADLINE_MS: '3000' },
  })
})
afterAll(async () => {
  await scene?.stop()
  bundle?.remove()
})

it('costs nothing at the store while a session is hot', async () => {
  expect(await hotCost(scene, 20, BOUND_MS)).toEqual({ httpRequests: 0, commands: 0 })
})

it('costs one HTTP request when a session is cold, whether the feed is fresh or stale', async () => {
  const { staleFeed, freshFeed } = await coldCost(scene, BOUND_MS)
  expect([staleFeed.httpRequests, freshFeed.httpRequests]).toEqual([1, 1])
  expect(freshFeed.commands).toBe(4)
})

it('costs skewed traffic a few commands a second, not a few a request', async () => {
  const options = { sessions: 100, requests: 1500, rate: 300, coldCommands: 4 }
  const { firstTouches, commands, perSecond } = await zipfCost(scene, options, new Random(1))
  expect(firstTouches).toBeGreaterThan(100)
  expect(commands).toBeGreaterThanOrEqual(firstTouches * 4)
  // Two commands for each half bound and edge: 8 a second, whatever the rate. Beside that a first touch may
  // find a stale feed (one command more), or a second request on its heels. A read per request would be 6,000.
  const seconds = options.requests / perSecond
  expect(commands).toBeLessThanOrEqual(firstTouches * 6 + 10 * seconds)
})

it('answers a crowd right, and the revoked among it', async () => {
  const options = { sessions: 600, revoked: 20, boundMs: BOUND_MS }
  const { visits, heapAfterMb } = await crowd(scene, options, new Random(1), () => undefined)
  expect(visits).toBe(660)
  expect(heapAfterMb).toBeGreaterThan(1)
  expect(heapAfterMb).toBeLessThan(32)
})
