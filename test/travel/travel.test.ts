/**
 * Distance and speed: what a metric on a sphere has to be, and that every doubt is the traveller's.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { apartKm, distanceKm, isElsewhere, isImpossible } from '../../src/session/travel.ts'
import { TRAVEL_LIMITS as LIMITS } from '../../src/vocabulary/signal.ts'
import { HOUR_MS, LONDON, NOW_MS, place, site, TOKYO } from './arbitraries.ts'

const HALF_ROUND_KM = Math.PI * 6371.0088
const time = () => fc.integer({ min: -48 * 60, max: 48 * 60 }).map((n) => NOW_MS + n * 60_000)
const at = (latitude: number, longitude: number) => ({ latitude, longitude, isCoarse: false })

describe('distance', () => {
  it('is the great circle between known cities', () => {
    // Published great-circle distances: LHR-HND 9,600 km, LHR-JFK 5,540 km, SYD-SCL 11,340 km.
    expect(distanceKm(at(51.4706, -0.4619), at(35.5533, 139.7811))).toBeCloseTo(9600, -2)
    expect(distanceKm(at(51.4706, -0.4619), at(40.6398, -73.7789))).toBeCloseTo(5540, -2)
    expect(distanceKm(at(-33.9461, 151.1772), at(-33.393, -70.7858))).toBeCloseTo(11340, -2)
  })

  it('is the same both ways, 0 to itself, and half the way round at most', () => {
    fc.assert(
      fc.property(place(), place(), (a, b) => {
        expect(distanceKm(a, b)).toBeCloseTo(distanceKm(b, a), 6)
        expect(distanceKm(a, a)).toBe(0)
        expect(distanceKm(a, b)).toBeGreaterThanOrEqual(0)
        expect(distanceKm(a, b)).toBeLessThanOrEqual(HALF_ROUND_KM + 1e-6)
      }),
    )
  })

  it('has no shortcut through a third place', () => {
    fc.assert(
      fc.property(place(), place(), place(), (a, b, c) => {
        expect(distanceKm(a, c)).toBeLessThanOrEqual(distanceKm(a, b) + distanceKm(b, c) + 1e-6)
      }),
    )
  })

  it('does not see the date line', () => {
    expect(distanceKm(at(0, 180), at(0, -180))).toBeCloseTo(0, 6)
    expect(distanceKm(at(-17.75, 179.75), at(-17.75, -179.75))).toBeLessThan(60)
  })
})

describe('doubt', () => {
  it('only ever brings places closer, and a coarse place more than a fine one', () => {
    fc.assert(
      fc.property(site(), site(), (a, b) => {
        const km = apartKm(a, b, LIMITS)
        expect(km).toBeLessThanOrEqual(distanceKm(a.place, b.place))
        const coarse = { ...a, place: { ...a.place, isCoarse: true } }
        expect(apartKm(coarse, b, LIMITS)).toBeLessThanOrEqual(km)
        expect(apartKm({ ...a, country: b.country }, b, LIMITS)).toBeLessThanOrEqual(
          apartKm({ ...a, country: null }, b, LIMITS),
        )
      }),
    )
  })

  it('makes a place that is not elsewhere never an impossible one, at any speed', () => {
    fc.assert(
      fc.property(site(), site(), time(), time(), (a, b, left, seen) => {
        if (!isElsewhere(a, b, LIMITS)) {
          expect(isImpossible(a, left, b, seen, LIMITS)).toBe(false)
        }
      }),
    )
  })
})

describe('speed', () => {
  it('calls London to Tokyo impossible in five minutes, and not in the time it is flown in', () => {
    const in5 = isImpossible(LONDON, NOW_MS, TOKYO, NOW_MS + 5 * 60_000, LIMITS)
    const flown = isImpossible(LONDON, NOW_MS, TOKYO, NOW_MS + 13.5 * HOUR_MS, LIMITS)
    expect([in5, flown]).toEqual([true, false])
  })

  it('is monotone: more time never makes a journey impossible', () => {
    fc.assert(
      fc.property(site(), site(), time(), fc.nat(48 * 60), fc.nat(48 * 60), (a, b, left, m, n) => {
        const [sooner, later] = [Math.min(m, n), Math.max(m, n)].map((at) => left + at * 60_000)
        if (!isImpossible(a, left, b, sooner ?? 0, LIMITS)) {
          expect(isImpossible(a, left, b, later ?? 0, LIMITS)).toBe(false)
        }
      }),
    )
  })

  it('is the same whichever way the journey went and whichever clock was ahead', () => {
    fc.assert(
      fc.property(site(), site(), time(), time(), (a, b, left, seen) => {
        const there = isImpossible(a, left, b, seen, LIMITS)
        expect(isImpossible(b, left, a, seen, LIMITS)).toBe(there)
        expect(isImpossible(a, seen, b, left, LIMITS)).toBe(there)
      }),
    )
  })

  it('allows for whoever wandered off within the floor before setting out', () => {
    // 197 km further at once: 25 each for the places and 100 for the floor leave 47 km, and that is fast.
    const from = { place: at(50, 8), country: 'DE' }
    const near = { place: at(50, 10), country: 'CZ' }
    expect(isElsewhere(from, near, { ...LIMITS, domesticKm: 0 })).toBe(false)
    expect(isImpossible(from, NOW_MS, near, NOW_MS, LIMITS)).toBe(false)
    const far = { place: at(50, 10.75), country: 'CZ' }
    expect(isImpossible(from, NOW_MS, far, NOW_MS, LIMITS)).toBe(true)
    expect(isImpossible(from, NOW_MS, far, NOW_MS + HOUR_MS / 10, LIMITS)).toBe(false)
  })
})
