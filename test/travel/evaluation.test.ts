/**
 * The evaluation in small: the flights are flyable, the halves are different people, and the figures of the report
 * have not slipped. The whole of it: npm run evaluate:travel.
 */
import { describe, expect, it } from 'vitest'
import { distanceKm } from '../../src/session/travel.ts'
import { TRAVEL_LIMITS as LIMITS } from '../../src/vocabulary/signal.ts'
import { AIRPORTS, FLIGHTS } from './airports.ts'
import { HONEST_KINDS, type HonestKind } from './honest.ts'
import { honestOf, measureHonest, measureStolen, stolenOf } from './measure.ts'
import type { StolenKind } from './stolen.ts'

const JOURNEYS = 200

const place = (iata: keyof typeof AIRPORTS) => ({ ...AIRPORTS[iata], isCoarse: false })

describe('the flights', () => {
  it.each(FLIGHTS)('$from to $to in $blockMinutes minutes is as fast as an airliner', (flight) => {
    const km = distanceKm(place(flight.from), place(flight.to))
    const kmh = km / (flight.blockMinutes / 60)
    expect(kmh).toBeGreaterThan(250)
    // With the wind, gate to gate.
    expect(kmh).toBeLessThan(930)
  })
})

describe('the journeys', () => {
  it('of one half are not those of the other, and the same each time', () => {
    const first = (half: 'A' | 'B') => JSON.stringify([...honestOf('at home', half, 1)])
    expect(first('A')).not.toBe(first('B'))
    expect(first('A')).toBe(first('A'))
  })

  it.each(HONEST_KINDS)('of the kind “%s” are in the order of time', (kind) => {
    for (const { sightings } of honestOf(kind, 'A', 20)) {
      const times = sightings.map(({ atMs }) => atMs)
      expect(times.length).toBeGreaterThan(2)
      expect(times).toEqual([...times].sort((a, b) => a - b))
    }
  })

  it('that are stolen hold requests of the thief and of the person', () => {
    for (const { sightings, thefts } of stolenOf('abroad, while the person is active', 'A', 20)) {
      expect(thefts.size).toBeGreaterThan(2)
      expect(sightings.length).toBeGreaterThan(thefts.size)
    }
  })
})

describe('the signs', () => {
  const falseTravel = (kind: HonestKind) =>
    measureHonest(honestOf(kind, 'B', JOURNEYS), LIMITS).alarms.travel / JOURNEYS
  const seen = (kind: StolenKind) => measureStolen(stolenOf(kind, 'B', JOURNEYS), LIMITS)

  it.each([
    'at home',
    'walk',
    'commute across carriers',
    'train',
    'flight',
    'roaming, home-routed',
    'private relay',
    'Tor',
    'IPv4 and IPv6',
    'weak wifi, phone in turns',
  ] as const)('rarely take “%s” for travel', (kind) => {
    expect(falseTravel(kind)).toBeLessThanOrEqual(0.02)
  })

  it('see thieves abroad who come while the person is active, mostly on their first request', () => {
    const { seen: found, journeys, before } = seen('abroad, while the person is active')
    expect(found.travel / journeys).toBeGreaterThan(0.97)
    expect(before.filter((requests) => requests === 0).length / before.length).toBeGreaterThan(0.9)
  })

  it('do not see who sits in the same city, network and browser, and nobody says they do', () => {
    const { either, journeys } = seen('same city, same network, same browser')
    expect(either / journeys).toBeLessThan(0.03)
  })
})
