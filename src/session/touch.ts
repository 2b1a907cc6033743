/**
 * Writing down that a session was used: when, and from where (design 5, `seen:{slot}`).
 * Writes nothing but last-seen, so that a late touch can never raise the dead.
 */
import type { Redis } from '../foundation/redis.ts'
import type { LastSeen, LiveSession } from '../vocabulary/session.ts'
import { touchIntervalMs } from './lifetime.ts'
import { seenValue } from './record.ts'
import { seenKey, sessionsKey } from './subject-sessions.ts'

/** Is a use at `nowMs` worth a write? At most one per touch interval. */
export const isTouchDue = (
  { session }: LiveSession,
  lastSeen: LastSeen | null,
  nowMs: number,
): boolean => nowMs - Math.max(session.issuedAtMs, lastSeen?.atMs ?? 0) >= touchIntervalMs(session)

/**
 * Writes it at the primary; the key lives no longer than the session can. Throws StoreUnavailable.
 * A session that was gone by then must not leave behind where somebody was (erasure): what was written goes
 * again. Should that fail, it goes with the key's own end.
 */
export async function touch(redis: Redis, { session }: LiveSession, seen: LastSeen): Promise<void> {
  const { slot, digest } = session.address
  const key = seenKey(slot)
  const [lives] = await redis.transaction([
    ['HEXISTS', sessionsKey(slot), digest],
    ['HSET', key, digest, seenValue(seen)],
    ['PEXPIREAT', key, session.expiresAtMs, 'NX'],
    ['PEXPIREAT', key, session.expiresAtMs, 'GT'],
  ])
  if (lives === 0) await redis.transaction([['HDEL', key, digest]])
}
