/**
 * People and their visits: who they are, when they send requests, through which address. Everything comes from
 * one seed. Must never look at what the detector allows for.
 */
import type { Sighting } from '../../src/session/sighting.ts'
import type { Random } from '../simulation/random.ts'
import type { City } from './airports.ts'
import { CITIES, fixedIn, type Lease, lease, mobileIn, type Network, off } from './networks.ts'

export const SECOND_MS = 1000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS
/** A Monday, in the morning. */
export const START_MS = Date.UTC(2026, 0, 5, 6)

export interface Person {
  readonly city: City
  readonly home: Network
  readonly office: Network
  readonly carrier: Network
  readonly client: string
}

/** Roughly the shares of browsers on the Web. */
const CLIENTS = {
  chrome: 64,
  safari: 19,
  edge: 5,
  firefox: 4,
  samsung: 3,
  opera: 2,
}

export const browser = (random: Random): string => random.weighted(CLIENTS)

export function person(random: Random): Person {
  const airport = random.pick(CITIES)
  const { country } = airport
  const suburb = off(airport, 60 * random.next(), random)
  return {
    city: { ...airport, ...suburb },
    home: fixedIn(random, country),
    office: fixedIn(random, country),
    carrier: mobileIn(random, country),
    client: browser(random),
  }
}

/** What a session's edge sees of a person, in the order of time. */
export class Diary {
  readonly #random: Random
  readonly #client: string
  readonly sightings: Sighting[] = []
  /** Some address was put into another country. */
  isMisplaced = false

  constructor(random: Random, client: string) {
    this.#random = random
    this.#client = client
  }

  see({ network, place, country, isMisplaced }: Lease, atMs: number): void {
    this.isMisplaced ||= isMisplaced === true
    // Edges' clocks are kept by NTP; a few hundred milliseconds apart is a lot.
    const skewMs = Math.round((this.#random.next() - 0.5) * 400)
    const [asn, client] = [network.asn, this.#client]
    this.sightings.push({ atMs: atMs + skewMs, place, country, network: asn, client })
  }

  /** Requests through one address from `fromMs` on, seconds to a minute apart; when the last was. */
  visit(through: Lease, fromMs: number, requests: number): number {
    let atMs = fromMs
    for (let i = 0; i < requests; i++) {
      this.see(through, atMs)
      atMs += this.#random.between(2, 60) * SECOND_MS
    }
    return atMs
  }
}

/**
 * A phone that attaches anew gets another address, from one of the few blocks that serve its region. A database is
 * wrong about blocks, not about single addresses (the same study), so it is wrong in the same way again.
 */
export class Phone {
  readonly #blocks: readonly Lease[]
  readonly #random: Random

  constructor(carrier: Network, at: City, random: Random) {
    this.#blocks = Array.from({ length: BLOCKS }, () => lease(carrier, at, random))
    this.#random = random
  }

  attach(): Lease {
    return this.#random.pick(this.#blocks)
  }
}

const BLOCKS = 4

/** A fixed line keeps its address for weeks; sometimes it gets another overnight. */
export class Line {
  readonly #network: Network
  readonly #at: City
  readonly #random: Random
  #lease: Lease

  constructor(network: Network, at: City, random: Random) {
    this.#network = network
    this.#at = at
    this.#random = random
    this.#lease = lease(network, at, random)
  }

  get lease(): Lease {
    return this.#lease
  }

  nextDay(): void {
    if (this.#random.chance(0.07)) this.#lease = lease(this.#network, this.#at, this.#random)
  }
}
