/**
 * A change and its announcement in one transaction: removal, records, feed entries, head, events.
 * On a full database whatever writes is refused and a delete is not (platform.md A6): must never lose a
 * removal to that, nor call an announcement made that was refused.
 */
import { type Command, type Redis, StoreUnavailable } from '../foundation/redis.ts'
import { type AuditEvent, record } from './event.ts'
import { announce, type FeedEntry } from './feed-entry.ts'
import type { Cause } from './registry-types.ts'
import { allSignFields } from './signs.ts'
import {
  holdField,
  type Member,
  parseSnapshots,
  pointerField,
  type SubjectSnapshot,
  seenKey,
  sessionsKey,
  snapshotCommands,
} from './subject-sessions.ts'

/** The commands of a change's announcement: feed entries, head, events. */
export interface Change {
  readonly feed: readonly FeedEntry[]
  readonly events: readonly AuditEvent[]
  readonly cause: Cause
  readonly transactionId: string
}

/**
 * `eventRetentionMs` where old events are to go with it: whoever makes sessions gives it, as without logins
 * the trail hardly grows.
 */
export const announcementOf = (
  { feed, events, cause, transactionId }: Change,
  nowMs: number,
  eventRetentionMs: number | null = null,
): Command[] => [
  ...announce(feed, nowMs),
  ...record(events, cause, transactionId, nowMs, eventRetentionMs),
]

/** Removes fields of a subject, and what was last seen of them, and where. */
export const remove = (slot: string, digests: readonly string[]): Command[] =>
  digests.length === 0
    ? []
    : [
        ['HDEL', sessionsKey(slot), ...digests.flatMap(fieldsOf)],
        ['HDEL', seenKey(slot), ...digests.flatMap((digest) => [digest, ...allSignFields(digest)])],
      ]

const fieldsOf = (digest: string) => [digest, holdField(digest), pointerField(digest)]

/** The entry that ends a member with its whole rotation family. */
export const ended = (slot: string, { session }: Member): FeedEntry => ({
  kind: 'session',
  slot,
  family: session.root,
})

/** What a transaction does to one subject. */
export interface Step {
  readonly slot: string
  readonly removal: readonly Command[]
  readonly writes: readonly Command[]
}

/**
 * Shows what was there, removes, writes; of several subjects in one transaction. On a full database the removal
 * goes alone, and the rest is tried again. The snapshots are in the order of the steps.
 */
export async function carryOut(
  redis: Redis,
  steps: readonly Step[],
  change: Change,
  nowMs: number,
): Promise<{ before: readonly SubjectSnapshot[]; announced: boolean }> {
  const looks = steps.flatMap(({ slot }) => snapshotCommands(slot))
  const removing = [...looks, ...steps.flatMap(({ removal }) => removal)]
  const writing = [...steps.flatMap(({ writes }) => writes), ...announcementOf(change, nowMs)]
  const slots = steps.map(({ slot }) => slot)
  try {
    const replies = await redis.transaction([...removing, ...writing])
    return { before: parseSnapshots(slots, replies), announced: true }
  } catch (error) {
    if (!isFull(error)) throw error
    const before = parseSnapshots(slots, await redis.transaction(removing))
    return { before, announced: await writeAlone(redis, writing) }
  }
}

async function writeAlone(redis: Redis, writing: readonly Command[]): Promise<boolean> {
  try {
    await redis.transaction(writing)
    return true
  } catch (error) {
    if (!isFull(error)) throw error
    return false
  }
}

const isFull = (error: unknown): boolean =>
  error instanceof StoreUnavailable && error.trouble === 'full'
