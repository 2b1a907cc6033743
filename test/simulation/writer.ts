/**
 * The writing hand of an operation: transactions at the primary, each with what it saw before and its
 * announcement in the same breath. Must never write outside a transaction.
 */
import type { FeedEntry } from '../../src/session/feed-entry.ts'
import { type StoredSession, sessionValue } from '../../src/session/record.ts'
import type { Subject } from '../../src/vocabulary/session.ts'
import type { Roster } from './roster.ts'
import { type Operation, rowOf, type Store } from './store.ts'

/** What a transaction saw of its subject before it changed anything. */
export interface Sight {
  readonly members: readonly { readonly digest: string; readonly stored: StoredSession }[]
  readonly disabled: boolean
}

/** Runs at the primary, atomically. */
export type Transaction = (nowMs: number) => Sight
export type Course = Generator<Transaction, void, Sight>

export class Writer {
  readonly store: Store
  readonly roster: Roster
  readonly operation: Operation
  /** The clock of the edge that carries the operation out. */
  readonly clock: () => number

  constructor(store: Store, roster: Roster, operation: Operation, clock: () => number) {
    this.store = store
    this.roster = roster
    this.operation = operation
    this.clock = clock
  }

  sight(slot: string): Sight {
    const { sessions, subject } = this.store.slot(slot)
    const members = [...sessions].flatMap(([digest, row]) =>
      row.latest ? [{ digest, stored: row.latest.stored }] : [],
    )
    return { members, disabled: subject.latest?.subject.disabled ?? false }
  }

  /** A transaction on one subject, with its announcement; its sight is from before. */
  change(
    slot: string,
    entries: readonly FeedEntry[],
    apply: (position: number, before: Sight) => void = () => {},
  ): Transaction {
    const writerMs = this.clock()
    return (nowMs) => {
      const before = this.sight(slot)
      this.store.write(nowMs, (position) => {
        apply(position, before)
        if (entries.length > 0) this.store.announce(position, entries, writerMs, this.operation)
      })
      return before
    }
  }

  put(position: number, digest: string, stored: StoredSession): void {
    const { session, graceUntilMs } = stored
    const { slot } = session.address
    const text = sessionValue(session, graceUntilMs === null ? undefined : { graceUntilMs })
    rowOf(this.store.slot(slot).sessions, digest).set(position, { stored, text })
  }

  putSubject(position: number, slot: string, subject: Subject): void {
    const flat = ['subject', subject.subject, 'permissions', JSON.stringify(subject.permissions)]
    flat.push('disabled', subject.disabled ? '1' : '0', 'updated_at', String(subject.updatedAtMs))
    this.store.slot(slot).subject.set(position, { subject, flat })
  }

  remove(position: number, slot: string, digests: Iterable<string>): void {
    const { sessions, seen, holds } = this.store.slot(slot)
    for (const digest of digests) {
      if (holds.get(digest)?.latest) holds.get(digest)?.set(position, null)
      if (sessions.get(digest)?.latest) sessions.get(digest)?.set(position, null)
      if (seen.get(digest)?.latest) seen.get(digest)?.set(position, null)
    }
  }
}
