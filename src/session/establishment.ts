/**
 * Makes a session (design 5): one look at the subject, then one transaction with everything in it. No locks:
 * what the transaction itself saw is looked at and mended. Must never hand out a token that is not live at
 * the primary: a subject disabled meanwhile gets nothing, and what was written is undone.
 */
import { type Command, type Redis, type Reply, StoreUnavailable } from '../foundation/redis.ts'
import { err, ok, type Result } from '../vocabulary/result.ts'
import type { Session } from '../vocabulary/session.ts'
import { announcementOf, ended, remove } from './change.ts'
import type { AuditEvent } from './event.ts'
import { epochOf } from './lifetime.ts'
import { parseSubject, sessionValue } from './record.ts'
import type { Cause, EstablishedSession, SessionDraft } from './registry-types.ts'
import { revokeFamily } from './revocation.ts'
import { subjectAfter, writeSubject } from './subject-draft.ts'
import {
  familyOf,
  liveMembers,
  type Member,
  madeKey,
  pointerField,
  readSnapshot,
  type SubjectSnapshot,
  sessionsKey,
  spentDigests,
  subjectKey,
  viewOf,
} from './subject-sessions.ts'
import { sidOf, slotOf, type TokenSealer } from './token.ts'

/** What writers of sessions work with. */
export interface SessionWriter {
  readonly redis: Redis
  readonly sealer: TokenSealer
  /** Over this the oldest go. */
  readonly maxSessionsPerSubject: number
  /** Older events go from the audit trail. */
  readonly eventRetentionMs: number
}

/**
 * A new session. Permissions and claims, where given, replace the subject's for all its sessions.
 * Throws StoreUnavailable; the outcome is then unknown, nobody holds the token, and a repeat is safe.
 */
export async function establish(
  writer: SessionWriter,
  draft: SessionDraft,
  cause: Cause,
  nowMs: number,
): Promise<Result<EstablishedSession, 'subject_disabled'>> {
  const { redis, sealer, maxSessionsPerSubject } = writer
  const slot = await slotOf(draft.subject)
  const before = await readSnapshot(redis, slot)
  if (before.subject?.disabled) return err('subject_disabled')

  const { token, address } = await sealer.seal(slot)
  const session: Session = {
    address,
    root: address.digest,
    rotatedFrom: [],
    // An epoch is another clock's word: a session made after it must not be taken for one made before it.
    createdAtMs: Math.max(nowMs, epochOf(draft, before.epochs)),
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + draft.lifetimeMs,
    idleMs: draft.idleMs,
    authTimeMs: draft.authTimeMs,
    amr: draft.amr,
    acr: draft.acr,
    labels: draft.labels,
    device: draft.device,
  }
  const subject = subjectAfter(draft, before.subject, nowMs)
  const changed = before.subject !== null && subject !== before.subject
  // Two first logins at once: the second overwrites what an edge may have read from the first.
  const isFirstWord = before.subject === null && (draft.permissions ?? draft.claims) !== null
  const evicted = overCap(before, maxSessionsPerSubject - 1, nowMs)
  const spent = spentDigests(before, nowMs)
  const gone = [...new Set([...evicted.flatMap((member) => digestsOf(before, member)), ...spent])]
  const transactionId = crypto.randomUUID()

  const [subjectThen, isFirst, evictedThen, added, , , fields] = await redis.transaction([
    ['HGETALL', subjectKey(slot)],
    ['SET', madeKey(address.digest), 1, 'NX', 'PX', MADE_MARK_MS],
    // With the new one's own field, not there yet: a list may not be empty.
    [
      'HMGET',
      sessionsKey(slot),
      ...evicted.flatMap(({ digest }) => [digest, pointerField(digest)]),
      address.digest,
    ],
    ...writeSession(session),
    ['HLEN', sessionsKey(slot)],
    ...writeSubject(slot, draft, subject, before.subject),
    ...remove(slot, gone),
    ...announcementOf(
      {
        feed: [
          ...(changed || isFirstWord ? [{ kind: 'subject', slot } as const] : []),
          ...evicted.map((member) => ended(slot, member)),
        ],
        events: [
          { type: 'session-established', slot, sid: sidOf(address) },
          ...(changed ? [{ type: 'token-claims-change', slot, sid: null } as const] : []),
          ...evicted.map((member) => revokedEvent(slot, member)),
        ],
        cause,
        transactionId,
      },
      nowMs,
      writer.eventRetentionMs,
    ),
  ])

  const then = parseSubject(subjectThen)
  if (then?.disabled) {
    const undoing: Cause = { ...cause, initiator: 'policy', reason: 'subject_disabled' }
    await revokeFamily(redis, address, undoing, nowMs)
    return err('subject_disabled')
  }
  if (isFirst === null && added === 1) {
    // Repeated after a lost answer, and ended in between: whoever ended it has announced that.
    await redis.transaction(remove(slot, [address.digest]))
    throw new StoreUnavailable('refused')
  }
  await endOvertaken(redis, evicted, evictedThen, nowMs)
  if (Number(fields) - gone.length > maxSessionsPerSubject) await evictOldest(writer, slot, nowMs)
  const member: Member = { digest: address.digest, session, graceUntilMs: null, lastSeen: null }
  return ok({ token, view: viewOf(member, subject) })
}

/** How long a transaction may be repeated after it was sent first. */
const MADE_MARK_MS = 60_000

/** The field, and a key that lives as long as its longest session. */
export const writeSession = (session: Session): Command[] => {
  const { slot, digest } = session.address
  return [
    ['HSET', sessionsKey(slot), digest, sessionValue(session)],
    ['PEXPIREAT', sessionsKey(slot), session.expiresAtMs, 'NX'],
    ['PEXPIREAT', sessionsKey(slot), session.expiresAtMs, 'GT'],
  ]
}

/**
 * An evicted session that was rotated between the look and the write: its family was announced as ended, so its
 * new token has to go too.
 */
async function endOvertaken(
  redis: Redis,
  evicted: readonly Member[],
  found: Reply | undefined,
  nowMs: number,
): Promise<void> {
  if (!Array.isArray(found)) throw new StoreUnavailable('garbage')
  for (const [i, { session }] of evicted.entries()) {
    const isAsSeen = found[2 * i] !== null && found[2 * i + 1] === null
    if (!isAsSeen) await revokeFamily(redis, session.address, OVER_CAP, nowMs)
  }
}

const OVER_CAP: Cause = { initiator: 'policy', operator: null, reason: 'session_cap' }

/** Two creates at once can each see room for one more; whoever notices evicts again. */
async function evictOldest(writer: SessionWriter, slot: string, nowMs: number): Promise<void> {
  const snapshot = await readSnapshot(writer.redis, slot)
  for (const { session } of overCap(snapshot, writer.maxSessionsPerSubject, nowMs)) {
    await revokeFamily(writer.redis, session.address, OVER_CAP, nowMs)
  }
}

function overCap(snapshot: SubjectSnapshot, cap: number, nowMs: number): readonly Member[] {
  const live = liveMembers(snapshot, nowMs)
  return live.slice(0, Math.max(0, live.length - cap))
}

const digestsOf = (snapshot: SubjectSnapshot, member: Member): string[] =>
  familyOf(snapshot, member.digest).map(({ digest }) => digest)

const revokedEvent = (slot: string, { session }: Member): AuditEvent => ({
  type: 'session-revoked',
  slot,
  sid: sidOf(session.address),
})
