/**
 * The pace of open streams, on a simulated clock: every stream acts on news within the bound, and all of them
 * together ask for it once in half a bound.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isGivenUp, untilNextLookMs } from '../../src/session/watch-pace.ts'

const LIMITS = { maxStalenessMs: 1000, rideOutMs: 30_000 }
const RUN_MS = 10_000

/** Streams that look as watch.ts does: the first past half the bound listens, which takes `tripMs`. */
function simulate(streams: number, tripMs: number, chance: () => number) {
  let heardAtMs = 0
  let listening: { readonly startedAtMs: number } | null = null
  let reads = 0
  let oldestMs = 0
  const looks = Array.from({ length: streams }, (_, index) => ({
    atMs: index % 50,
    knowsMs: 0,
    listens: false,
  }))
  for (;;) {
    const stream = looks.reduce((a, b) => (b.atMs < a.atMs ? b : a))
    const nowMs = stream.atMs
    if (nowMs > RUN_MS) return { reads, oldestMs }
    if (listening && nowMs >= listening.startedAtMs + tripMs) {
      heardAtMs = listening.startedAtMs
      listening = null
    }
    if (nowMs - heardAtMs > LIMITS.maxStalenessMs / 2 && !listening && !stream.listens) {
      listening = { startedAtMs: nowMs }
      reads++
      stream.listens = true
      stream.atMs = nowMs + tripMs
      continue
    }
    stream.listens = false
    // What it stood on until this look, the round trip included.
    oldestMs = Math.max(oldestMs, nowMs - stream.knowsMs)
    stream.knowsMs = heardAtMs
    stream.atMs = nowMs + untilNextLookMs(heardAtMs, nowMs, LIMITS, chance())
  }
}

describe('untilNextLookMs', () => {
  it('lets every stream act on news within the bound, for one read in half a bound', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 333 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
        (streams, tripMs, chances) => {
          const { reads, oldestMs } = simulate(streams, tripMs, () => chances.next().value)
          expect(oldestMs).toBeLessThanOrEqual(LIMITS.maxStalenessMs)
          expect(reads).toBeLessThanOrEqual(RUN_MS / (LIMITS.maxStalenessMs / 2))
          expect(reads).toBeGreaterThan(RUN_MS / LIMITS.maxStalenessMs)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('does not hurry while nothing can be heard', () => {
    for (const heardAtMs of [0, Number.NEGATIVE_INFINITY]) {
      for (const chance of [0, 0.999]) {
        const pauseMs = untilNextLookMs(heardAtMs, 5000, LIMITS, chance)
        expect(pauseMs).toBeGreaterThanOrEqual(500)
        expect(pauseMs).toBeLessThanOrEqual(625)
      }
    }
  })
})

describe('isGivenUp', () => {
  it('is true when the bound and the time of riding out have passed', () => {
    expect(isGivenUp(0, 31_000, LIMITS)).toBe(false)
    expect(isGivenUp(0, 31_001, LIMITS)).toBe(true)
  })
})
