/**
 * Several edges and one session: a model of what the primary does with swaps, of copies that lag and of memory that
 * hears of a move at most the bound late; the deciding code is the product's. In any order, somebody far from the
 * other is seen; somebody who does not move never is, and writes once.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Stay, Trail } from '../../src/session/sighting.ts'
import { type Found, follow, isNews } from '../../src/session/signals.ts'
import { TRAVEL_LIMITS as LIMITS, SIGNALS, type Signal } from '../../src/vocabulary/signal.ts'
import { HOUR_MS, LONDON, NOW_MS, seen, TOKYO } from './arbitraries.ts'

const ALL: ReadonlySet<Signal> = new Set(SIGNALS)
const BOUND_MS = 1000
const OLD = { issuedAtMs: NOW_MS - 24 * HOUR_MS }

interface Step {
  readonly edge: number
  readonly afterMs: number
  /** How old the copy is that an edge reads which knows nothing; within the bound for what it remembers. */
  readonly lagMs: number
  /** Its clock against the others'. */
  readonly skewMs: number
}

const EDGES = 4

/** The primary's trail at every time, and what each edge remembers. */
class Model {
  readonly #versions: { readonly atMs: number; readonly found: Found | null }[] = [
    { atMs: Number.NEGATIVE_INFINITY, found: null },
  ]
  readonly #memory = new Map<number, Trail | null>()
  #nowMs = NOW_MS
  writes = 0

  #asOf(atMs: number): Found | null {
    return this.#versions.findLast((version) => version.atMs <= atMs)?.found ?? null
  }

  /** Since the primary last changed, has this edge had the time to hear of it? */
  #known(edge: number, lagMs: number): Trail | null {
    const changedMs = this.#versions.at(-1)?.atMs ?? 0
    const remembered = this.#memory.get(edge)
    if (remembered !== undefined && this.#nowMs - changedMs <= BOUND_MS) return remembered
    return this.#asOf(this.#nowMs - Math.min(lagMs, BOUND_MS))?.trail ?? null
  }

  visit({ edge, afterMs, lagMs, skewMs }: Step, at: Stay): readonly Signal[] {
    this.#nowMs += afterMs
    const sighting = seen(at, this.#nowMs - NOW_MS + skewMs)
    const known = this.#known(edge, lagMs)
    if (!isNews(known, sighting, ALL, LIMITS)) {
      this.#memory.set(edge, known)
      return []
    }
    this.writes++
    // What the transaction shows is what is decided on.
    const found = this.#asOf(this.#nowMs)
    const { signals, trail } = follow(found, sighting, OLD, LIMITS)
    this.#versions.push({ atMs: this.#nowMs, found: { trail, presentAtMs: sighting.atMs } })
    this.#memory.set(edge, trail)
    return signals
  }
}

const step = (mostMs: number): fc.Arbitrary<Step> =>
  fc.record({
    edge: fc.nat(EDGES - 1),
    afterMs: fc.nat(mostMs),
    lagMs: fc.nat(60_000),
    skewMs: fc.integer({ min: -5000, max: 5000 }),
  })

describe('of two far apart, at least one is answered', () => {
  it('in any order, with lag, with clocks that differ', () => {
    const steps = fc.array(fc.tuple(step(60_000), fc.boolean()), { minLength: 2, maxLength: 30 })
    fc.assert(
      fc.property(steps, (journey) => {
        const model = new Model()
        const signals = journey.flatMap(([each, isTokyo]) =>
          model.visit(each, isTokyo ? TOKYO : LONDON),
        )
        const places = new Set(journey.map(([, isTokyo]) => isTokyo))
        expect(signals.includes('travel')).toBe(places.size === 2)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('somebody who does not move', () => {
  it('is never hit, and once every copy has it nothing more is written', () => {
    fc.assert(
      fc.property(step(1000), fc.array(step(10 * HOUR_MS)), (first, steps) => {
        const model = new Model()
        expect(model.visit(first, LONDON)).toEqual([])
        const late = steps.map((each) => ({ ...each, afterMs: each.afterMs + BOUND_MS + 1 }))
        for (const each of late) expect(model.visit(each, LONDON)).toEqual([])
        expect(model.writes).toBe(1)
      }),
    )
  })

  it('is never hit while copies lag either: what is written then is the same again', () => {
    fc.assert(
      fc.property(fc.array(step(500)), (steps) => {
        const model = new Model()
        for (const each of steps) expect(model.visit(each, LONDON)).toEqual([])
        expect(model.writes).toBeLessThanOrEqual(steps.length)
      }),
    )
  })
})
