/**
 * What ends all sessions of one subject: log out everywhere, or everywhere but one; disabling; erasure.
 * Must never spare a session by mistake: only the rotation family of a session named to be kept stays.
 */
import type { Command, Redis } from '../foundation/redis.ts'
import type { SessionAddress } from '../vocabulary/session.ts'
import { remove } from './change.ts'
import type { AuditEvent } from './event.ts'
import type { Cause } from './registry-types.ts'
import type { Ending } from './revocation.ts'
import {
  familyOf,
  readSnapshot,
  type SubjectSnapshot,
  seenKey,
  sessionsKey,
  sightingsKey,
  subjectKey,
} from './subject-sessions.ts'

/** Every session: one atomic DEL. */
export const endingOfAll = (slot: string, cause: Cause): Ending => ({
  slot,
  removal: deleteSessions(slot),
  feed: [{ kind: 'sessions', slot, keep: null }],
  events: [revokedEvent(slot)],
  endsAlso: ({ members }) => members,
  cause,
})

/** Every session but one, with the tokens that lead to it. Reads first. */
export async function endingOfOthers(
  redis: Redis,
  { slot, digest }: SessionAddress,
  cause: Cause,
): Promise<Ending> {
  const before = await readSnapshot(redis, slot)
  const keep = familyOf(before, digest)[0]?.session.root ?? digest
  const others = ({ members }: SubjectSnapshot) =>
    members.filter(({ session }) => session.root !== keep)
  return {
    slot,
    removal: remove(
      slot,
      others(before).map((member) => member.digest),
    ),
    feed: [{ kind: 'sessions', slot, keep }],
    events: [revokedEvent(slot)],
    endsAlso: others,
    cause,
  }
}

/** Every session, and the record says disabled from the same moment on, so that a racing create sees it. */
export const endingByDisabling = (
  slot: string,
  writes: readonly Command[],
  changed: readonly AuditEvent[],
  cause: Cause,
): Ending => ({
  ...endingOfAll(slot, cause),
  writes,
  feed: [
    { kind: 'sessions', slot, keep: null },
    { kind: 'subject', slot },
  ],
  events: [...changed, { type: 'subject-disabled', slot, sid: null }, revokedEvent(slot)],
})

/** Every session and all that is kept about the person; the trail stays and tells the slot only, and no place. */
export const endingByErasure = (slot: string, cause: Cause): Ending => ({
  ...endingOfAll(slot, cause),
  removal: [...deleteSessions(slot), ['DEL', subjectKey(slot)], ['DEL', sightingsKey(slot)]],
  feed: [
    { kind: 'sessions', slot, keep: null },
    { kind: 'subject', slot },
  ],
  events: [{ type: 'subject-erased', slot, sid: null }],
})

const deleteSessions = (slot: string): Command[] => [
  ['DEL', sessionsKey(slot)],
  ['DEL', seenKey(slot)],
]

const revokedEvent = (slot: string): AuditEvent => ({ type: 'session-revoked', slot, sid: null })
