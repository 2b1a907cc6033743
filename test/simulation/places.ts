/**
 * Where people are in a schedule: a home within the floor (for some across a border), and far from it. What a
 * request from there says as a sighting. Must never put two spots of one side farther apart than the floor, nor two
 * of different sides where anybody travels in the hours of a schedule.
 */
import type { Sighting } from '../../src/session/sighting.ts'
import type { Random } from './random.ts'

export type Side = 'home' | 'far'

/** A sighting without its time. */
type Spot = Omit<Sighting, 'atMs'>

const spot = (
  latitude: number,
  longitude: number,
  country: string,
  network: number,
  isCoarse = false,
): Spot => ({
  place: { latitude, longitude, isCoarse },
  country,
  network,
  client: 'firefox',
})

const HOMES: readonly (readonly Spot[])[] = [
  // London, its outskirts on a telephone, and its country alone.
  [spot(51.5, -0.25, 'GB', 2856), spot(51.25, -0.5, 'GB', 12576), spot(52, 0, 'GB', 2856, true)],
  // Strasbourg and Karlsruhe: 78 km and a border.
  [spot(48.5, 7.75, 'FR', 3215), spot(49, 8.5, 'DE', 3320)],
]
// Tokyo and Yokohama.
const FAR: readonly Spot[] = [spot(35.75, 139.75, 'JP', 2516), spot(35.5, 139.75, 'JP', 17676)]

/** What is said of somebody at home or far from it, by one of the spots there. */
export const spotAt = (side: Side, home: number, random: Random): Spot =>
  random.pick(side === 'far' ? FAR : (HOMES[home % HOMES.length] ?? FAR))

/** The platform does not always know; a network that is learned by it alone would be taken for the person's own. */
export const unplaced = (said: Spot): Spot => ({ ...said, place: null, network: null })
