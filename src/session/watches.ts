/**
 * What all open streams of an isolate share: where they look, and that only one of them listens at a time.
 * Plain data, for each stream belongs to another request (platform.md C1). Must never let a store that does not
 * answer be asked by thousands of streams at once.
 */
import type { Redis } from '../foundation/redis.ts'
import type { LastSeen, LiveSession, SessionAddress } from '../vocabulary/session.ts'
import type { Edge } from './edge.ts'
import { type Statement, seenAt } from './statement.ts'
import { isTouchDue, touch } from './touch.ts'
import { SessionWatch } from './watch.ts'
import type { WatchLimits } from './watch-pace.ts'

/** The request that a stream belongs to. */
export interface StreamOwner {
  readonly place: Omit<LastSeen, 'atMs'>
  readonly waitUntil: (work: Promise<unknown>) => void
}

/** What they need of the introspector. */
export interface WatchesParts {
  readonly edge: Edge
  readonly redis: Redis
  readonly limits: WatchLimits & { readonly rereadAfterMs: number }
  readonly now: () => number
  /** The feed and a session, in one read of the primary. */
  readonly read: (address: SessionAddress) => Promise<Statement>
  /** Hears the feed, kept alive by the owner; undefined where somebody else is at it. Never rejects. */
  readonly listen: (owner: StreamOwner, nowMs: number) => Promise<void> | undefined
}

/** After this part of the bound a failed attempt to listen is made again: in time, if the store was only hiccuping. */
const RETRY_AFTER = 1 / 8

export class Watches {
  readonly #parts: WatchesParts
  #triedAtMs = Number.NEGATIVE_INFINITY

  constructor(parts: WatchesParts) {
    this.#parts = parts
  }

  /** Follows a live session from what it was admitted by. */
  follow(live: LiveSession, basis: Statement, owner: StreamOwner): SessionWatch {
    const { edge, redis, limits, now, read } = this.#parts
    return new SessionWatch(
      {
        edge,
        redis,
        limits,
        now,
        read,
        listen: (nowMs) => this.#listen(owner, nowMs),
        touched: (known, alive) => this.#touched(known, alive, owner),
      },
      basis,
      live,
    )
  }

  async #listen(owner: StreamOwner, nowMs: number): Promise<void> {
    const { limits, listen } = this.#parts
    const sinceMs = nowMs - this.#triedAtMs
    // Less than none: the clock was set back.
    if (sinceMs >= 0 && sinceMs < limits.maxStalenessMs * RETRY_AFTER) return
    this.#triedAtMs = nowMs
    await listen(owner, nowMs)
  }

  #touched(known: Statement, live: LiveSession, { place, waitUntil }: StreamOwner): Statement {
    const { redis, now } = this.#parts
    const nowMs = now()
    if (!isTouchDue(live, known.lastSeen, nowMs)) return known
    const seen = { ...place, atMs: nowMs }
    // Not written: the next touch interval tries again.
    waitUntil(touch(redis, live, seen, known.lastSeen === null).catch(() => undefined))
    return seenAt(known, seen)
  }
}
