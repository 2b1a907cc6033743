/**
 * A new token for a session (design 5): one transaction adds it and turns the old one into a pointer that
 * works for a short grace. Whether the old one was still there is what that transaction itself saw: if not,
 * both go, and the new token is never handed out. Must never bring back a session that was revoked.
 */
import { err, ok, type Result } from '../vocabulary/result.ts'
import type { Session, SessionAddress } from '../vocabulary/session.ts'
import { announcementOf, remove } from './change.ts'
import { type SessionWriter, writeSession } from './establishment.ts'
import { parseSession, sessionValue } from './record.ts'
import type { Cause, EstablishedSession } from './registry-types.ts'
import { revokeFamily } from './revocation.ts'
import { liveMembers, readSnapshot, sessionsKey, viewOf } from './subject-sessions.ts'
import { sidOf } from './token.ts'

/**
 * A new token; `created_at`, `auth_time` and the absolute end carry over, and ending the new one ends the
 * old. 'not_live' where the session is over, was revoked meanwhile, or was rotated by somebody else first.
 */
export async function rotate(
  { redis, sealer }: SessionWriter,
  old: SessionAddress,
  graceMs: number,
  cause: Cause,
  nowMs: number,
): Promise<Result<EstablishedSession, 'not_live'>> {
  const { slot } = old
  const before = await readSnapshot(redis, slot)
  const member = liveMembers(before, nowMs).find(({ digest }) => digest === old.digest)
  const { subject } = before
  if (!member || !subject || subject.disabled) return err('not_live')

  const { token, address } = await sealer.seal(slot)
  const session: Session = { ...member.session, address, issuedAtMs: nowMs }
  const graceUntilMs = Math.min(nowMs + graceMs, session.expiresAtMs)
  const [found] = await redis.transaction([
    ['HGET', sessionsKey(slot), old.digest],
    ['HSET', sessionsKey(slot), old.digest, sessionValue(session, { graceUntilMs })],
    ...writeSession(session),
    ...announcementOf(
      {
        feed: [{ kind: 'rotation', slot, digest: old.digest, untilMs: graceUntilMs }],
        events: [{ type: 'session-rotated', slot, sid: sidOf(address) }],
        cause,
        transactionId: crypto.randomUUID(),
      },
      nowMs,
    ),
  ])

  const was = parseSession(old, found)
  if (was === null) {
    // Revoked between the look and the transaction: what was just written goes with its whole family.
    await revokeFamily(redis, address, { ...cause, initiator: 'policy', reason: 'not_live' }, nowMs)
    return err('not_live')
  }
  // A pointer to our own new token: the transaction was repeated after a lost answer.
  if (was.graceUntilMs !== null && was.session.address.digest !== address.digest) {
    // Rotated by somebody else, whose new token stands: only ours goes.
    await redis.transaction(remove(slot, [address.digest]))
    return err('not_live')
  }
  return ok({ token, view: viewOf({ ...member, digest: address.digest, session }, subject) })
}
