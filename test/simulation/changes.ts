/**
 * The rest of what is done to sessions and subjects: records, epochs and rotation, each one transaction.
 * What is not in src yet is done as design 5 says. Must never announce apart from its change.
 */
import type { SessionAddress } from '../../src/vocabulary/session.ts'
import type { Holder } from './roster.ts'
import { rowOf } from './store.ts'
import type { Course, Sight, Writer } from './writer.ts'

export function* setPermissions(writer: Writer, slot: string, permissions: string[]): Course {
  yield writer.change(slot, [{ kind: 'subject', slot }], (position) => {
    const known = writer.store.slot(slot).subject.latest?.subject
    if (known) writer.putSubject(position, slot, { ...known, permissions })
  })
}

/** Disabling ends all sessions; enabling brings none back. */
export function* setDisabled(writer: Writer, slot: string, disabled: boolean): Course {
  const ending = disabled ? [{ kind: 'sessions', slot, keep: null } as const] : []
  yield writer.change(slot, [...ending, { kind: 'subject', slot }], (position, { members }) => {
    const known = writer.store.slot(slot).subject.latest?.subject
    if (known) writer.putSubject(position, slot, { ...known, disabled })
    if (disabled)
      writer.remove(
        position,
        slot,
        members.map(({ digest }) => digest),
      )
  })
}

/** The latest counts: a later call with an earlier time takes nothing back. */
export function* raiseEpoch(writer: Writer, name: string, atMs: number): Course {
  yield writer.change('', [{ kind: 'epoch', name, atMs }], (position) => {
    const epoch = rowOf(writer.store.epochs, name)
    epoch.set(position, Math.max(epoch.latest ?? 0, atMs))
  })
}

/**
 * Rotation in two steps, as src/session/rotation.ts does it: the new session is written held back; then it is
 * let go and the old one becomes a pointer. `asWritten`: where the old one was gone by then, the pointer is
 * written all the same and taken back, as src does at this time; the guarantee needs that it is not written.
 */
export function* rotate(
  writer: Writer,
  old: Holder,
  address: SessionAddress,
  graceMs: number,
  asWritten: boolean,
  onDone: (holder: Holder) => void,
): Course {
  const { slot, digest } = old.address
  const { holds } = writer.store.slot(slot)
  const rowIn = ({ members }: Sight) => members.find((each) => each.digest === digest)?.stored
  const found = rowIn(yield (): Sight => writer.sight(slot))
  if (found?.graceUntilMs !== null || holds.get(digest)?.latest) return
  const issuedAtMs = writer.clock()
  const session = { ...found.session, address, rotatedFrom: digest, issuedAtMs }
  const idleMs = session.idleMs === 0 ? Number.POSITIVE_INFINITY : session.idleMs
  const untilMs = Math.min(issuedAtMs + Math.min(graceMs, idleMs), session.expiresAtMs)
  let holder: Holder | undefined
  const first = yield writer.change(slot, [], (position) => {
    rowOf(holds, address.digest).set(position, { text: '1' })
    writer.put(position, address.digest, { session, graceUntilMs: null })
    holder = writer.roster.add(session, old.subject, position)
  })
  // Gone or rotated before the first step: what is held back stays so.
  if (rowIn(first)?.graceUntilMs !== null) {
    yield writer.change(slot, [], (position) => writer.remove(position, slot, [address.digest]))
    return
  }
  let wasHeld = false
  const entry = { kind: 'rotation', slot, digest, untilMs } as const
  const letGo = writer.change(slot, [entry], (position) => {
    wasHeld = holds.get(address.digest)?.latest != null
    if (wasHeld) rowOf(holds, address.digest).set(position, null)
    writer.put(position, digest, { session, graceUntilMs: untilMs })
  })
  const was = rowIn(
    yield (nowMs) => {
      const sight = writer.sight(slot)
      return asWritten || rowIn(sight)?.graceUntilMs === null ? letGo(nowMs) : sight
    },
  )
  if (holder && wasHeld && was?.graceUntilMs === null) return onDone(holder)
  yield writer.change(slot, [], (position) => {
    writer.remove(position, slot, asWritten && !was ? [address.digest, digest] : [address.digest])
    if (was && asWritten) writer.put(position, digest, was)
  })
}
