/**
 * Whose networks people are in, and where a location database says such a network's address is. The operators are
 * made up (private AS numbers, RFC 6996), but for the relays. How far off the database is follows what others have
 * measured, not what the detector allows for:
 *
 *   fixed lines:  median 3 to 16 km, beyond 100 km in a tenth of cases in Europe and more elsewhere
 *   mobile:       median 179 to 207 km, as 70 % of prefixes span more than 100 km   (both arXiv 2605.21937, 2026)
 *   country:      99.8 % by the vendor's own word (MaxMind)
 *   roaming:      home-routed by all 16 European operators measured (Mandalari et al., MobiCom 2018)
 *
 * Must never look at src/vocabulary/signal.ts: what is measured may not know the ruler.
 */
import type { Place } from '../../src/session/sighting.ts'
import type { Random } from '../simulation/random.ts'
import { AIRPORTS, type City } from './airports.ts'

export type NetworkKind = 'fixed' | 'mobile' | 'vpn' | 'relay' | 'inflight'

export interface Network {
  readonly kind: NetworkKind
  readonly asn: number
}

/** An address in use: where the database puts it stays the same as long as it is kept. */
export interface Lease {
  readonly network: Network
  readonly place: Place | null
  readonly country: string | null
  /** The database has it in another country. */
  readonly isMisplaced?: boolean
}

export const CITIES: readonly City[] = Object.values(AIRPORTS)
export const COUNTRIES: readonly string[] = [...new Set(CITIES.map(({ country }) => country))]

const PRIVATE_AS = 4_200_000_000
const PER_COUNTRY = 3
const VPN_OPERATORS = 12
const RELAYS = [13335, 36183, 54113]

const numbered = (kind: NetworkKind, offset: number): Network => ({
  kind,
  asn: PRIVATE_AS + offset,
})

const ofCountry = (kind: 'fixed' | 'mobile', country: string, nth: number): Network =>
  numbered(kind, COUNTRIES.indexOf(country) * 100 + (kind === 'mobile' ? 50 : 0) + nth)

export const fixedIn = (random: Random, country: string): Network =>
  ofCountry('fixed', country, random.between(0, PER_COUNTRY - 1))

export const mobileIn = (random: Random, country: string): Network =>
  ofCountry('mobile', country, random.between(0, PER_COUNTRY - 1))

export const vpn = (random: Random): Network =>
  numbered('vpn', 90_000 + random.between(0, VPN_OPERATORS - 1))

export const relay = (random: Random): Network => ({ kind: 'relay', asn: random.pick(RELAYS) })

export const inflight = (random: Random): Network =>
  numbered('inflight', 95_000 + random.between(0, 3))

export const isVpn = (asn: number): boolean =>
  asn >= PRIVATE_AS + 90_000 && asn < PRIVATE_AS + 95_000
export const isInflight = (asn: number): boolean => asn >= PRIVATE_AS + 95_000
export const isMobile = (asn: number): boolean =>
  asn >= PRIVATE_AS && asn < PRIVATE_AS + 90_000 && (asn - PRIVATE_AS) % 100 >= 50

/** Lognormal error in kilometres: its median, and the sigma of its logarithm. */
const ERROR_KM: Readonly<Record<NetworkKind, readonly [median: number, sigma: number]>> = {
  fixed: [10, 1.8],
  mobile: [190, 1.1],
  // Exits are announced by who runs them.
  vpn: [5, 1],
  relay: [30, 1.2],
  inflight: [5, 1],
}

/** Known to the country alone: the database then has its middle, with no city. */
const NO_CITY: Readonly<Record<NetworkKind, number>> = {
  fixed: 0.03,
  mobile: 0.08,
  vpn: 0.02,
  relay: 0.02,
  inflight: 0.5,
}
const NO_PLACE = 0.002

/** How far from a city its country goes at most, in kilometres: a database keeps an address in its country. */
const COUNTRY_KM: Readonly<Record<string, number>> = {
  AE: 250,
  AR: 1800,
  AT: 350,
  AU: 2500,
  BR: 2500,
  CA: 3000,
  CH: 150,
  DE: 500,
  ES: 600,
  FR: 600,
  GB: 600,
  GR: 400,
  IE: 250,
  IN: 1700,
  IT: 700,
  JP: 1000,
  MX: 1500,
  NL: 150,
  NZ: 900,
  PL: 450,
  PT: 350,
  SE: 900,
  SG: 25,
  TH: 900,
  TR: 900,
  US: 2500,
  ZA: 1000,
}
const OTHER_COUNTRY = 0.002

/** A new address of a network, for somebody (or an exit) at a place. */
export function lease(network: Network, at: City, random: Random): Lease {
  if (random.chance(NO_PLACE)) return { network, place: null, country: at.country }
  if (random.chance(OTHER_COUNTRY)) {
    const other = random.pick(CITIES)
    const isMisplaced = other.country !== at.country
    return { network, place: placed(other, false), country: other.country, isMisplaced }
  }
  if (random.chance(NO_CITY[network.kind])) {
    return { network, place: placed(middleOf(at.country), true), country: at.country }
  }
  const [median, sigma] = ERROR_KM[network.kind]
  const farKm = COUNTRY_KM[at.country] ?? 500
  const km = Math.min(farKm, median * Math.exp(sigma * normal(random)))
  // The door takes every relay's place for coarse.
  const place = placed(off(at, km, random), network.kind === 'relay')
  return { network, place, country: at.country }
}

/** On the grid that the door keeps places on, and coarse where it takes them so. */
function placed(
  { latitude, longitude }: Pick<City, 'latitude' | 'longitude'>,
  isCoarse: boolean,
): Place {
  const onGrid = (value: number) => Math.round(value * 4) / 4
  return { latitude: onGrid(latitude), longitude: onGrid(longitude), isCoarse }
}

function middleOf(country: string): Pick<City, 'latitude' | 'longitude'> {
  const there = CITIES.filter((city) => city.country === country)
  const mean = (of: (city: City) => number) =>
    there.reduce((sum, city) => sum + of(city), 0) / there.length
  return { latitude: mean((city) => city.latitude), longitude: mean((city) => city.longitude) }
}

/** A point so far off in any direction. */
export function off(
  { latitude, longitude }: Pick<City, 'latitude' | 'longitude'>,
  km: number,
  random: Random,
): Pick<City, 'latitude' | 'longitude'> {
  const bearing = 2 * Math.PI * random.next()
  const north = (km * Math.cos(bearing)) / 111.2
  const squeeze = Math.max(0.2, Math.cos((latitude * Math.PI) / 180))
  const east = (km * Math.sin(bearing)) / (111.2 * squeeze)
  const wrapped = ((longitude + east + 540) % 360) - 180
  return { latitude: Math.max(-85, Math.min(85, latitude + north)), longitude: wrapped }
}

/** Box-Muller. */
const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
