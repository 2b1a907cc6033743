/**
 * Arbitrary places, sightings and walks for the property tests. Must never leave out the poles, the date line or
 * what is missing: that is where distances and guesses go wrong.
 */
import fc from 'fast-check'
import type { Place, Sighting, Stay } from '../../src/session/sighting.ts'

export const NOW_MS = Date.UTC(2026, 0, 5, 9)
export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS

const onGrid = (min: number, max: number) =>
  fc.integer({ min: min * 4, max: max * 4 }).map((quarter) => quarter / 4)

export const place = (): fc.Arbitrary<Place> =>
  fc.record({ latitude: onGrid(-90, 90), longitude: onGrid(-180, 180), isCoarse: fc.boolean() })

export const country = () => fc.constantFrom('GB', 'JP', 'US', 'FR', 'T1')

export const site = () =>
  fc.record({ place: place(), country: fc.option(country(), { nil: null }) })

export const sighting = (): fc.Arbitrary<Sighting> =>
  fc.record({
    atMs: fc.integer({ min: 0, max: 30 * 24 * 60 }).map((minutes) => NOW_MS + minutes * MINUTE_MS),
    place: fc.option(place(), { nil: null }),
    country: fc.option(country(), { nil: null }),
    network: fc.option(fc.integer({ min: 64512, max: 64520 }), { nil: null }),
    client: fc.option(fc.constantFrom('chrome', 'firefox', 'safari'), { nil: null }),
  })

const stayAt = (latitude: number, longitude: number, of: string, network: number): Stay => ({
  place: { latitude, longitude, isCoarse: false },
  country: of,
  network,
  atMs: NOW_MS,
})

export const LONDON = stayAt(51.5, -0.25, 'GB', 64512)
export const TOKYO = stayAt(35.75, 139.75, 'JP', 64513)

/** A sighting there, some time after NOW_MS. */
export const seen = (at: Stay, afterMs: number, changes: Partial<Sighting> = {}): Sighting => ({
  ...at,
  client: 'chrome',
  ...changes,
  atMs: NOW_MS + afterMs,
})
