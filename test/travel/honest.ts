/**
 * Journeys of honest people, by kind: what they do on a few days, as the edges see it. Three days each, unless
 * the journey is one trip. Must never be made easier than life: every kind has the address changes, missing places
 * and misplaced networks that its networks have.
 */
import type { Sighting } from '../../src/session/sighting.ts'
import type { Random } from '../simulation/random.ts'
import { DAYS, type Live, minutes, phoneOf, visits } from './life.ts'
import { CITIES, fixedIn, type Lease, lease, off, relay, vpn } from './networks.ts'
import { DAY_MS, Diary, HOUR_MS, Line, type Person, person, START_MS } from './people.ts'
import { acrossBorder, fly, roaming, train } from './trips.ts'

export const HONEST_KINDS = [
  'at home',
  'walk',
  'commute across carriers',
  'train',
  'flight',
  'flight, with wifi on board',
  'roaming, home-routed',
  'VPN switched on and off',
  'private relay',
  'Tor',
  'IPv4 and IPv6',
  'weak wifi, phone in turns',
  'commute across a border',
] as const
export type HonestKind = (typeof HONEST_KINDS)[number]

const atHome: Live = (who, diary, random) => {
  const line = new Line(who.home, who.city, random)
  for (let day = 0; day < DAYS; day++) {
    for (let visit = 0; visit < 4; visit++) {
      const atMs = START_MS + day * DAY_MS + visit * 4 * HOUR_MS + minutes(random, 0, 180)
      diary.visit(line.lease, atMs, visits(random))
    }
    line.nextDay()
  }
}

const walk: Live = (who, diary, random) => {
  const phone = phoneOf(who, random)
  let atMs = START_MS
  for (let leg = 0; leg < random.between(3, 8); leg++) {
    atMs = diary.visit(phone.attach(), atMs, visits(random)) + minutes(random, 5, 40)
  }
}

const commute: Live = (who, diary, random) => {
  const home = new Line(who.home, who.city, random)
  const office = new Line(who.office, { ...who.city, ...off(who.city, 20, random) }, random)
  const phone = phoneOf(who, random)
  for (let day = 0; day < DAYS; day++) {
    let atMs = START_MS + day * DAY_MS + minutes(random, 0, 60)
    const through = (at: Lease) => {
      atMs = diary.visit(at, atMs, visits(random)) + minutes(random, 0, 15)
    }
    through(home.lease)
    for (let leg = 0; leg < 3; leg++) through(phone.attach())
    for (let leg = 0; leg < 3; leg++) {
      through(office.lease)
      if (random.chance(0.3)) through(phone.attach())
      atMs += minutes(random, 60, 150)
    }
    for (let leg = 0; leg < 3; leg++) through(phone.attach())
    through(home.lease)
    home.nextDay()
    office.nextDay()
  }
}

const vpnSwitching: Live = (who, diary, random) => {
  const line = new Line(who.home, who.city, random)
  const own = vpn(random)
  for (let day = 0; day < DAYS; day++) {
    let atMs = START_MS + day * DAY_MS + minutes(random, 0, 180)
    for (let turn = 0; turn < random.between(1, 3); turn++) {
      atMs = diary.visit(line.lease, atMs, visits(random)) + minutes(random, 0, 30)
      const near = CITIES.filter(({ country }) => country === who.city.country)
      const exit = random.pick(random.chance(0.4) ? near : CITIES)
      atMs = diary.visit(lease(own, exit, random), atMs, visits(random)) + minutes(random, 0, 120)
    }
    line.nextDay()
  }
}

/** Another exit with every connection; by default in the person's region, else anywhere in their country. */
const privateRelay: Live = (who, diary, random) => {
  const line = new Line(who.home, who.city, random)
  const near = CITIES.filter(({ country }) => country === who.city.country)
  const keepsRegion = random.chance(0.7)
  for (let day = 0; day < DAYS; day++) {
    let atMs = START_MS + day * DAY_MS + minutes(random, 0, 180)
    for (let turn = 0; turn < 4; turn++) {
      for (let connection = 0; connection < 3; connection++) {
        const exit = lease(relay(random), keepsRegion ? who.city : random.pick(near), random)
        atMs = diary.visit(exit, atMs, random.between(1, 6)) + minutes(random, 0, 10)
      }
      if (random.chance(0.3)) atMs = diary.visit(line.lease, atMs, visits(random))
      atMs += minutes(random, 30, 180)
    }
  }
}

const tor: Live = (_, diary, random) => {
  let atMs = START_MS
  for (let circuit = 0; circuit < random.between(3, 12); circuit++) {
    const exit = fixedIn(random, random.pick(CITIES).country)
    const through: Lease = { network: exit, place: null, country: 'T1' }
    atMs = diary.visit(through, atMs, visits(random)) + minutes(random, 0, 10)
  }
}

/** Two addresses of one line that the database puts into two places; each connection may take the other. */
const dual: Live = (who, diary, random) => {
  const both = [lease(who.home, who.city, random), lease(who.home, who.city, random)]
  for (let day = 0; day < DAYS; day++) {
    let atMs = START_MS + day * DAY_MS + minutes(random, 0, 180)
    for (let visit = 0; visit < 5; visit++) {
      const connections = random.between(2, 6)
      for (let at = 0; at < connections; at++) {
        atMs = diary.visit(random.pick(both), atMs, random.between(1, 4))
      }
      atMs += minutes(random, 10, 180)
    }
  }
}

/** A phone at the edge of its wifi: it goes back and forth between two operators within a minute. */
const weakWifi: Live = (who, diary, random) => {
  const line = lease(who.home, who.city, random)
  const phone = phoneOf(who, random)
  for (let day = 0; day < DAYS; day++) {
    let atMs = START_MS + day * DAY_MS + minutes(random, 0, 180)
    for (let visit = 0; visit < 4; visit++) {
      const turns = random.between(2, 8)
      for (let turn = 0; turn < turns; turn++) {
        const through = turn % 2 === 0 ? line : phone.attach()
        atMs = diary.visit(through, atMs, random.between(1, 4))
      }
      atMs += minutes(random, 10, 180)
    }
  }
}

const LIVES: Readonly<Record<HonestKind, Live>> = {
  'at home': atHome,
  walk,
  'commute across carriers': commute,
  train,
  flight: fly(false),
  'flight, with wifi on board': fly(true),
  'roaming, home-routed': roaming,
  'VPN switched on and off': vpnSwitching,
  'private relay': privateRelay,
  Tor: tor,
  'IPv4 and IPv6': dual,
  'weak wifi, phone in turns': weakWifi,
  'commute across a border': acrossBorder,
}

export interface Honest {
  readonly who: Person
  readonly sightings: readonly Sighting[]
  /** Some address was put into another country by the database. */
  readonly isMisplaced: boolean
}

/** A journey of that kind, in the order of time. */
export function honest(kind: HonestKind, random: Random): Honest {
  const who = person(random)
  const diary = new Diary(random, who.client)
  LIVES[kind](who, diary, random)
  const sightings = diary.sightings.sort((a, b) => a.atMs - b.atMs)
  return { who, sightings, isMisplaced: diary.isMisplaced }
}
