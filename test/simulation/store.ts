/**
 * The primary: one log of atomic writes, and every state it ever had. Replicas are positions in this log.
 * Says nothing about networks or clocks of edges. Must never apply half a write.
 */
import { FEED_KEY, type FeedEntry, parseFeed } from '../../src/session/feed-entry.ts'
import { Register } from './register.ts'

/** A hash of Redis: its fields, and all they ever were. */
export type Hash = Map<string, Register<string | null>>

/** When virtual time begins on a clock without offset: a date that looks like one. */
export const EPOCH_MS = 1_800_000_000_000

/** The operation an entry belongs to; acknowledged once its caller was told. */
export interface Operation {
  readonly name: string
  ackedAtMs: number
  /** The last position it read before it wrote. */
  readAt?: number
}

export interface StreamItem {
  readonly position: number
  readonly key: number
  readonly reply: readonly [id: string, fields: readonly string[]]
  readonly entry: FeedEntry
  readonly by: Operation
  /** In the stream from one position to before the other; a failover may bring it back. */
  readonly spans: { from: number; to: number }[]
}

export class Store {
  /** When each position was written; position 0 is the empty store. */
  readonly times: number[] = [Number.NEGATIVE_INFINITY]
  /** Positions a failover lost: no copy ever stands there again. */
  readonly lost: boolean[] = [false]
  readonly stream: StreamItem[] = []
  readonly head = new Register<number>()
  readonly epochs = new Map<string, Register<number>>()
  readonly #hashes = new Map<string, Hash>()

  get position(): number {
    return this.times.length - 1
  }

  /** One transaction; returns its position. */
  write(nowMs: number, change: (position: number) => void): number {
    const position = this.times.push(nowMs) - 1
    this.lost.push(false)
    change(position)
    return position
  }

  hash(key: string): Hash {
    let hash = this.#hashes.get(key)
    if (hash === undefined) {
      hash = new Map()
      this.#hashes.set(key, hash)
    }
    return hash
  }

  /** A field of a hash as it was at a position. */
  field(key: string, name: string, position: number): string | null {
    return this.#hashes.get(key)?.get(name)?.at(position) ?? null
  }

  /** XADD to the feed, inside a transaction. */
  append(position: number, fields: readonly string[], by: Operation): void {
    const writtenMs = EPOCH_MS + (this.times[position] ?? 0)
    const key = Math.max((this.stream.at(-1)?.key ?? 0) + 1, writtenMs)
    const reply = [`${key}-0`, fields] as const
    const [heard] = parseFeed([reply])
    if (heard === undefined) throw new Error(`not understood in ${FEED_KEY}`)
    const spans = [{ from: position, to: Number.POSITIVE_INFINITY }]
    this.stream.push({ position, key, reply, entry: heard.entry, by, spans })
  }

  /** What is older goes from the feed, inside a transaction. */
  trim(position: number, oldestKept: number): void {
    for (const item of this.stream) {
      const span = item.spans.at(-1)
      const isOld = item.key < oldestKept && item.position < position
      if (isOld && span && span.to > position) span.to = position
    }
  }

  /** A copy at `to` becomes the primary: what was written after it is lost. */
  failOver(to: number, nowMs: number): void {
    const first = to + 1
    this.write(nowMs, (position) => {
      this.lost.fill(true, first, position)
      this.head.revert(to, position, 0)
      for (const epoch of this.epochs.values()) epoch.revert(to, position, 0)
      for (const hash of this.#hashes.values()) {
        for (const value of hash.values()) value.revert(to, position, null)
      }
      for (const { spans } of this.stream) {
        const was = isIn(spans, to)
        const is = isIn(spans, position)
        const span = spans.at(-1)
        if (is && !was && span) span.to = position
        if (was && !is) spans.push({ from: position, to: Number.POSITIVE_INFINITY })
      }
    })
  }

  streamAt(position: number): readonly StreamItem[] {
    return this.stream.filter(({ spans }) => isIn(spans, position))
  }
}

const isIn = (spans: readonly { from: number; to: number }[], position: number): boolean =>
  spans.some(({ from, to }) => from <= position && position < to)

export function rowOf<T>(rows: Map<string, Register<T>>, name: string): Register<T> {
  let row = rows.get(name)
  if (row === undefined) {
    row = new Register()
    rows.set(name, row)
  }
  return row
}
