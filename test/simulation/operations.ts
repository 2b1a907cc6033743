/**
 * What operators and holders do, as the registry does it (src/session/registry.ts, revocation.ts): each a run of
 * transactions that other writers may come between. Must never do in one transaction what the registry does
 * in two.
 */
import type { FeedEntry } from '../../src/session/feed-entry.ts'
import { type StoredSession, sessionValue } from '../../src/session/record.ts'
import type { Session, Subject } from '../../src/vocabulary/session.ts'
import type { Holder, Roster } from './roster.ts'
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

export function* create(
  writer: Writer,
  session: Session,
  fresh: Subject,
  permissions: readonly string[] | null,
  onDone: (holder: Holder) => void,
): Course {
  const { slot, digest } = session.address
  const before = yield (): Sight => writer.sight(slot)
  if (before.disabled) return
  const known = writer.store.slot(slot).subject.latest?.subject ?? null
  const subject = known && permissions ? { ...known, permissions } : (known ?? fresh)
  const changed = known !== null && String(subject.permissions) !== String(known.permissions)
  const entries: FeedEntry[] = changed ? [{ kind: 'subject', slot }] : []
  let holder: Holder | undefined
  const { disabled } = yield writer.change(slot, entries, (position, { disabled }) => {
    const nowKnown = writer.store.slot(slot).subject.latest?.subject
    writer.put(position, digest, { session, graceUntilMs: null })
    if (!nowKnown) writer.putSubject(position, slot, subject)
    if (nowKnown && changed)
      writer.putSubject(position, slot, { ...subject, disabled: nowKnown.disabled })
    if (!disabled) holder = writer.roster.add(session, fresh.subject, position)
  })
  if (disabled) yield* revoke(writer, slot, digest)
  else if (holder) onDone(holder)
}

export function* revoke(writer: Writer, slot: string, digest: string): Course {
  yield* end(writer, slot, [digest], { kind: 'session', slot, family: digest }, ({ members }) => {
    return familyOf(members, digest)
  })
}

export function* revokeAll(writer: Writer, slot: string): Course {
  yield writer.change(slot, [{ kind: 'sessions', slot, keep: null }], (position, { members }) => {
    writer.remove(
      position,
      slot,
      members.map(({ digest }) => digest),
    )
  })
}

export function* revokeOthers(writer: Writer, slot: string, except: string): Course {
  const before = yield (): Sight => writer.sight(slot)
  const [kept] = familyOf(before.members, except)
  const keep = before.members.find(({ digest }) => digest === kept)?.stored.session.root ?? except
  const others = ({ members }: Sight) =>
    members.filter(({ stored }) => stored.session.root !== keep).map(({ digest }) => digest)
  yield* end(writer, slot, others(before), { kind: 'sessions', slot, keep }, others)
}

/** Removes and announces; then whatever the transaction saw beyond that, until nothing is left. */
function* end(
  writer: Writer,
  slot: string,
  removal: readonly string[],
  entry: FeedEntry,
  endsAlso: (sight: Sight) => readonly string[],
): Course {
  const gone = new Set(removal)
  let left: readonly string[] = removal
  let entries: FeedEntry[] = [entry]
  for (;;) {
    const going = left
    const sight = yield writer.change(slot, entries, (position) => {
      writer.remove(position, slot, going)
    })
    left = endsAlso(sight).filter((digest) => !gone.has(digest))
    if (left.length === 0) return
    for (const digest of left) gone.add(digest)
    const roots = sight.members.filter(({ digest }) => left.includes(digest))
    entries = [...roots.map(({ stored }) => ended(slot, stored.session.root)), entry]
  }
}

const ended = (slot: string, family: string): FeedEntry => ({ kind: 'session', slot, family })

/** Its whole rotation family; a digest whose own field is gone still names what was rotated from it. */
function familyOf(members: Sight['members'], digest: string): string[] {
  const named = members.find(
    (member) => member.digest === digest || member.stored.session.rotatedFrom === digest,
  )
  const root = named?.stored.session.root
  return members.filter(({ stored }) => stored.session.root === root).map((each) => each.digest)
}
