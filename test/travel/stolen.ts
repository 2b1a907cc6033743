/**
 * Journeys in which the cookie was stolen: an honest one, and from some moment on a thief's requests among it.
 * Half of the thieves copy their victim's browser, a third use their own, the rest a program. Must never leave out
 * the thieves that cannot be seen: they are counted, in rows of their own.
 */
import type { Sighting } from '../../src/session/sighting.ts'
import type { Random } from '../simulation/random.ts'
import type { City } from './airports.ts'
import { type HonestKind, honest } from './honest.ts'
import { CITIES, fixedIn, type Lease, lease, off, relay, vpn } from './networks.ts'
import { browser, Diary, HOUR_MS, MINUTE_MS, type Person } from './people.ts'

export const STOLEN_KINDS = [
  'abroad, while the person is active',
  'abroad, while the person sleeps',
  'abroad, the person is followed by nobody else',
  'abroad, through a VPN',
  'abroad, through a private relay',
  'same country, over 2,000 km away',
  'same country, nearer',
  'same city, another network',
  'same city, same network, same browser',
  'through Tor',
] as const
export type StolenKind = (typeof STOLEN_KINDS)[number]

export interface Theft {
  readonly sightings: readonly Sighting[]
  /** The thief's requests, by their place among all. */
  readonly thefts: ReadonlySet<number>
}

const VICTIMS: readonly HonestKind[] = ['at home', 'walk', 'commute across carriers']

/** How far a thief has to be for a kind; countries that are not that wide have none. */
const DOMESTIC_FAR_KM = 2000

/** A journey of that kind; null where this victim can't have such a thief. */
export function stolen(kind: StolenKind, random: Random): Theft | null {
  const sleeps = kind === 'abroad, while the person sleeps'
  const { who, sightings } = honest(sleeps ? 'at home' : random.pick(VICTIMS), random)
  const through = lair(kind, who, random)
  if (through === null) return null
  const from = startOf(kind, sightings, random)
  const alone = kind === 'abroad, the person is followed by nobody else'
  const kept = alone ? sightings.filter(({ atMs }) => atMs <= from.lastMs) : sightings
  const thief = new Diary(random, clientOf(kind, who, random))
  const own = isSame(kind) ? victimsLease(sightings, from.lastMs) : through
  let atMs = from.startMs
  for (let burst = 0; burst < random.between(1, 4); burst++) {
    atMs = thief.visit(own, atMs, random.between(3, 40)) + random.between(5, 240) * MINUTE_MS
  }
  const thiefs = new Set(thief.sightings)
  const all = [...kept, ...thief.sightings].sort((a, b) => a.atMs - b.atMs)
  return {
    sightings: all,
    thefts: new Set(all.flatMap((each, at) => (thiefs.has(each) ? [at] : []))),
  }
}

const isSame = (kind: StolenKind): boolean => kind === 'same city, same network, same browser'

/** In the victim's own network, or one that the database puts there: as the victim was seen last. */
function victimsLease(sightings: readonly Sighting[], lastMs: number): Lease {
  const { place, country, network } = sightings.findLast(({ atMs }) => atMs <= lastMs) as Sighting
  return { network: { kind: 'fixed', asn: network ?? 0 }, place, country }
}

/** Where the thief sits; null: this victim has no such place. */
function lair(kind: StolenKind, { city, home }: Person, random: Random): Lease | null {
  const others = CITIES.filter(({ country }) => country !== city.country)
  const abroad = random.pick(others)
  switch (kind) {
    case 'abroad, through a VPN':
      return lease(vpn(random), abroad, random)
    case 'abroad, through a private relay':
      return lease(relay(random), abroad, random)
    case 'same country, over 2,000 km away':
      return domestic(city, (km) => km > DOMESTIC_FAR_KM, random)
    case 'same country, nearer':
      return domestic(city, (km) => km > 150 && km <= DOMESTIC_FAR_KM, random)
    case 'same city, another network':
      return lease(fixedIn(random, city.country), { ...city, ...off(city, 20, random) }, random)
    case 'same city, same network, same browser':
      return lease(home, city, random)
    case 'through Tor':
      return { network: fixedIn(random, abroad.country), place: null, country: 'T1' }
    default:
      return lease(fixedIn(random, abroad.country), abroad, random)
  }
}

function domestic(from: City, isFit: (km: number) => boolean, random: Random): Lease | null {
  const fit = CITIES.filter((city) => city.country === from.country && isFit(roughKm(from, city)))
  if (fit.length === 0) return null
  return lease(fixedIn(random, from.country), random.pick(fit), random)
}

/** By the law of cosines: not the detector's own formula. */
function roughKm(a: City, b: City): number {
  const [p, q] = [a.latitude, b.latitude].map((degrees) => (degrees * Math.PI) / 180) as [
    number,
    number,
  ]
  const east = ((b.longitude - a.longitude) * Math.PI) / 180
  const cosine = Math.sin(p) * Math.sin(q) + Math.cos(p) * Math.cos(q) * Math.cos(east)
  return 6371 * Math.acos(Math.max(-1, Math.min(1, cosine)))
}

/** When the thief begins, and the victim's last request before that. */
function startOf(
  kind: StolenKind,
  sightings: readonly Sighting[],
  random: Random,
): { readonly startMs: number; readonly lastMs: number } {
  if (kind === 'abroad, while the person sleeps') {
    const gaps = sightings.flatMap(({ atMs }, at) => {
      const next = sightings[at + 1]
      return next && next.atMs - atMs > 5 * HOUR_MS
        ? [{ lastMs: atMs, gapMs: next.atMs - atMs }]
        : []
    })
    const gap = random.pick(gaps)
    return { lastMs: gap.lastMs, startMs: gap.lastMs + Math.round(gap.gapMs * random.next()) }
  }
  const at = random.between(3, Math.max(3, sightings.length - 4))
  const lastMs = sightings[at]?.atMs ?? 0
  const alone = kind === 'abroad, the person is followed by nobody else'
  const pauseMinutes = alone ? random.between(1, 72 * 60) : random.between(0, 10)
  return { lastMs, startMs: lastMs + pauseMinutes * MINUTE_MS }
}

function clientOf(kind: StolenKind, { client }: Person, random: Random): string {
  if (isSame(kind)) return client
  const way = random.weighted({ copied: 50, own: 30, program: 20 })
  if (way === 'copied') return client
  return way === 'own' ? browser(random) : random.pick(['python-requests', 'curl', 'node'])
}
