/**
 * What a create does to the subject's record: makes it if there is none, replaces what the draft speaks of, and
 * leaves the rest alone. Must never write a property that the draft does not name.
 */
import type { Command } from '../foundation/redis.ts'
import type { Subject } from '../vocabulary/session.ts'
import type { SessionDraft } from './registry-types.ts'
import { subjectKey } from './subject-sessions.ts'

/** The subject as it is after a create; the very same object where nothing changes. */
export function subjectAfter(draft: SessionDraft, before: Subject | null, nowMs: number): Subject {
  const known = before ?? {
    subject: draft.subject,
    permissions: [],
    claims: {},
    disabled: false,
    updatedAtMs: nowMs,
  }
  const permissions = draft.permissions ?? known.permissions
  const claims = draft.claims ?? known.claims
  const after = { ...known, permissions, claims, updatedAtMs: nowMs }
  return sameContent(known, after) ? known : after
}

const sameContent = (a: Subject, b: Subject): boolean =>
  JSON.stringify([a.permissions, a.claims]) === JSON.stringify([b.permissions, b.claims])

/** Fields of their own, so that two writers of different fields never undo each other. */
export function writeSubject(
  slot: string,
  draft: SessionDraft,
  after: Subject,
  before: Subject | null,
): Command[] {
  const key = subjectKey(slot)
  const commands: Command[] = [
    ['HSETNX', key, 'subject', after.subject],
    ['HSETNX', key, 'updated_at', after.updatedAtMs],
  ]
  if (after === before) return commands
  if (draft.permissions)
    commands.push(['HSET', key, 'permissions', JSON.stringify(after.permissions)])
  if (draft.claims) commands.push(['HSET', key, 'claims', JSON.stringify(after.claims)])
  if (before) commands.push(['HSET', key, 'updated_at', after.updatedAtMs])
  return commands
}
