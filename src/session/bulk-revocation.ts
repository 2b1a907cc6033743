/**
 * Bulk revocation (design 8): named sessions, named subjects, or an epoch for a label or for everybody. A subject
 * goes whole in one transaction, with some others; all share one id, so that the trail shows one operation.
 * Safe to repeat after any failure. Must never lower an epoch: a late or repeated write changes nothing.
 */
import type { Redis } from '../foundation/redis.ts'
import { MAX_CONNECTIONS, MAX_SUBJECTS_PER_TRANSACTION } from '../vocabulary/limits.ts'
import type { SessionAddress } from '../vocabulary/session.ts'
import { announcementOf } from './change.ts'
import type { Cause, Revocation } from './registry-types.ts'
import { type Ending, endingOfFamilies, revokeTogether } from './revocation.ts'
import { endingOfAll } from './subject-ending.ts'
import {
  EPOCHS_KEY,
  familyOf,
  liveMembers,
  readSnapshots,
  type SubjectSnapshot,
} from './subject-sessions.ts'
import { slotOf } from './token.ts'

/** What is to end, by name. */
export type Named =
  | { readonly sessions: readonly SessionAddress[] }
  | { readonly subjects: readonly string[] }

/** `*`, or `label:value`. */
export type EpochName = string

/** Of one subject, the digests named; null: all its sessions. */
interface Target {
  readonly slot: string
  readonly digests: readonly string[] | null
}

const NOBODY: SubjectSnapshot = { subject: null, members: [], epochs: new Map() }

/** Ends all that is named. Throws StoreUnavailable: then some of it may have ended, and a repeat ends the rest. */
export async function revokeNamed(
  redis: Redis,
  named: Named,
  cause: Cause,
  nowMs: number,
): Promise<Revocation> {
  const transactionId = crypto.randomUUID()
  const parts = await someAtATime(await batchesOf(named), async (targets) =>
    revokeTogether(redis, await endingsOf(redis, targets, cause), nowMs, transactionId),
  )
  const revoked = parts.flat()
  return {
    revocationId: transactionId,
    sessionsRevoked: revoked.reduce((sum, { sessionsRevoked }) => sum + (sessionsRevoked ?? 0), 0),
    acknowledgedAtMs: Math.max(...revoked.map(({ acknowledgedAtMs }) => acknowledgedAtMs)),
    announced: revoked.every(({ announced }) => announced),
  }
}

/** How many live sessions are named; nothing changes. */
export async function countNamed(redis: Redis, named: Named, nowMs: number): Promise<number> {
  const counts = await someAtATime(await batchesOf(named), async (targets) => {
    const snapshots = await readSnapshots(redis, slotsOf(targets))
    return targets.map(({ digests }, at) => countOf(snapshots[at] ?? NOBODY, digests, nowMs))
  })
  return counts.flat().reduce((sum, count) => sum + count, 0)
}

function countOf(
  snapshot: SubjectSnapshot,
  digests: readonly string[] | null,
  nowMs: number,
): number {
  const live = liveMembers(snapshot, nowMs)
  if (digests === null) return live.length
  const ended = new Set(digests.flatMap((digest) => familyOf(snapshot, digest)))
  return live.filter((member) => ended.has(member)).length
}

/** What goes by sessions looks first, for the tokens of their rotations; a whole subject needs no look. */
async function endingsOf(
  redis: Redis,
  targets: readonly Target[],
  cause: Cause,
): Promise<Ending[]> {
  const snapshots = targets.some(({ digests }) => digests !== null)
    ? await readSnapshots(redis, slotsOf(targets))
    : []
  return targets.map(({ slot, digests }, at) =>
    digests === null
      ? endingOfAll(slot, cause)
      : endingOfFamilies(snapshots[at] ?? NOBODY, slot, digests, cause),
  )
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

const slotsOf = (targets: readonly Target[]) => targets.map(({ slot }) => slot)

/** Each subject once, as many in a batch as go in one transaction. */
async function batchesOf(named: Named): Promise<readonly (readonly Target[])[]> {
  const targets = await targetsOf(named)
  const count = Math.ceil(targets.length / MAX_SUBJECTS_PER_TRANSACTION)
  return Array.from({ length: count }, (_, at) =>
    targets.slice(at * MAX_SUBJECTS_PER_TRANSACTION, (at + 1) * MAX_SUBJECTS_PER_TRANSACTION),
  )
}

async function targetsOf(named: Named): Promise<readonly Target[]> {
  if ('subjects' in named) {
    const slots = new Set(await Promise.all(named.subjects.map(slotOf)))
    return [...slots].map((slot) => ({ slot, digests: null }))
  }
  const bySlot = Map.groupBy(named.sessions, ({ slot }) => slot)
  return [...bySlot].map(([slot, all]) => ({
    slot,
    digests: [...new Set(all.map(({ digest }) => digest))],
  }))
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
