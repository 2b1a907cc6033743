/**
 * The guard in CI: validating on the hot path stays far cheaper than verifying a JWT. It compares a ratio of
 * one short run, never a time: whole requests inside one isolate, interleaved, best of many batches, which is
 * what a busy machine bends least. The process and the network are the benchmark's business.
 */
import { expect, it } from 'vitest'
import { ratioOf, timeWholeRequests } from './whole.ts'

/** The target is 0.25 (issue 4); noise on a busy machine stays well below this. */
// A busy moment can only make it look worse, so the best of three runs is what counts.
const WORST_RATIO = 0.6

it(`adds at most ${WORST_RATIO} of what an ES256 JWT adds, hot`, {
  timeout: 60_000,
  retry: 2,
}, async () => {
  const micros = await timeWholeRequests()
  console.log(
    Object.entries(micros)
      .map(([name, best]) => `${name} ${best.toFixed(1)} µs`)
      .join(', '),
  )
  expect(micros['jwt-es256']).toBeGreaterThan(micros['pass-through'])
  expect(ratioOf(micros)).toBeLessThanOrEqual(WORST_RATIO)
})
