/**
 * The shape of every revocation: one transaction that shows what was there, removes what is known and
 * announces it; then whatever the transaction saw beyond that goes too, until nothing is left.
 * Must never call a revocation done before the primary has it, nor lose one to a full database.
 */
import { type Command, type Redis, type Reply, StoreUnavailable } from '../foundation/redis.ts'
import type { SessionAddress } from '../vocabulary/session.ts'
import { type AuditEvent, record } from './event.ts'
import { announce, type FeedEntry } from './feed-entry.ts'
import type { Cause, Revocation } from './registry-types.ts'
import {
  familyOf,
  liveMembers,
  type Member,
  parseSnapshot,
  type SubjectSnapshot,
  seenKey,
  sessionsKey,
  snapshotCommands,
} from './subject-sessions.ts'
import { sidOf } from './token.ts'

/** A transaction that finds more to end each time is being outrun by its own subject: give up loudly. */
const MAX_ROUNDS = 10

/** What there is to end. */
export interface Ending {
  readonly slot: string
  /** Removes what is known to have to go. */
  readonly removal: readonly Command[]
  readonly entry: FeedEntry
  readonly event: AuditEvent
  /** Of what a transaction saw, all that has to be gone. */
  readonly endsAlso: (snapshot: SubjectSnapshot) => readonly Member[]
  readonly cause: Cause
}

/** The commands of a change's announcement: feed entries, head, events. */
export interface Change {
  readonly feed: readonly FeedEntry[]
  readonly events: readonly AuditEvent[]
  readonly cause: Cause
  readonly transactionId: string
}

export const announcementOf = (
  { feed, events, cause, transactionId }: Change,
  nowMs: number,
): Command[] => [...announce(feed, nowMs), ...record(events, cause, transactionId, nowMs)]

/** Removes fields of a subject, and what was last seen of them. */
export const remove = (slot: string, digests: readonly string[]): Command[] =>
  digests.length === 0
    ? []
    : [
        ['HDEL', sessionsKey(slot), ...digests],
        ['HDEL', seenKey(slot), ...digests],
      ]

/** The entry that ends a member with its whole rotation family. */
export const ended = (slot: string, { session }: Member): FeedEntry => ({
  kind: 'session',
  slot,
  family: session.root,
})

/** Ends the session at an address and every token that leads to it. */
export const revokeFamily = (
  redis: Redis,
  address: SessionAddress,
  cause: Cause,
  nowMs: number,
): Promise<Revocation> => {
  const { slot, digest } = address
  const ending: Ending = {
    slot,
    removal: remove(slot, [digest]),
    entry: { kind: 'session', slot, family: digest },
    event: { type: 'session-revoked', slot, sid: sidOf(address) },
    endsAlso: (snapshot) => familyOf(snapshot, digest),
    cause,
  }
  return revoke(redis, ending, nowMs)
}

/** Carries out an ending at the primary. Safe to repeat; throws StoreUnavailable, then the outcome is unknown. */
export async function revoke(redis: Redis, ending: Ending, nowMs: number): Promise<Revocation> {
  const { slot, entry, event, endsAlso, cause } = ending
  const transactionId = crypto.randomUUID()
  const found = new Map<string, Member>()
  const gone = new Set(removedBy(ending.removal))
  const all = ending.removal.some(([name, key]) => name === 'DEL' && key === sessionsKey(slot))

  let change: Change = { feed: [entry], events: [event], cause, transactionId }
  let { before, announced } = await removeAndAnnounce(redis, slot, ending.removal, change, nowMs)
  const { epochs } = before
  for (let round = 0; ; round++) {
    const ends = endsAlso(before)
    for (const member of ends) found.set(member.digest, member)
    const left = all ? [] : ends.filter(({ digest }) => !gone.has(digest))
    if (left.length === 0) break
    if (round === MAX_ROUNDS) throw new StoreUnavailable('refused')
    for (const { digest } of left) gone.add(digest)
    change = { ...change, feed: [...left.map((member) => ended(slot, member)), entry], events: [] }
    const removal = remove(
      slot,
      left.map(({ digest }) => digest),
    )
    const again = await removeAndAnnounce(redis, slot, removal, change, nowMs)
    before = again.before
    announced &&= again.announced
  }
  const counted = { subject: null, members: [...found.values()], epochs }
  return {
    revocationId: transactionId,
    sessionsRevoked: liveMembers(counted, nowMs).length,
    acknowledgedAtMs: Date.now(),
    announced,
  }
}

const removedBy = (removal: readonly Command[]): string[] =>
  removal.flatMap(([name, , ...digests]) => (name === 'HDEL' ? digests.map(String) : []))

/** On a full database the announcement is refused and the delete is not: then the delete goes alone. */
async function removeAndAnnounce(
  redis: Redis,
  slot: string,
  removal: readonly Command[],
  change: Change,
  nowMs: number,
): Promise<{ before: SubjectSnapshot; announced: boolean }> {
  const read = snapshotCommands(slot)
  const announcement = announcementOf(change, nowMs)
  const parsed = (replies: readonly Reply[]) => parseSnapshot(slot, replies.slice(0, read.length))
  try {
    const replies = await redis.transaction([...read, ...removal, ...announcement])
    return { before: parsed(replies), announced: true }
  } catch (error) {
    if (!isFull(error)) throw error
    const before = parsed(await redis.transaction([...read, ...removal]))
    return { before, announced: await announceAlone(redis, announcement) }
  }
}

async function announceAlone(redis: Redis, announcement: readonly Command[]): Promise<boolean> {
  try {
    await redis.transaction(announcement)
    return true
  } catch (error) {
    if (!isFull(error)) throw error
    return false
  }
}

const isFull = (error: unknown): boolean =>
  error instanceof StoreUnavailable && error.trouble === 'full'
