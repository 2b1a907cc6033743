/**
 * Is the session behind a token alive? (RFC 7662's question, asked for every request that needs a session.)
 * The I/O around edge.ts: reads what it asks for and hands the answers in. Must never share a promise or an
 * I/O object between requests (platform.md C1), and never answer when the store could not be heard.
 */
import type { Log } from '../foundation/log.ts'
import { type Redis, StoreUnavailable } from '../foundation/redis.ts'
import type { DeadReason } from '../vocabulary/denial.ts'
import type { Consistency } from '../vocabulary/policy.ts'
import type { LastSeen, LiveSession, SessionAddress } from '../vocabulary/session.ts'
import { Edge, type EdgeLimits, type Verdict } from './edge.ts'
import { readNearest, readPrimary } from './reads.ts'
import { raisedByEither, type Signs } from './signs.ts'
import { type Source, type Statement, seenAt } from './statement.ts'
import type { TokenSealer } from './token.ts'
import { isTouchDue, touch } from './touch.ts'
import type { SessionWatch } from './watch.ts'
import { Watches } from './watches.ts'

export type Introspection =
  | { readonly active: true; readonly live: LiveSession; readonly basis: Statement }
  | { readonly active: false; readonly reason: DeadReason }

export type Active = Extract<Introspection, { active: true }>

/** What a request brings along. */
export interface Caller {
  /** Where it comes from, for the device list; the time is filled in. */
  readonly place: Omit<LastSeen, 'atMs'>
  /** Fields and values that a touch writes along, given what is known of the session. */
  readonly along?: (known: Statement) => readonly string[]
  /** Keeps work alive past the response (ctx.waitUntil of this very request). */
  readonly waitUntil: (work: Promise<unknown>) => void
}

export interface IntrospectorOptions extends EdgeLimits {
  readonly outageGraceMs: number
  /** How long past the bound an open stream outlives a primary that cannot be heard. */
  readonly rideOutMs: number
  /** All reads for one request together; a background read that has not ended after this is taken for dead. */
  readonly deadlineMs: number
}

/** Reads for one request before it gives up: the news can outrun a reader, but not for ever. */
const MAX_READS = 4

export class Introspector {
  readonly #redis: Redis
  readonly #sealer: TokenSealer
  readonly #options: IntrospectorOptions
  readonly #log: Log
  readonly #now: () => number
  readonly #edge: Edge
  readonly #watches: Watches
  /** When a background feed read was started; plain data, so that its death harms nobody. */
  #listeningSinceMs = Number.NEGATIVE_INFINITY

  constructor(
    redis: Redis,
    sealer: TokenSealer,
    options: IntrospectorOptions,
    log: Log,
    now: () => number,
  ) {
    this.#redis = redis
    this.#sealer = sealer
    this.#options = options
    this.#log = log
    this.#now = now
    this.#edge = new Edge(options)
    this.#watches = new Watches({
      edge: this.#edge,
      redis,
      limits: options,
      now,
      read: (address) => this.#readPrimary(address),
      listen: (caller, nowMs) => this.#listenInBackground(caller, nowMs),
    })
  }

  /** How long ago this isolate heard the feed; null = never. */
  feedAgeMs(): number | null {
    const { heardAtMs } = this.#edge.news
    return Number.isFinite(heardAtMs) ? this.#now() - heardAtMs : null
  }

  /** Hot: no I/O and no promise. Throws (or rejects with) StoreUnavailable when nobody can say. */
  introspect(
    token: string,
    consistency: Consistency,
    caller: Caller,
  ): Introspection | Promise<Introspection> {
    const nowMs = this.#now()
    const verdict = this.#edge.consult({ token, consistency, own: null, graceMs: 0 }, nowMs)
    return verdict.kind === 'read'
      ? this.#readAndDecide(token, consistency, caller, verdict.from)
      : this.#conclude(token, verdict, caller, nowMs)
  }

  /** A sighting was written down: what is remembered of the token knows of it. */
  remember(token: string, signs: Signs, seenAtMs: number): void {
    const known = this.#edge.memory.get(token)
    if (known === undefined) return
    // Signs that another request has learnt of meanwhile stay.
    const raised = raisedByEither(known.signs.raised, signs.raised)
    const seen = seenAt(known, { atMs: seenAtMs })
    this.#edge.memory.amend(token, known, { ...seen, signs: { ...signs, raised } })
  }

  /** Follows a session that was just admitted, in the context of its own request alone. */
  watch({ live, basis }: Active, caller: Caller): SessionWatch {
    return this.#watches.follow(live, basis, caller)
  }

  async #readAndDecide(
    token: string,
    consistency: Consistency,
    caller: Caller,
    first: Source,
  ): Promise<Introspection> {
    const address = this.#edge.memory.get(token)?.address ?? (await this.#sealer.open(token))
    if (address === null) return { active: false, reason: 'forged' }
    const startedAtMs = this.#now()
    const { deadlineMs } = this.#options
    let from = first
    for (let reads = 0; reads < MAX_READS; reads++) {
      let own: Statement
      try {
        const leftMs = deadlineMs - (this.#now() - startedAtMs)
        if (leftMs <= 0) throw new StoreUnavailable('timeout')
        own = await this.#read(token, address, from, Math.min(leftMs, deadlineMs))
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error
        return this.#inOutage(token, consistency, caller, error)
      }
      const nowMs = this.#now()
      const verdict = this.#edge.consult({ token, consistency, own, graceMs: 0 }, nowMs)
      if (verdict.kind !== 'read') return this.#conclude(token, verdict, caller, nowMs)
      from = verdict.from
    }
    throw new StoreUnavailable('timeout')
  }

  /** What is remembered may serve a little longer, where the deployment allows it; it says so. */
  #inOutage(
    token: string,
    consistency: Consistency,
    caller: Caller,
    trouble: StoreUnavailable,
  ): Introspection {
    const graceMs = this.#options.outageGraceMs
    if (graceMs === 0) throw trouble
    const nowMs = this.#now()
    const verdict = this.#edge.consult({ token, consistency, own: null, graceMs }, nowMs)
    if (verdict.kind === 'read') throw trouble
    this.#log({ level: 'warn', code: 'outage_grace', feed_age_ms: this.feedAgeMs() })
    return this.#conclude(token, verdict, caller, nowMs)
  }

  async #read(
    token: string,
    address: SessionAddress,
    from: Source,
    deadlineMs: number,
  ): Promise<Statement> {
    const own =
      from === 'nearest'
        ? await this.#readNearest(address, deadlineMs)
        : await this.#readPrimary(address, deadlineMs)
    // A miss at a replica may be lag: only the primary's is remembered.
    if (own.stored !== null || own.source === 'primary') this.#edge.memory.put(token, own)
    return own
  }

  async #readNearest(address: SessionAddress, deadlineMs: number): Promise<Statement> {
    const askedAtMs = this.#now()
    const since = this.#edge.news.since()
    // Epochs are heard as news; a deaf isolate asks for them, or `eventual` would never learn of one.
    const withEpochs = !this.#edge.isFresh(askedAtMs)
    const { own, epochs } = await readNearest(
      this.#redis,
      address,
      withEpochs,
      askedAtMs,
      deadlineMs,
    )
    if (epochs) this.#edge.news.learnEpochs(epochs)
    this.#edge.news.sawHead(own.head, this.#now())
    return this.#edge.inTurn(own, since?.head)
  }

  async #readPrimary(address: SessionAddress, deadlineMs?: number): Promise<Statement> {
    const { own } = await this.#listen(address, deadlineMs)
    if (own === null) throw new StoreUnavailable('garbage')
    return own
  }

  async #listen(
    address: SessionAddress | null,
    deadlineMs?: number,
  ): Promise<{ readonly own: Statement | null }> {
    const since = this.#edge.news.since()
    const { own, feed } = await readPrimary(this.#redis, address, since, this.#now(), deadlineMs)
    if (this.#edge.hear(feed, this.#now()) === 'anew') {
      this.#log({ level: 'warn', code: 'feed_not_whole', head: feed.head, since: since?.head })
    }
    return { own: own && this.#edge.inTurn(own, since?.head) }
  }

  #conclude(
    token: string,
    verdict: Exclude<Verdict, { kind: 'read' }>,
    caller: Caller,
    nowMs: number,
  ): Introspection {
    if (this.#edge.shouldListen(nowMs)) this.#listenInBackground(caller, nowMs)
    if (verdict.kind === 'dead') return { active: false, reason: verdict.reason }
    const { live, basis } = verdict
    if (isTouchDue(live, basis.lastSeen, nowMs)) this.#touchInBackground(token, basis, live, caller)
    return { active: true, live, basis }
  }

  /** One request at a time listens for all; if it dies, another may after the deadline. */
  #listenInBackground({ waitUntil }: Caller, nowMs: number): Promise<void> | undefined {
    const listeningMs = nowMs - this.#listeningSinceMs
    // Less than none: the clock was set back.
    if (listeningMs >= 0 && listeningMs < this.#options.deadlineMs) return
    this.#listeningSinceMs = nowMs
    const done = () => {
      this.#listeningSinceMs = Number.NEGATIVE_INFINITY
    }
    // Trouble is not hidden: the next request that needs the feed meets it itself.
    const listening = this.#listen(null).then(done, done)
    waitUntil(listening)
    return listening
  }

  #touchInBackground(token: string, basis: Statement, live: LiveSession, caller: Caller): void {
    const seen = { ...caller.place, atMs: this.#now() }
    const touched = seenAt(basis, seen)
    this.#edge.memory.amend(token, basis, touched)
    // Not written: what is remembered goes back, and a later request tries again.
    const undo = () => this.#edge.memory.amend(token, touched, basis)
    const isFirst = basis.lastSeen === null
    const along = caller.along?.(basis) ?? []
    caller.waitUntil(touch(this.#redis, live, seen, isFirst, along).catch(undo))
  }
}
