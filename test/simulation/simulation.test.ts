/**
 * The deciding code holds the guarantee in some thousands of schedules, and the simulation would notice if it did
 * not: every mutant is caught. `npm run simulate` runs as many as one has time for.
 */
import { expect, it } from 'vitest'
import { type Code, REAL } from './code.ts'
import { MUTANTS, SEEDS } from './mutants.ts'
import { loadMutant } from './mutate.ts'
import { planOf } from './plan.ts'
import { runSchedule } from './schedule.ts'
import { shrink } from './shrink.ts'

const SCHEDULES = 4000

/** The seed of the first violation among so many, and its words; null where there is none. */
async function firstViolation(code: Code, from: number, seeds: number) {
  for (let seed = from; seed < from + seeds; seed++) {
    const { violation } = await runSchedule(planOf(seed), code, null)
    if (violation !== null) return { seed, violation }
  }
  return null
}

it(`holds the guarantee in ${SCHEDULES} schedules`, async () => {
  const found = await firstViolation(REAL, 1, SCHEDULES)
  if (found === null) return
  const { trace } = await shrink(planOf(found.seed), found.violation, REAL)
  expect.fail(`seed ${found.seed}: ${found.violation}\n${trace.join('\n')}`)
}, 60_000)

it('decides every way on every route, so that the schedules mean something', async () => {
  const seen = new Set<string>()
  for (let seed = 1; seed <= 500; seed++) {
    for (const kind of (await runSchedule(planOf(seed), REAL, null)).decisions.keys()) {
      seen.add(kind)
    }
  }
  for (const route of ['strong', 'bounded', 'eventual']) {
    for (const outcome of ['alive', 'revoked', 'unknown', 'expired', 'idle', 'trouble']) {
      expect(seen).toContain(`${route} ${outcome}`)
    }
  }
  expect(seen).toContain('bounded grace alive')
  for (const answer of ['admitted', 'step_up', 'revoked', 'trouble']) {
    expect(seen).toContain(`looked ${answer}`)
  }
}, 30_000)

it('runs the same schedule the same way', async () => {
  for (const seed of [1, 77, 1234]) {
    const traces: string[][] = [[], []]
    const hashes = []
    for (const trace of traces) hashes.push((await runSchedule(planOf(seed), REAL, trace)).hash)
    expect(hashes[0]).toBe(hashes[1])
    expect(hashes[0]).not.toBe(0)
    expect(traces[0]).toEqual(traces[1])
  }
})

it.each(Object.keys(MUTANTS))(
  'notices %s',
  async (name) => {
    const seed = SEEDS[name] ?? 1
    const found = await firstViolation(await loadMutant(name), seed, 2500)
    expect(found, `not noticed from seed ${seed} on`).not.toBeNull()
  },
  30_000,
)
