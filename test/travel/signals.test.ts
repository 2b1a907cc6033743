/**
 * What a sighting says against a session, given its trail: each sign, and each known cause of a false alarm.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Sighting, Trail } from '../../src/session/sighting.ts'
import { follow, isNews } from '../../src/session/signals.ts'
import { TRAVEL_LIMITS as LIMITS, SIGNALS, type Signal } from '../../src/vocabulary/signal.ts'
import { HOUR_MS, LONDON, MINUTE_MS, NOW_MS, place, seen, sighting, TOKYO } from './arbitraries.ts'

const ALL: ReadonlySet<Signal> = new Set(SIGNALS)
const OLD = { issuedAtMs: NOW_MS - 24 * HOUR_MS }

/** Every sighting in turn, each use written down as a touch would be. */
function journey(sightings: readonly Sighting[], freshness = OLD) {
  let trail: Trail | null = null
  let presentAtMs: number | null = null
  let writes = 0
  const signals: (readonly Signal[])[] = []
  for (const each of sightings) {
    if (isNews(trail, each, ALL, LIMITS)) {
      const next = follow(trail && { trail, presentAtMs }, each, freshness, LIMITS)
      writes++
      trail = next.trail
      signals.push(next.signals)
    } else signals.push([])
    if (each.place !== null) presentAtMs = each.atMs
  }
  return { signals, writes, trail }
}

describe('a person who does not move', () => {
  const still = (base: Sighting, times: readonly number[]) =>
    times.map((minute) => ({ ...base, atMs: NOW_MS + minute * MINUTE_MS }))

  it('is never hit and writes nothing after the first sighting, in whatever order they arrive', () => {
    fc.assert(
      fc.property(
        sighting(),
        fc.array(fc.integer({ min: -10_000, max: 10_000 })),
        (base, times) => {
          const { signals, writes } = journey(still(base, [0, ...times]))
          expect(signals.flat()).toEqual([])
          expect(writes).toBe(1)
        },
      ),
    )
  })

  it('is not hit where the place is told half a degree to either side of them', () => {
    const wobble = fc.record({ north: fc.integer({ min: -2, max: 2 }), minute: fc.nat(10_000) })
    fc.assert(
      fc.property(place(), fc.array(wobble), (at, wobbles) => {
        const latitude = Math.max(-89, Math.min(89, at.latitude))
        const told = wobbles.map(({ north, minute }) =>
          seen(LONDON, minute * MINUTE_MS, {
            place: { ...at, latitude: latitude + north / 4 },
          }),
        )
        expect(journey(told).signals.flat()).toEqual([])
      }),
    )
  })

  it('is not hit by what is missing: no place, country, network or client ever speaks against them', () => {
    const part = fc.constantFrom<keyof Sighting>('place', 'country', 'network', 'client')
    fc.assert(
      fc.property(sighting(), fc.array(fc.array(part)), (base, missing) => {
        const told = missing.map(
          (parts): Sighting => ({
            ...base,
            ...Object.fromEntries(parts.map((name) => [name, null])),
          }),
        )
        expect(journey(told).signals.flat()).toEqual([])
      }),
    )
  })
})

describe('two people far apart', () => {
  it('are seen at the second sighting, in either order', () => {
    const [a, b] = [seen(LONDON, 0), seen(TOKYO, 5 * MINUTE_MS)]
    expect(journey([a, b]).signals.map((each) => each.includes('travel'))).toEqual([false, true])
    expect(journey([b, a]).signals.map((each) => each.includes('travel'))).toEqual([false, true])
  })

  it('are seen however long the first had been there: presence counts, not arrival', () => {
    const stay = Array.from({ length: 13 }, (_, hour) => seen(LONDON, hour * HOUR_MS))
    const { signals } = journey([...stay, seen(TOKYO, 12 * HOUR_MS + 5 * MINUTE_MS)])
    expect(signals.at(-1)).toContain('travel')
  })

  it('are a fork once they have gone back and forth often enough', () => {
    const hops = Array.from({ length: LIMITS.forkReturns + 2 }, (_, hop) =>
      seen(hop % 2 === 0 ? LONDON : TOKYO, hop * MINUTE_MS),
    )
    const forks = journey(hops).signals.map((each) => each.includes('fork'))
    expect(forks.indexOf(true)).toBe(LIMITS.forkReturns + 1)
  })

  it('are no fork where the hops are further apart than the window', () => {
    const hops = Array.from({ length: 12 }, (_, hop) =>
      seen(hop % 2 === 0 ? LONDON : TOKYO, hop * (LIMITS.forkWindowMs + 1)),
    )
    expect(journey(hops).signals.flat()).not.toContain('fork')
  })

  it('are a fork once both are active, though the other came after a likely pause', () => {
    const returns = Array.from({ length: LIMITS.forkReturns + 1 }, (_, hop) => 14 * 60 + 1 + hop)
    const minutes = [0, 14 * 60, ...returns]
    const hops = minutes.map((minute, hop) =>
      seen(hop % 2 === 0 ? LONDON : TOKYO, minute * MINUTE_MS),
    )
    const { signals } = journey(hops)
    expect(signals.flat()).not.toContain('travel')
    expect(signals.findIndex((each) => each.includes('fork'))).toBe(hops.length - 1)
  })
})

describe('what looks like travel and is none', () => {
  const travels = (sightings: readonly Sighting[]) =>
    journey(sightings).signals.some((each) => each.includes('travel') || each.includes('fork'))

  it('is a phone that roams: its own network, seen before, while the rest of the person is abroad', () => {
    const phone = { network: 64700 }
    const abroad = 20 * HOUR_MS
    const roaming = [
      seen(LONDON, 0),
      seen(LONDON, MINUTE_MS, phone),
      seen(TOKYO, abroad),
      seen(LONDON, abroad + 10 * MINUTE_MS, phone),
      seen(TOKYO, abroad + 20 * MINUTE_MS),
    ]
    expect(travels(roaming)).toBe(false)
    // The same with a network that the session has not used is what it looks like.
    const strange = roaming.map((each, at) => (at === 3 ? { ...each, network: 64701 } : each))
    expect(travels(strange)).toBe(true)
  })

  it('is a carrier whose gateway is anywhere in the country', () => {
    const gateway = { latitude: 57, longitude: -4, isCoarse: false }
    const told = [seen(LONDON, 0), seen(LONDON, MINUTE_MS, { place: gateway, network: 64700 })]
    expect(travels(told)).toBe(false)
    // Nor from one coast to the other: that is farther than the allowance within a country.
    const [east, west] = [-73.75, -118.25].map((longitude) => ({
      latitude: 37,
      longitude,
      isCoarse: false,
    }))
    const coasts = [east, west].map((at, hop) =>
      seen(LONDON, hop * MINUTE_MS, { place: at ?? null, country: 'US', network: 64700 + hop }),
    )
    expect(travels(coasts)).toBe(false)
  })

  it('is one line with two addresses that a database puts into two countries', () => {
    const hops = Array.from({ length: 9 }, (_, hop) =>
      seen(hop % 2 === 0 ? LONDON : TOKYO, hop * 10_000, { network: LONDON.network }),
    )
    expect(travels(hops)).toBe(false)
  })

  it('is the middle of a country, or the exit of a relay, a few hundred kilometres off', () => {
    const coarse = { latitude: 48.75, longitude: 2.25, isCoarse: true }
    const told = seen(LONDON, MINUTE_MS, { place: coarse, country: 'FR', network: 64700 })
    expect(travels([seen(LONDON, 0), told])).toBe(false)
    const fine = { ...told, place: { ...coarse, isCoarse: false } }
    expect(travels([seen(LONDON, 0), fine])).toBe(true)
  })
})

describe('what is new', () => {
  it('is told once, and known from then on', () => {
    const hop = (minute: number, changes: Partial<Sighting>) =>
      seen(LONDON, minute * MINUTE_MS, changes)
    const told = journey([
      hop(0, {}),
      hop(1, { network: 64999 }),
      hop(2, {}),
      hop(3, { network: 64999 }),
      hop(4, { country: 'IE' }),
      hop(5, { client: 'firefox' }),
    ])
    expect(told.signals).toEqual([[], ['network'], [], [], ['country'], ['client']])
    expect(told.writes).toBe(4)
  })

  it('is learned and not held against anybody while a device is new', () => {
    const fresh = { issuedAtMs: NOW_MS }
    const changes = { network: 64999, country: 'IE', client: 'safari' }
    const within = LIMITS.newDeviceGraceMs - 1
    expect(journey([seen(LONDON, 0), seen(LONDON, within, changes)], fresh).signals[1]).toEqual([])
    const after = LIMITS.newDeviceGraceMs
    const told = journey([seen(LONDON, 0), seen(LONDON, after, changes)], fresh).signals[1]
    expect(told).toEqual(['country', 'network', 'client'])
  })

  it('is no reason to write where no policy looks at it', () => {
    const { trail } = journey([seen(LONDON, 0)])
    const other = seen(LONDON, MINUTE_MS, { network: 64999, country: 'IE', client: 'safari' })
    const watched: ReadonlySet<Signal> = new Set(['travel'])
    expect(isNews(trail, other, watched, LIMITS)).toBe(false)
    expect(isNews(trail, seen(TOKYO, MINUTE_MS), watched, LIMITS)).toBe(true)
    expect(isNews(trail, seen(TOKYO, MINUTE_MS), new Set(['client']), LIMITS)).toBe(false)
  })
})

it('keeps a trail bounded, whatever a session goes through', () => {
  const many = fc.tuple(sighting(), fc.nat(10_000), fc.stringMatching(/^[A-Z]{2}$/))
  fc.assert(
    fc.property(fc.array(many, { minLength: 50, maxLength: 200 }), (sightings) => {
      const { trail } = journey(
        sightings.map(([each, network, country]) => ({ ...each, network, country })),
      )
      expect(trail?.networks.length).toBeLessThanOrEqual(8)
      expect(trail?.countries.length).toBeLessThanOrEqual(8)
      expect(JSON.stringify(trail).length).toBeLessThan(800)
    }),
  )
})

it('never raises a sign at the first sighting', () => {
  fc.assert(
    fc.property(sighting(), (first) => {
      expect(follow(null, first, OLD, LIMITS).signals).toEqual([])
    }),
  )
})
