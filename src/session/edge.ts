/**
 * How an edge decides (design 2 and 6): the memory, the news and the clock in; a verdict, or what has to be
 * read, out. No I/O and no clock of its own: introspection.ts does the reading, the simulation drives this
 * very code. Must never admit on a `bounded` or `strong` route what the guarantee does not cover.
 */
import type { DeadReason } from '../vocabulary/denial.ts'
import type { Consistency } from '../vocabulary/policy.ts'
import type { LiveSession } from '../vocabulary/session.ts'
import { type Judgement, judge } from './judge.ts'
import { Memory, type MemoryLimits } from './memory.ts'
import { type FeedReply, type Hearing, News, type NewsLimits } from './news.ts'
import type { Source, Statement } from './statement.ts'

export type Verdict =
  | { readonly kind: 'alive'; readonly live: LiveSession; readonly basis: Statement }
  | { readonly kind: 'dead'; readonly reason: DeadReason }
  | { readonly kind: 'read'; readonly from: Source }

/** A question about one token, as the request brings it. */
export interface Question {
  readonly token: string
  readonly consistency: Consistency
  /** What was read for this request, if anything was. */
  readonly own: Statement | null
  /** The primary could not be heard: memory may be used `graceMs` longer. */
  readonly graceMs: number
}

export interface EdgeLimits {
  /** `B`. */
  readonly maxStalenessMs: number
  /** What is remembered is read again after this, whatever the feed says. */
  readonly rereadAfterMs: number
  readonly memory: MemoryLimits
  readonly news: NewsLimits
}

/** Before all news. */
const OLD_COPY = { head: -1, source: 'nearest' } as const

const READ_PRIMARY: Verdict = { kind: 'read', from: 'primary' }
const READ_NEAREST: Verdict = { kind: 'read', from: 'nearest' }

/** The state of one isolate: plain data, shared by its requests. */
export class Edge {
  readonly #limits: EdgeLimits
  readonly news: News
  readonly memory: Memory
  /** The latest time this isolate has been shown. */
  #latestMs = Number.NEGATIVE_INFINITY

  constructor(limits: EdgeLimits) {
    this.#limits = limits
    this.news = new News(limits.news)
    this.memory = new Memory(limits.memory)
  }

  /** Has the feed been heard recently enough for `bounded`? `graceMs` is added in an outage. */
  isFresh(nowMs: number, graceMs = 0): boolean {
    return this.#sinceHeardMs(nowMs) <= this.#limits.maxStalenessMs + graceMs
  }

  /** Past half the bound somebody should listen, ahead of need. */
  shouldListen(nowMs: number): boolean {
    return this.#sinceHeardMs(nowMs) > this.#limits.maxStalenessMs / 2
  }

  #sinceHeardMs(nowMs: number): number {
    this.#notice(nowMs)
    return nowMs - this.news.heardAtMs
  }

  /** There is no other clock in a Worker than the wall's: when it was set back, nobody knows how old the news is. */
  #notice(nowMs: number): void {
    if (nowMs < this.#latestMs) this.news.clockWasSetBack(nowMs)
    this.#latestMs = nowMs
  }

  /**
   * Takes in the feed part of a reply; what is not whole voids all memory. A reply asked for in the future is from
   * before the clock was set back, and says nothing about now.
   */
  hear(reply: FeedReply, nowMs: number): Hearing {
    this.#notice(nowMs)
    if (reply.askedAtMs > nowMs) return 'ignored'
    const hearing = this.news.hear(reply)
    if (hearing === 'anew') this.memory.clear()
    return hearing
  }

  /**
   * A reply that a later read has overtaken, and that knows more than was known when it was asked for, may be of a
   * line that a failover has lost: it is worth no more than an old copy's word then, and the primary is asked again.
   */
  inTurn(own: Statement, headWhenAsked = Number.POSITIVE_INFINITY): Statement {
    const isOvertaken = own.askedAtMs < this.news.heardAtMs
    return isOvertaken && own.head > headWhenAsked ? { ...own, ...OLD_COPY } : own
  }

  /** Decides, or says what has to be read first. */
  consult({ token, consistency, own, graceMs }: Question, nowMs: number): Verdict {
    const known = own ?? this.memory.get(token)
    if (known === undefined) return this.#firstRead(consistency, nowMs)
    const judgement = judge(known, own !== null, this.news, nowMs)
    if (judgement.kind === 'dead') return judgement
    if (judgement.kind === 'missing') {
      return known.source === 'primary' ? { kind: 'dead', reason: 'unknown' } : READ_PRIMARY
    }
    switch (consistency) {
      case 'strong':
        return this.#isPrimaryNow(own, nowMs) ? this.#admit(judgement, known) : READ_PRIMARY
      case 'bounded':
        if (!this.isFresh(nowMs, own === null ? graceMs : 0)) return READ_PRIMARY
        return this.#isOld(known, nowMs, graceMs) ? READ_NEAREST : this.#admit(judgement, known)
      case 'eventual':
        if (own !== null) return this.#admitEventually(judgement, known)
        return this.#isOld(known, nowMs, graceMs) || judgement.kind === 'outdated'
          ? READ_NEAREST
          : this.#admit(judgement, known)
    }
  }

  /** Younger than the bound too, however slow the store is: a receipt speaks for `strong` as well. */
  #isPrimaryNow(own: Statement | null, nowMs: number): boolean {
    if (own?.source !== 'primary') return false
    const ageMs = nowMs - own.askedAtMs
    return ageMs >= 0 && ageMs <= this.#limits.maxStalenessMs
  }

  #firstRead(consistency: Consistency, nowMs: number): Verdict {
    if (consistency === 'strong') return READ_PRIMARY
    if (consistency === 'eventual') return READ_NEAREST
    return this.isFresh(nowMs) ? READ_NEAREST : READ_PRIMARY
  }

  #admit(judgement: Judgement, basis: Statement): Verdict {
    return judgement.kind === 'alive' ? { ...judgement, basis } : READ_PRIMARY
  }

  /** The nearest region's word is enough here, unless the news says dead (judged before). */
  #admitEventually(judgement: Judgement, basis: Statement): Verdict {
    if (judgement.kind === 'outdated' && basis.live !== null) {
      return { kind: 'alive', live: basis.live, basis }
    }
    return this.#admit(judgement, basis)
  }

  #isOld(known: Statement, nowMs: number, graceMs: number): boolean {
    return nowMs - known.askedAtMs > this.#limits.rereadAfterMs + graceMs
  }
}
