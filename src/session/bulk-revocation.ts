/**
 * Bulk revocation (design 8): named sessions, named subjects, or an epoch for a label or for everybody. One
 * transaction per subject, some at a time; all share one transaction id, so that the trail shows one operation.
 * Safe to repeat after any failure. Must never lower an epoch: a late or repeated write changes nothing.
 */
import type { Redis } from '../foundation/redis.ts'
import { MAX_CONNECTIONS } from '../vocabulary/limits.ts'
import type { SessionAddress } from '../vocabulary/session.ts'
import { announcementOf } from './change.ts'
import type { Cause, Revocation } from './registry-types.ts'
import { endingOfFamilies, revoke } from './revocation.ts'
import { endingOfAll } from './subject-ending.ts'
import { EPOCHS_KEY, familyOf, liveMembers, readSnapshot } from './subject-sessions.ts'
import { slotOf } from './token.ts'

/** What is to end, by name. */
export type Named =
  | { readonly sessions: readonly SessionAddress[] }
  | { readonly subjects: readonly string[] }

/** `*`, or `label:value`. */
export type EpochName = string

/** slot → the digests named; null: all its sessions. */
type Targets = ReadonlyMap<string, ReadonlySet<string> | null>

/** Ends all that is named. Throws StoreUnavailable: then some of it may have ended, and a repeat ends the rest. */
export async function revokeNamed(
  redis: Redis,
  named: Named,
  cause: Cause,
  nowMs: number,
): Promise<Revocation> {
  const transactionId = crypto.randomUUID()
  const parts = await someAtATime([...(await targetsOf(named))], async ([slot, digests]) =>
    revoke(
      redis,
      digests ? await endingOfFamilies(redis, slot, [...digests], cause) : endingOfAll(slot, cause),
      nowMs,
      transactionId,
    ),
  )
  return {
    revocationId: transactionId,
    sessionsRevoked: parts.reduce((sum, { sessionsRevoked }) => sum + (sessionsRevoked ?? 0), 0),
    acknowledgedAtMs: Math.max(...parts.map(({ acknowledgedAtMs }) => acknowledgedAtMs)),
    announced: parts.every(({ announced }) => announced),
  }
}

/** How many live sessions are named; nothing changes. */
export async function countNamed(redis: Redis, named: Named, nowMs: number): Promise<number> {
  const counts = await someAtATime([...(await targetsOf(named))], async ([slot, digests]) => {
    const snapshot = await readSnapshot(redis, slot)
    const live = liveMembers(snapshot, nowMs)
    if (digests === null) return live.length
    const ended = new Set([...digests].flatMap((digest) => familyOf(snapshot, digest)))
    return live.filter((member) => ended.has(member)).length
  })
  return counts.reduce((sum, count) => sum + count, 0)
}

/** Sessions created before `atMs` are dead: all, or those with a label. GT: the later time stands. */
export async function raiseEpoch(
  redis: Redis,
  name: EpochName,
  atMs: number,
  cause: Cause,
  nowMs: number,
): Promise<Revocation> {
  const transactionId = crypto.randomUUID()
  await redis.transaction([
    ['ZADD', EPOCHS_KEY, 'GT', atMs, name],
    ...announcementOf(
      {
        feed: [{ kind: 'epoch', name, atMs }],
        events: [{ type: 'session-revoked', slot: null, sid: null, epoch: { name, atMs } }],
        cause,
        transactionId,
      },
      nowMs,
    ),
  ])
  return {
    revocationId: transactionId,
    sessionsRevoked: null,
    acknowledgedAtMs: Date.now(),
    announced: true,
  }
}

async function targetsOf(named: Named): Promise<Targets> {
  if ('subjects' in named) {
    return new Map((await Promise.all(named.subjects.map(slotOf))).map((slot) => [slot, null]))
  }
  const bySlot = Map.groupBy(named.sessions, ({ slot }) => slot)
  return new Map(
    [...bySlot].map(([slot, all]) => [slot, new Set(all.map(({ digest }) => digest))] as const),
  )
}

/** As many at once as the platform connects. After a failure nothing new is begun, and it is thrown. */
async function someAtATime<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = []
  const waiting = items.values()
  let failed = false
  const lane = async () => {
    try {
      for (const item of waiting) {
        if (failed) return
        results.push(await work(item))
      }
    } catch (error) {
      failed = true
      throw error
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: MAX_CONNECTIONS }, lane))
  const lost = lanes.find((settled) => settled.status === 'rejected')
  if (lost) throw lost.reason
  return results
}
