/**
 * Distance and speed between two stays, with every doubt on the traveller's side. Pure.
 * Must never take an inaccurate place, two clocks that differ, or sightings that arrive in the wrong order for
 * a journey.
 */
import type { TravelLimits } from '../vocabulary/signal.ts'
import type { Place, Stay } from './sighting.ts'

/** Mean radius of the earth (IUGG). */
const EARTH_RADIUS_KM = 6371.0088
const HOUR_MS = 3_600_000

type Site = Pick<Stay, 'place' | 'country'>

/** Great-circle distance (haversine: exact for near places too). */
export function distanceKm(a: Place, b: Place): number {
  const north = radians(b.latitude - a.latitude)
  const east = radians(b.longitude - a.longitude)
  const h =
    Math.sin(north / 2) ** 2 +
    Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * Math.sin(east / 2) ** 2
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(h)))
}

/** How far apart two sites are at least, whatever the inaccuracy of both; 0 where that can't be told. */
export function apartKm(a: Site, b: Site, limits: TravelLimits): number {
  const { domesticKm } = limits
  const domestic = a.country !== null && a.country === b.country ? domesticKm : 0
  const doubt = accuracyKm(a.place, limits) + accuracyKm(b.place, limits) + domestic
  return Math.max(0, distanceKm(a.place, b.place) - doubt)
}

/** Is this another place, and not the same one told differently? */
export const isElsewhere = (a: Site, b: Site, limits: TravelLimits): boolean =>
  apartKm(a, b, limits) > limits.floorKm

/**
 * Could nobody have come from `from`, left at `leftAtMs`, to `to`, seen at `seenAtMs`? The floor is taken off, as
 * somebody may be that far from where the trail has them. Either time may be the later one.
 */
export function isImpossible(
  from: Site,
  leftAtMs: number,
  to: Site,
  seenAtMs: number,
  limits: TravelLimits,
): boolean {
  const hours = (Math.abs(seenAtMs - leftAtMs) + limits.clockToleranceMs) / HOUR_MS
  return apartKm(from, to, limits) - limits.floorKm > limits.maxSpeedKmh * hours
}

const accuracyKm = ({ isCoarse }: Place, { cityKm, coarseKm }: TravelLimits): number =>
  isCoarse ? coarseKm : cityKm

const radians = (degrees: number): number => (degrees * Math.PI) / 180
