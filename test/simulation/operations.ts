/**
 * What operators and holders do, as the registry does it (src/session/establishment.ts, revocation.ts,
 * subject-ending.ts): each a run of transactions that other writers may come between. Must never do in one
 * transaction what the registry does in two.
 */
import type { FeedEntry } from '../../src/session/feed-entry.ts'
import type { Session, Subject } from '../../src/vocabulary/session.ts'
import type { Holder } from './roster.ts'
import type { Course, Sight, Writer } from './writer.ts'

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

/**
 * `root`: of its family, known for sure. null: as src finds it out, which rotations between two attempts of one
 * revocation can defeat.
 */
export function* revoke(
  writer: Writer,
  slot: string,
  digest: string,
  root: string | null = null,
): Course {
  yield* end(writer, slot, [digest], { kind: 'session', slot, family: digest }, ({ members }) => {
    return root === null ? familyOf(members, digest) : membersOf(members, root)
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
  return named ? membersOf(members, named.stored.session.root) : []
}

const membersOf = (members: Sight['members'], root: string): string[] =>
  members.filter(({ stored }) => stored.session.root === root).map(({ digest }) => digest)
