/**
 * Writing down that a session was used: when, and from where (design 5, `seen:{slot}`).
 * Writes nothing but last-seen, so that a late touch can never raise the dead.
 */
import type { Command, Redis } from '../foundation/redis.ts'
import type { LastSeen, LiveSession } from '../vocabulary/session.ts'
import { touchIntervalMs } from './lifetime.ts'
import { seenValue } from './record.ts'
import { seenKey, sessionsKey } from './subject-sessions.ts'

/** Is a use at `nowMs` worth a write? At most one per touch interval. */
export const isTouchDue = (
  { session }: LiveSession,
  lastSeen: Pick<LastSeen, 'atMs'> | null,
  nowMs: number,
): boolean => nowMs - Math.max(session.issuedAtMs, lastSeen?.atMs ?? 0) >= touchIntervalMs(session)

/**
 * Writes it at the primary; the key lives no longer than the subject's sessions can. `isFirst`: no earlier use is
 * known here. `along` are fields and values to write with it. Two commands where the field was there, for then its
 * key's end is right and its session was not ended: who ends one takes the field too. Throws StoreUnavailable.
 */
export async function touch(
  redis: Redis,
  live: LiveSession,
  seen: LastSeen,
  isFirst: boolean,
  along: readonly string[] = [],
): Promise<void> {
  const { address, expiresAtMs } = live.session
  const key = seenKey(address.slot)
  // NX in any case: a key made anew by this very write must not stay for ever.
  const write: Command[] = [
    ['HSET', key, address.digest, seenValue(seen), ...along],
    ['PEXPIREAT', key, expiresAtMs, 'NX'],
  ]
  const whenNew: Command[] = [
    ['PEXPIREAT', key, expiresAtMs, 'GT'],
    ['HEXISTS', sessionsKey(address.slot), address.digest],
  ]
  const [added, , ...rest] = await redis.transaction(isFirst ? [...write, ...whenNew] : write)
  if (added === 0) return
  const [, lives] = isFirst ? rest : await redis.transaction(whenNew)
  // A session that was gone by then must not leave behind where somebody was (erasure): what was written goes
  // again. Should that fail, it goes with the key's own end.
  const written = [address.digest, ...along.filter((_, i) => i % 2 === 0)]
  if (lives === 0) await redis.transaction([['HDEL', key, ...written]])
}
