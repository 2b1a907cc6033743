/**
 * A new token for a session (design 5), in two transactions, because no single one can write "only if the old
 * one is still there". The first writes the new session held back; the second lets it go by a removal, and sets
 * a pointer to it beside the old one, whose own field is never written again. So nothing that is written can
 * bring back a session that a racing revocation removed, whichever step an outage cuts off.
 */
import { type Command, type Redis, type Reply, StoreUnavailable } from '../foundation/redis.ts'
import { MAX_FORMER_TOKENS } from '../vocabulary/limits.ts'
import { err, ok, type Result } from '../vocabulary/result.ts'
import type { Session, SessionAddress } from '../vocabulary/session.ts'
import { announcementOf, remove } from './change.ts'
import { type SessionWriter, writeSession } from './establishment.ts'
import { pointerValue } from './record.ts'
import type { Cause, EstablishedSession } from './registry-types.ts'
import { carriedSigns } from './signs.ts'
import {
  holdField,
  liveMembers,
  pointerField,
  readSnapshot,
  seenKey,
  sessionsKey,
  spentDigests,
  viewOf,
} from './subject-sessions.ts'
import { sidOf } from './token.ts'

/**
 * A new token; `created_at`, `auth_time` and the absolute end carry over, and ending the new one ends the
 * old. 'not_live' where the session is over, was revoked meanwhile, or was rotated by somebody else first.
 * Throws StoreUnavailable; then either nothing has changed, or the old token has only its grace left.
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
  const session: Session = {
    ...member.session,
    address,
    rotatedFrom: [...member.session.rotatedFrom, old.digest].slice(-MAX_FORMER_TOKENS),
    issuedAtMs: nowMs,
  }
  const signs = carriedSigns(before.seen ?? new Map(), old.digest, address.digest)
  const [found] = await redis.transaction([
    readOld(old),
    ['HSET', sessionsKey(slot), holdField(address.digest), 1],
    ...writeSession(session),
    ...writeSigns(session, signs),
    ...remove(slot, spentDigests(before, nowMs)),
  ])
  // Gone or rotated before this: what is held back stays so. Had it been there, whoever revokes it from now on
  // sees the new one beside it, and takes both.
  const then = oldAsFound(found)
  if (!then.isThere || then.pointer !== null) {
    await redis.transaction(remove(slot, [address.digest]))
    return err('not_live')
  }
  const graceUntilMs = nowMs + Math.min(graceMs, session.expiresAtMs - nowMs, idleGrace(session))
  if (!(await letGo(redis, old, session, graceUntilMs, cause, nowMs))) return err('not_live')
  return ok({ token, view: viewOf({ ...member, digest: address.digest, session }, subject) })
}

/** Where the session was, and what speaks against it, is not forgotten over a new token. */
const writeSigns = ({ address: { slot }, expiresAtMs }: Session, signs: string[]): Command[] =>
  signs.length === 0
    ? []
    : [
        ['HSET', seenKey(slot), ...signs],
        ['PEXPIREAT', seenKey(slot), expiresAtMs, 'NX'],
      ]

/** The old token stands still during its grace, so that may not be longer than the idle time. */
const idleGrace = ({ idleMs }: Session): number =>
  idleMs === 0 ? Number.POSITIVE_INFINITY : idleMs

/** The second step. false: the old session was revoked or rotated meanwhile, and the new one goes again. */
async function letGo(
  redis: Redis,
  old: SessionAddress,
  session: Session,
  graceUntilMs: number,
  cause: Cause,
  nowMs: number,
): Promise<boolean> {
  const { slot, digest } = session.address
  const pointer = pointerValue(session, graceUntilMs)
  const [released, pointed, found] = await redis.transaction([
    ['HDEL', sessionsKey(slot), holdField(digest)],
    ['HSETNX', sessionsKey(slot), pointerField(old.digest), pointer],
    readOld(old),
    ...announcementOf(
      {
        feed: [{ kind: 'rotation', slot, digest: old.digest, untilMs: graceUntilMs }],
        events: [{ type: 'session-rotated', slot, sid: sidOf(session.address) }],
        cause,
        transactionId: crypto.randomUUID(),
      },
      nowMs,
    ),
  ])
  const then = oldAsFound(found)
  // Both 1: done. Both 0 and the pointer ours: done before, and repeated after a lost answer.
  if (then.isThere && then.pointer === pointer && released === pointed) return true

  // Revoked meanwhile, or rotated by somebody else: theirs stands.
  const ours: Command[] =
    pointed === 1 ? [['HDEL', sessionsKey(slot), pointerField(old.digest)]] : []
  await redis.transaction([...remove(slot, [digest]), ...ours])
  return false
}

const readOld = ({ slot, digest }: SessionAddress): Command => [
  'HMGET',
  sessionsKey(slot),
  digest,
  pointerField(digest),
]

function oldAsFound(reply: Reply | undefined): {
  readonly isThere: boolean
  readonly pointer: Reply
} {
  if (!Array.isArray(reply) || reply.length !== 2) throw new StoreUnavailable('garbage')
  const [session, pointer]: readonly Reply[] = reply
  return { isThere: session !== null, pointer: pointer ?? null }
}
