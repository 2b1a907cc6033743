/**
 * Looks at where admitted requests come from, and answers for those that speak against their session: the I/O around
 * signals.ts. A request that brings no news costs nothing. Must never hold a request back for a session that has not
 * moved, nor let one through that its policy would have ended.
 */
import { type Redis, StoreUnavailable } from '../foundation/redis.ts'
import type { LastSeen, LiveSession } from '../vocabulary/session.ts'
import type { Signal, SignalPolicy, SignalResponse, TravelLimits } from '../vocabulary/signal.ts'
import type { Sighting } from './sighting.ts'
import { swapSighting } from './sighting-swap.ts'
import { end, type Report, raise, responseTo, unresolved } from './signal-response.ts'
import { isNews } from './signals.ts'
import { presenceField, presenceValue, type Signs } from './signs.ts'
import type { Statement } from './statement.ts'

/** Why a request whose session is alive does not go on. */
export type Concern =
  /** Ended by a sign, on this very request or by the primary's word. */
  | { readonly kind: 'revoked' }
  /** The person has to prove again who they are; nothing before then counts. */
  | { readonly kind: 'step_up'; readonly sinceMs: number }

/** A request with a live session. */
export interface Presented {
  readonly token: string
  readonly live: LiveSession
  readonly basis: Statement
  /** Only read where a policy looks at signs. Null: from a network that is trusted. */
  readonly sighting: () => Sighting | null
  readonly place: () => Omit<LastSeen, 'atMs'>
}

export interface LookoutParts {
  readonly redis: Redis
  readonly limits: TravelLimits
  /** The signs that any policy names: each that looks at all sees them all, so that none is used up unseen. */
  readonly watched: ReadonlySet<Signal>
  readonly eventRetentionMs: number
  /** false in monitor mode: signs are told, and nothing is ended. */
  readonly enforces: boolean
  readonly now: () => number
  /** A sighting was written down: this is known of the token's session from now on. */
  readonly remember: (token: string, signs: Signs, seenAtMs: number) => void
}

export class Lookout {
  readonly #parts: LookoutParts

  constructor(parts: LookoutParts) {
    this.#parts = parts
  }

  /** Null: nothing speaks against it. Throws (or rejects with) StoreUnavailable where it can't be told. */
  look(presented: Presented, policy: SignalPolicy): Concern | null | Promise<Concern | null> {
    const { live, basis } = presented
    const open = unresolved(basis.signs.raised, live)
    const standing = responseTo(open, policy)
    if (standing !== null && standing !== 'record') {
      const told = { live, signals: open, before: basis.signs.trail, sighting: NOWHERE }
      return this.#answer(told, policy, standing, sinceOf(basis.signs, open))
    }
    const sighting = presented.sighting()
    if (sighting === null || !this.#isNews(basis, sighting)) return null
    return this.#swap(presented, sighting, policy)
  }

  /** What a touch writes along: seen within the stay known, so that the time it was left is known too. */
  presence(known: Statement, sighting: Sighting | null): string[] {
    const { signs, live } = known
    const stay = signs.trail?.stay
    if (!stay || live === null || sighting === null || sighting.place === null) return []
    if (this.#isNews(known, sighting)) return []
    return [presenceField(live.session.address.digest), presenceValue(stay, sighting.atMs)]
  }

  #isNews({ signs }: Statement, sighting: Sighting): boolean {
    const { watched, limits } = this.#parts
    return isNews(signs.trail, sighting, watched, limits)
  }

  async #swap(
    { token, live, basis, place }: Presented,
    sighting: Sighting,
    policy: SignalPolicy,
  ): Promise<Concern | null> {
    const { redis, limits, watched, remember } = this.#parts
    const known = basis.signs.trail
    const seen = { live, sighting, place: place(), known }
    const swapped = await this.#orRecord(policy, () => swapSighting(redis, seen, limits))
    if (swapped === null) return null
    const { isGone, before, after } = swapped
    const signals = swapped.signals.filter((signal) => watched.has(signal))
    if (isGone) return REVOKED
    // Held here before anything is done about them: should that fail, the next request is not let in by this
    // trail, which has the new place in it already.
    // Later than the login in any case: an edge whose clock is behind would take it for answered by that.
    const sinceMs = Math.max(sighting.atMs, live.session.authTimeMs + 1)
    const raised = Object.fromEntries(signals.map((signal) => [signal, sinceMs]))
    const signs = { trail: after, raised: { ...basis.signs.raised, ...raised } }
    remember(token, signs, sighting.atMs)
    if (signals.length === 0) return null
    const told = { live, signals, before, sighting }
    return this.#answer(told, policy, responseTo(signals, policy), sinceMs)
  }

  async #answer(
    told: Omit<Report, 'keptMs'>,
    policy: SignalPolicy,
    response: SignalResponse | null,
    sinceMs: number,
  ): Promise<Concern | null> {
    const { redis, enforces, eventRetentionMs, now } = this.#parts
    const report = { ...told, keptMs: eventRetentionMs }
    const ends = response === 'revoke' || response === 'revoke_all'
    if (ends && enforces) {
      await end(redis, report, response, now())
      return REVOKED
    }
    // Standing signs have been told before.
    if (report.sighting !== NOWHERE) {
      await this.#orRecord(policy, () => raise(redis, report, sinceMs))
    }
    if (ends) return REVOKED
    return response === 'step_up' ? { kind: 'step_up', sinceMs } : null
  }

  /** Where signs are only recorded, a store that can't be heard holds nobody back. */
  async #orRecord<T>(policy: SignalPolicy, attempt: () => Promise<T>): Promise<T | null> {
    try {
      return await attempt()
    } catch (error) {
      const recordsOnly = Object.values(policy).every((response) => response === 'record')
      if (!recordsOnly || !(error instanceof StoreUnavailable)) throw error
      return null
    }
  }
}

const REVOKED: Concern = { kind: 'revoked' }
const NOWHERE: Sighting = { atMs: 0, place: null, country: null, network: null, client: null }

const sinceOf = ({ raised }: Signs, open: readonly Signal[]): number =>
  Math.max(...open.map((signal) => raised[signal] ?? 0))
