/**
 * Who was seen where, and what that wrote: the history that the oracle of sightings goes by. It reads what reached
 * the primary off the wire. Must never ask the code under test what it made of a sighting.
 */
import type { Command } from '../../src/foundation/redis.ts'
import type { Sighting, Stay } from '../../src/session/sighting.ts'
import type { SignalPolicy } from '../../src/vocabulary/signal.ts'
import { type Side, spotAt, unplaced } from './places.ts'
import { Random } from './random.ts'
import type { Request } from './request.ts'
import type { Holder } from './roster.ts'
import type { Operation, Store } from './store.ts'
import { NIGHT_MS } from './watch-plan.ts'

/** What a request on a route that looks at signs brings along. */
export interface Visit {
  readonly family: Family
  readonly policy: SignalPolicy
  readonly sighting: Sighting
  /** null: nobody knows where it comes from. */
  readonly side: Side | null
}

export type Answer = 'pending' | 'admitted' | 'step_up' | 'revoked' | 'trouble'

/** A request whose session lives, as the lookout sees it; and what came of it. */
export interface Look {
  readonly request: Request
  readonly visit: Visit
  readonly isolate: string
  /** Of the session itself: where a rotated token leads. */
  readonly digest: string
  readonly operation: Operation
  readonly startedMs: number
  /** It reached the primary, every time: was the session gone by then, is it in the trail since? */
  readonly swaps: {
    readonly position: number
    readonly isGone: boolean
    readonly isShown: boolean
  }[]
  /** The signs it wrote into the events. */
  told: { readonly position: number; readonly signals: readonly string[] } | null
  hasSentSwap: boolean
  /** A call of its own was lost. */
  isTroubled: boolean
  answer: Answer
  answeredMs: number
}

/** The sessions of one rotation family, and everybody who came with one. */
export interface Family {
  readonly role: 'settled' | 'robbed' | 'traveller'
  readonly home: number
  readonly looks: Look[]
  /** Uses written down at the primary. */
  readonly touches: {
    readonly request: Request
    readonly digest: string
    readonly position: number
  }[]
  /** When it was last seen at a side. */
  readonly seenMs: Map<Side, number>
  /** Seen at both sides, faster than anybody travels. */
  isSplit: boolean
}

export class Sightings {
  readonly #seed: number
  readonly #store: Store
  readonly families = new Map<string, Family>()

  constructor(seed: number, store: Store) {
    this.#seed = seed
    this.#store = store
  }

  /** Somebody comes with that holder's token: the person, wherever they are by then, or a thief. */
  visit(
    { session }: Holder,
    policy: SignalPolicy,
    isFar: boolean,
    nowMs: number,
    clockMs: number,
    random: Random,
  ): Visit {
    const family = this.#familyOf(session.root)
    const isAway = { settled: false, robbed: isFar, traveller: nowMs > NIGHT_MS }[family.role]
    const side = isAway ? 'far' : 'home'
    const said = spotAt(side, family.home, random)
    if (random.chance(0.05)) {
      return { family, policy, sighting: { ...unplaced(said), atMs: clockMs }, side: null }
    }
    const otherMs = family.seenMs.get(isAway ? 'home' : 'far') ?? Number.NEGATIVE_INFINITY
    if (nowMs - otherMs < NIGHT_MS - 3_600_000) family.isSplit = true
    family.seenMs.set(side, nowMs)
    return { family, policy, sighting: { ...said, atMs: clockMs }, side }
  }

  #familyOf(root: string): Family {
    let family = this.families.get(root)
    if (family === undefined) {
      const random = new Random(this.#seed, 3000 + this.families.size)
      const role = random.weighted({ settled: 2, robbed: 5, traveller: 1 })
      const home = random.between(0, 1)
      family = { role, home, looks: [], touches: [], seenMs: new Map(), isSplit: false }
      this.families.set(root, family)
    }
    return family
  }

  /** A touch took effect. */
  touched(request: Request, commands: readonly Command[], position: number): void {
    const [name, , digest] = commands[0] ?? []
    // A token in its grace is read without what stands beside the new one: its use vouches for nothing there.
    if (name !== 'HSET' || request.visit === null || digest !== request.address.digest) return
    request.visit.family.touches.push({ request, digest: String(digest), position })
  }

  /** A transaction of a lookout took effect. */
  wrote(look: Look, commands: readonly Command[], position: number): void {
    for (const [name, keyed, ...args] of commands) {
      const key = String(keyed)
      if (isSwap(name)) {
        const sessions = key.replace('seen:', 'sessions:')
        const isGone = this.#store.field(sessions, look.digest, position) === null
        look.swaps.push({ position, isGone, isShown: this.#shows(key, look, position) })
      }
      if (name === 'XADD' && key === 'events') {
        const at = args.indexOf('signals')
        if (at >= 0) look.told = { position, signals: String(args[at + 1]).split(' ') }
      }
    }
  }

  /** A stay begun by it, or one that it vouches for. */
  #shows(key: string, { digest, visit }: Look, position: number): boolean {
    const text = this.#store.field(key, `track:${digest}`, position)
    const presence = this.#store.field(key, `here:${digest}`, position)
    if (text === null || visit.sighting.place === null) return false
    const { stay } = JSON.parse(text) as { stay: Stay }
    const isHere = Math.abs(stay.place.longitude - visit.sighting.place.longitude) < 20
    const { atMs } = visit.sighting
    return isHere && (stay.atMs === atMs || presence === `${stay.atMs} ${atMs}`)
  }
}

/** Of all that is sent only a swap keeps what was there. */
export const isSwap = (name: string): boolean => name === 'COPY'

/** A field that holds a part of a session's trail. */
export const isTrail = (field: string): boolean => /^(track|habits):/.test(field)
