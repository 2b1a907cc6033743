/**
 * The primary: one log of atomic writes, and every state it ever had. Replicas are positions in this log.
 * Says nothing about networks or clocks of edges. Must never apply half a write.
 */
import { announce, type FeedEntry } from '../../src/session/feed-entry.ts'
import type { StoredSession } from '../../src/session/record.ts'
import type { Subject } from '../../src/vocabulary/session.ts'
import { Register } from './register.ts'

export interface SessionRow {
  readonly stored: StoredSession
  /** As Redis holds it. */
  readonly text: string
}

export interface SubjectRow {
  readonly subject: Subject
  readonly flat: readonly string[]
}

export interface SeenRow {
  readonly atMs: number
  readonly text: string
}

/** When virtual time begins on a clock without offset: a date that looks like one. */
export const EPOCH_MS = 1_800_000_000_000

/** All that hangs on one subject. */
export interface SlotRows {
  readonly subject: Register<SubjectRow | null>
  readonly sessions: Map<string, Register<SessionRow | null>>
  readonly seen: Map<string, Register<SeenRow | null>>
  /** Sessions a rotation has written and not let go yet, by their digest. */
  readonly holds: Map<string, Register<{ readonly text: string } | null>>
}

/** The operation an entry belongs to; acknowledged once its caller was told. */
export interface Operation {
  readonly name: string
  ackedAtMs: number
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
  readonly slots = new Map<string, SlotRows>()
  readonly #retentionMs: number

  constructor(retentionMs: number) {
    this.#retentionMs = retentionMs
  }

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

  slot(name: string): SlotRows {
    let rows = this.slots.get(name)
    if (rows === undefined) {
      rows = { subject: new Register(), sessions: new Map(), seen: new Map(), holds: new Map() }
      this.slots.set(name, rows)
    }
    return rows
  }

  /** XADD with trimming, and INCRBY, inside a transaction. */
  announce(position: number, entries: readonly FeedEntry[], writerMs: number, by: Operation): void {
    for (const [i, [, , , , , , ...fields]] of announce(entries, writerMs).entries()) {
      const entry = entries[i]
      if (entry === undefined) break
      const writtenMs = EPOCH_MS + (this.times[position] ?? 0)
      const key = Math.max((this.stream.at(-1)?.key ?? 0) + 1, writtenMs)
      const spans = [{ from: position, to: Number.POSITIVE_INFINITY }]
      const reply = [`${key}-0`, fields.map(String)] as const
      this.stream.push({ position, key, reply, entry, by, spans })
    }
    for (const item of this.stream) {
      const span = item.spans.at(-1)
      const isOld = item.key < writerMs - this.#retentionMs && item.position < position
      if (isOld && span && span.to > position) span.to = position
    }
    this.head.set(position, (this.head.latest ?? 0) + entries.length)
  }

  /** A copy at `to` becomes the primary: what was written after it is lost. */
  failOver(to: number, nowMs: number): void {
    const first = to + 1
    this.write(nowMs, (position) => {
      this.lost.fill(true, first, position)
      this.head.revert(to, position, 0)
      for (const epoch of this.epochs.values()) epoch.revert(to, position, 0)
      for (const { subject, sessions, seen, holds } of this.slots.values()) {
        subject.revert(to, position, null)
        for (const session of sessions.values()) session.revert(to, position, null)
        for (const use of seen.values()) use.revert(to, position, null)
        for (const hold of holds.values()) hold.revert(to, position, null)
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
