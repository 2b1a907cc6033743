/**
 * The shape of every revocation: one transaction that shows what was there, removes what is known and
 * announces it; then whatever the transaction saw beyond that goes too, until nothing is left.
 * Must never call a revocation done before the primary has it, nor lose one to a full database.
 */
import { type Command, type Redis, StoreUnavailable } from '../foundation/redis.ts'
import type { SessionAddress, Subject } from '../vocabulary/session.ts'
import { type Change, carryOut, ended, remove } from './change.ts'
import type { AuditEvent } from './event.ts'
import type { FeedEntry } from './feed-entry.ts'
import type { Cause, Revocation } from './registry-types.ts'
import {
  familyOf,
  liveMembers,
  type Member,
  readSnapshot,
  type SubjectSnapshot,
  sessionsKey,
} from './subject-sessions.ts'
import { sidOf } from './token.ts'

/** A transaction that finds more to end each time is being outrun by its own subject: give up loudly. */
const MAX_ROUNDS = 10

/** What there is to end. */
export interface Ending {
  readonly slot: string
  /** Removes what is known to have to go. */
  readonly removal: readonly Command[]
  /** Written in the same transaction; a full database refuses them, and the removal goes alone. */
  readonly writes?: readonly Command[]
  readonly feed: readonly FeedEntry[]
  readonly events: readonly AuditEvent[]
  /** Of what a transaction saw, all that has to be gone. */
  readonly endsAlso: (snapshot: SubjectSnapshot) => readonly Member[]
  readonly cause: Cause
}

/** A revocation, and the subject as its transaction found it. */
export interface CarriedOut extends Revocation {
  readonly subjectBefore: Subject | null
}

/** Ends the session at an address and every token that leads to it. */
export const revokeFamily = (
  redis: Redis,
  address: SessionAddress,
  cause: Cause,
  nowMs: number,
): Promise<Revocation> =>
  endingOfFamilies(redis, address.slot, [address.digest], cause).then((ending) =>
    revoke(redis, ending, nowMs),
  )

/**
 * Ends the sessions of one subject that these digests lead to, each with its whole rotation family. Reads first,
 * so that a family goes in one transaction: of a half one, a repeat could not tell what belonged together.
 */
export async function endingOfFamilies(
  redis: Redis,
  slot: string,
  digests: readonly string[],
  cause: Cause,
): Promise<Ending> {
  const families = (snapshot: SubjectSnapshot) =>
    digests.flatMap((digest) => familyOf(snapshot, digest))
  const known = families(await readSnapshot(redis, slot))
  const removed = new Set([...digests, ...known.map(({ digest }) => digest)])
  const named = new Set([...digests, ...known.map(({ session }) => session.root)])
  return {
    slot,
    removal: remove(slot, [...removed]),
    feed: [...named].map((family) => ({ kind: 'session', slot, family })),
    events: digests.map((digest) => ({
      type: 'session-revoked',
      slot,
      sid: sidOf({ slot, digest }),
    })),
    endsAlso: families,
    cause,
  }
}

/**
 * Carries out an ending at the primary. Safe to repeat; throws StoreUnavailable, then the outcome is unknown.
 * Endings of one operation share a `transactionId`.
 */
export async function revoke(
  redis: Redis,
  ending: Ending,
  nowMs: number,
  transactionId: string = crypto.randomUUID(),
): Promise<CarriedOut> {
  const { slot, feed, events, endsAlso, cause } = ending
  const found = new Map<string, Member>()
  const gone = new Set(removedBy(ending.removal))
  const all = ending.removal.some(([name, key]) => name === 'DEL' && key === sessionsKey(slot))

  let change: Change = { feed, events, cause, transactionId }
  const { removal, writes = [] } = ending
  let { before, announced } = await carryOut(redis, slot, { removal, writes, change }, nowMs)
  const { epochs, subject } = before
  for (let round = 0; ; round++) {
    const ends = endsAlso(before)
    for (const member of ends) found.set(member.digest, member)
    const left = all ? [] : ends.filter(({ digest }) => !gone.has(digest))
    if (left.length === 0) break
    if (round === MAX_ROUNDS) throw new StoreUnavailable('refused')
    for (const { digest } of left) gone.add(digest)
    change = {
      ...change,
      feed: [...left.map((member) => ended(slot, member)), ...feed],
      events: [],
    }
    const removal = remove(
      slot,
      left.map(({ digest }) => digest),
    )
    const again = await carryOut(redis, slot, { removal, writes: [], change }, nowMs)
    before = again.before
    announced &&= again.announced
  }
  const counted = { subject: null, members: [...found.values()], epochs }
  return {
    revocationId: transactionId,
    sessionsRevoked: liveMembers(counted, nowMs).length,
    acknowledgedAtMs: Date.now(),
    announced,
    subjectBefore: subject,
  }
}

const removedBy = (removal: readonly Command[]): string[] =>
  removal.flatMap(([name, , ...digests]) => (name === 'HDEL' ? digests.map(String) : []))
