/**
 * Is the session behind a token alive? (RFC 7662's question, asked for every request that needs a session.)
 * Must never answer "dead" or "alive" when the store could not be heard: it throws StoreUnavailable.
 */
import type { Redis } from '../foundation/redis.ts'
import type { DeadReason } from '../vocabulary/denial.ts'
import type { Consistency } from '../vocabulary/policy.ts'
import type { LiveSession } from '../vocabulary/session.ts'
import { endOf } from './lifetime.ts'
import { parseEpochs, parseSeen, parseSession, parseSubject } from './record.ts'
import { EPOCHS_KEY, seenKey, sessionsKey, subjectKey } from './subject-sessions.ts'
import { sidOf, type TokenSealer } from './token.ts'

export type Introspection =
  | { readonly active: true; readonly live: LiveSession }
  | { readonly active: false; readonly reason: DeadReason }

const dead = (reason: DeadReason): Introspection => ({ active: false, reason })

export class Introspector {
  readonly #redis: Redis
  readonly #sealer: TokenSealer

  constructor(redis: Redis, sealer: TokenSealer) {
    this.#redis = redis
    this.#sealer = sealer
  }

  /** Reads the primary for every token that is one of ours; a forged one never gets that far. */
  async introspect(
    token: string,
    _consistency: Consistency,
    nowMs: number,
  ): Promise<Introspection> {
    const address = await this.#sealer.open(token)
    if (address === null) return dead('forged')
    const { replies } = await this.#redis.readPrimary([
      ['HGET', sessionsKey(address.slot), address.digest],
      ['HGETALL', subjectKey(address.slot)],
      ['HGET', seenKey(address.slot), address.digest],
      ['HGETALL', EPOCHS_KEY],
    ])
    const stored = parseSession(address, replies[0])
    const subject = parseSubject(replies[1])
    if (stored === null || subject === null) return dead('unknown')
    if (subject.disabled) return dead('subject_disabled')
    if (stored.graceUntilMs !== null && nowMs >= stored.graceUntilMs) return dead('revoked')
    const end = endOf(stored.session, parseSeen(replies[2]), parseEpochs(replies[3]), nowMs)
    if (end !== null) return dead(end)
    const { session } = stored
    return { active: true, live: { sid: sidOf(session.address), session, subject } }
  }
}
