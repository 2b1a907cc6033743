/**
 * Follows an admitted session for as long as something that was admitted with it is open (design 7, "Open
 * streams"). Every stream looks on its own timer at data that all share, and whoever looks first past half the
 * bound listens for all: no promise and no I/O object crosses requests (platform.md C1).
 * Must never take a rotation, or a store that is silent for a while, for the end of a session.
 */
import { type Redis, StoreUnavailable } from '../foundation/redis.ts'
import type { DeadReason } from '../vocabulary/denial.ts'
import type { LiveSession, SessionAddress } from '../vocabulary/session.ts'
import type { Edge } from './edge.ts'
import { type Judgement, judge } from './judge.ts'
import type { Statement } from './statement.ts'
import { liveMembers, readSnapshot } from './subject-sessions.ts'
import { isGivenUp, untilNextLookMs, type WatchLimits } from './watch-pace.ts'

export type Sight =
  /** Alive by the news, or by the last of it while the primary can not be heard. */
  | { readonly kind: 'alive'; readonly live: LiveSession }
  | { readonly kind: 'dead'; readonly reason: DeadReason }
  /** The primary could not be heard for too long. */
  | { readonly kind: 'unheard' }

/** What a watch needs of its isolate and of the request it belongs to. */
export interface WatchParts {
  readonly edge: Edge
  readonly redis: Redis
  readonly limits: WatchLimits & { readonly rereadAfterMs: number }
  readonly now: () => number
  /** The feed and a session, in one read of the primary. */
  readonly read: (address: SessionAddress) => Promise<Statement>
  /** Hears the feed, unless another stream or request is at it. Never rejects. */
  readonly listen: (nowMs: number) => Promise<void>
  /** Writes down a use of the session where one is due; what is known of it then. */
  readonly touched: (known: Statement, live: LiveSession) => Statement
}

/** Reads in one look; the news can outrun a reader, but not for ever. */
const MAX_READS = 3

const GONE: Sight = { kind: 'dead', reason: 'unknown' }

export class SessionWatch {
  readonly #parts: WatchParts
  #known: Statement
  #live: LiveSession
  /** When the session was last shown alive: the start of the feed read that did. */
  #provenAtMs: number
  #rereadAtMs = 0
  #hasLooked = false

  constructor(parts: WatchParts, known: Statement, live: LiveSession) {
    this.#parts = parts
    this.#known = known
    this.#live = live
    this.#provenAtMs = parts.now()
    this.#take(known)
  }

  /** How long to wait before the next look; none where the first is overdue already. */
  pauseMs(): number {
    const { edge, limits, now } = this.#parts
    if (!this.#hasLooked && !edge.isFresh(now())) return 0
    return untilNextLookMs(edge.news.heardAtMs, now(), limits, Math.random())
  }

  /** Is it still alive? `wasUsed`: its person has sent something since the last look. */
  async look(wasUsed: boolean): Promise<Sight> {
    const { edge, limits, now } = this.#parts
    this.#hasLooked = true
    // The clock may have been set back.
    this.#provenAtMs = Math.min(this.#provenAtMs, now())
    if (edge.shouldListen(now())) await this.#parts.listen(now())
    for (let reads = 0; ; reads++) {
      const nowMs = now()
      const judgement = this.#judge(reads > 0, nowMs)
      if (judgement.kind === 'dead') return judgement
      if (judgement.kind === 'alive' && nowMs < this.#rereadAtMs) {
        if (edge.isFresh(nowMs)) this.#prove(judgement.live, wasUsed)
        break
      }
      if (reads === MAX_READS) break
      const outcome = await this.#reread(judgement.kind === 'missing')
      if (outcome === 'gone') return GONE
      if (outcome === 'unheard') break
    }
    return isGivenUp(this.#provenAtMs, now(), limits)
      ? { kind: 'unheard' }
      : { kind: 'alive', live: this.#live }
  }

  /** 'missing' stands for "not at this address", where a rotated session is not either. */
  #judge(own: boolean, nowMs: number): Judgement {
    const { stored } = this.#known
    // Reached by a token in its grace: that one's end is not the session's.
    if (stored !== null && stored.graceUntilMs !== null) return MISSING
    return judge(this.#known, own, this.#parts.edge.news, nowMs)
  }

  /** Streams that opened together are not read again together. */
  #take(known: Statement): void {
    this.#known = known
    if (known.live !== null) this.#live = known.live
    const { rereadAfterMs } = this.#parts.limits
    this.#rereadAtMs = known.askedAtMs + (rereadAfterMs * (3 + Math.random())) / 4
  }

  /**
   * All news up to the head held says nothing against it, so what is known holds as of that head: it never grows
   * too old for the news that is kept.
   */
  #prove(live: LiveSession, wasUsed: boolean): void {
    const { news } = this.#parts.edge
    const head = news.since()?.head ?? 0
    this.#provenAtMs = news.heardAtMs
    this.#live = live
    if (head > this.#known.head) {
      this.#known = { ...this.#known, head, askedAtMs: news.heardAtMs }
    }
    if (wasUsed) this.#known = this.#parts.touched(this.#known, live)
  }

  /** Reads it anew from the primary, where it is now. 'gone' is the primary's word, and final. */
  async #reread(isMissing: boolean): Promise<'read' | 'gone' | 'unheard'> {
    try {
      const address = isMissing ? await this.#whereItIs() : this.#known.address
      if (address === null) return 'gone'
      this.#take(await this.#parts.read(address))
      return 'read'
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      return 'unheard'
    }
  }

  /** However often it was rotated meanwhile, and whether or not a pointer is left of that. */
  async #whereItIs(): Promise<SessionAddress | null> {
    const { redis, now } = this.#parts
    const { address, root } = this.#live.session
    const members = liveMembers(await readSnapshot(redis, address.slot), now())
    return members.find(({ session }) => session.root === root)?.session.address ?? null
  }
}

const MISSING: Judgement = { kind: 'missing' }
