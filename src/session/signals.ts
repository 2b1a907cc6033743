/**
 * What a sighting says against a session, given its trail (issue 8). Pure: the trail, the sighting and the
 * clock are arguments, so that the edge, the tests and the evaluation ask the very same code.
 * What is not known, and a session seen for the first time, must never raise a sign.
 */
import {
  MAX_KNOWN_COUNTRIES,
  MAX_KNOWN_NETWORKS,
  type Signal,
  type TravelLimits,
} from '../vocabulary/signal.ts'
import type { Sighting, Stay, Trail } from './sighting.ts'
import { isElsewhere, isImpossible } from './travel.ts'

/** The trail as it was found, and what is known beside it. */
export interface Found {
  readonly trail: Trail
  /** The last use within the trail's stay that was written down; null: none but the first. */
  readonly presentAtMs: number | null
}

/** When the session's token was made: near it, what is new is learned and held against nobody. */
export interface Freshness {
  readonly issuedAtMs: number
}

/**
 * Does the sighting tell anything new that a watched sign is about? Only then is anything written, so a session
 * that does not move costs nothing.
 */
export function isNews(
  trail: Trail | null,
  sighting: Sighting,
  watched: ReadonlySet<Signal>,
  limits: TravelLimits,
): boolean {
  if (trail === null) return true
  const { place, country, network, client } = sighting
  return (
    (watched.has('country') && country !== null && !trail.countries.includes(country)) ||
    (watched.has('network') && network !== null && !trail.networks.includes(network)) ||
    (watched.has('client') && client !== null && client !== trail.client) ||
    ((watched.has('travel') || watched.has('fork')) &&
      place !== null &&
      (trail.stay === null || isElsewhere(trail.stay, { place, country }, limits)))
  )
}

/** Every sign the sighting gives, and the trail with it added. */
export function follow(
  found: Found | null,
  sighting: Sighting,
  { issuedAtMs }: Freshness,
  limits: TravelLimits,
): { readonly signals: readonly Signal[]; readonly trail: Trail } {
  const known = found?.trail ?? UNKNOWN
  const { country, network, client } = sighting
  const signals: Signal[] = []
  const moved = movement(known, found?.presentAtMs ?? null, sighting, limits)
  if (moved.isJump) {
    if (isAbroad(known, sighting) && !isOwnNetwork(known, sighting)) signals.push('travel')
    if (moved.jumps.length > limits.forkReturns) signals.push('fork')
  }
  if (found !== null && sighting.atMs - issuedAtMs >= limits.newDeviceGraceMs) {
    if (isStrange(known.countries, country)) signals.push('country')
    if (isStrange(known.networks, network)) signals.push('network')
    if (known.client !== null && isStrange([known.client], client)) signals.push('client')
  }
  return {
    signals,
    trail: {
      stay: moved.stay,
      left: moved.left,
      jumps: moved.jumps,
      countries: learned(known.countries, country, MAX_KNOWN_COUNTRIES),
      networks: learned(known.networks, network, MAX_KNOWN_NETWORKS),
      client: client ?? known.client,
    },
  }
}

const UNKNOWN: Trail = {
  stay: null,
  left: null,
  jumps: [],
  countries: [],
  networks: [],
  client: null,
}

type Movement = Pick<Trail, 'stay' | 'left' | 'jumps'> & { readonly isJump: boolean }

function movement(
  { stay, left, jumps }: Trail,
  presentAtMs: number | null,
  { place, country, network, atMs }: Sighting,
  limits: TravelLimits,
): Movement {
  if (place === null) return { stay, left, jumps, isJump: false }
  const here: Stay = { place, country, network, atMs }
  if (stay === null) return { stay: here, left: null, jumps: [], isJump: false }
  if (!isElsewhere(stay, here, limits)) return { stay, left, jumps, isJump: false }
  const leftAtMs = Math.max(stay.atMs, presentAtMs ?? stay.atMs)
  // Two addresses of one operator are one line's, or one phone's, that the database puts into two places.
  const isOneNetwork = network !== null && network === stay.network
  if (isOneNetwork || !isImpossible(stay, leftAtMs, here, atMs, limits)) {
    return { stay: here, left: null, jumps: [], isJump: false }
  }
  const isReturn = left !== null && !isElsewhere(left, here, limits)
  const earlier = isReturn ? jumps.filter((at) => atMs - at <= limits.forkWindowMs) : []
  const latest = [...earlier, atMs].slice(-(limits.forkReturns + 1))
  return { stay: here, left: stay, jumps: latest, isJump: true }
}

/** Not among what is known, and something is. */
const isStrange = <T>(known: readonly T[], value: T | null): boolean =>
  value !== null && known.length > 0 && !known.includes(value)

/** Within a country, where a database puts a network is often its gateway's place, a thousand kilometres off. */
const isAbroad = ({ stay }: Trail, { country }: Sighting): boolean =>
  country === null || stay === null || stay.country !== country

/**
 * A jump into a network that the session already uses is its person's phone, whose traffic leaves from home while
 * they roam, or a VPN they have used before; or a database that is wrong about a block.
 */
const isOwnNetwork = ({ networks }: Trail, { network }: Sighting): boolean =>
  network !== null && networks.includes(network)

const learned = <T>(known: readonly T[], value: T | null, most: number): readonly T[] =>
  value === null ? known : [...known.filter((each) => each !== value), value].slice(-most)
