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
  readSnapshot(redis, address.slot).then((known) =>
    revoke(redis, endingOfFamilies(known, address.slot, [address.digest], cause), nowMs),
  )

/**
 * The sessions of one subject that these digests lead to, each with its whole rotation family. From what was read
 * before, so that a family goes in one transaction: of a half one, a repeat could not tell what belonged together.
 */
export function endingOfFamilies(
  before: SubjectSnapshot,
  slot: string,
  digests: readonly string[],
  cause: Cause,
): Ending {
  const families = (snapshot: SubjectSnapshot) =>
    digests.flatMap((digest) => familyOf(snapshot, digest))
  const known = families(before)
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

/** Carries out an ending at the primary. Safe to repeat; throws StoreUnavailable, then the outcome is unknown. */
export async function revoke(redis: Redis, ending: Ending, nowMs: number): Promise<CarriedOut> {
  const [revoked] = await revokeTogether(redis, [ending], nowMs, crypto.randomUUID())
  if (!revoked) throw new Error('one ending, no revocation')
  return revoked
}

/**
 * The same for endings of several subjects and one cause: one transaction for them all, then what more there is
 * of each. They share the `transactionId`. Returns a revocation for each, in their order.
 */
export async function revokeTogether(
  redis: Redis,
  endings: readonly Ending[],
  nowMs: number,
  transactionId: string,
): Promise<readonly CarriedOut[]> {
  const [first] = endings
  if (!first) return []
  const change: Change = {
    feed: endings.flatMap(({ feed }) => feed),
    events: endings.flatMap(({ events }) => events),
    cause: first.cause,
    transactionId,
  }
  const steps = endings.map(({ slot, removal, writes = [] }) => ({ slot, removal, writes }))
  const { before, announced } = await carryOut(redis, steps, change, nowMs)
  const revoked: CarriedOut[] = []
  for (const [at, seen] of before.entries()) {
    const ending = endings[at] ?? first
    revoked.push(await endRest(redis, ending, seen, announced, nowMs, transactionId))
  }
  return revoked
}

/** What the transaction of an ending saw beyond what it removed goes too, until nothing is left. */
async function endRest(
  redis: Redis,
  { slot, removal, feed, endsAlso, cause }: Ending,
  seen: SubjectSnapshot,
  announcedBefore: boolean,
  nowMs: number,
  transactionId: string,
): Promise<CarriedOut> {
  const found = new Map<string, Member>()
  const gone = new Set(removedBy(removal))
  const all = removal.some(([name, key]) => name === 'DEL' && key === sessionsKey(slot))
  let before = seen
  let announced = announcedBefore
  for (let round = 0; ; round++) {
    const ends = endsAlso(before)
    for (const member of ends) found.set(member.digest, member)
    const left = all ? [] : ends.filter(({ digest }) => !gone.has(digest))
    if (left.length === 0) break
    if (round === MAX_ROUNDS) throw new StoreUnavailable('refused')
    for (const { digest } of left) gone.add(digest)
    const digests = left.map(({ digest }) => digest)
    const change: Change = {
      feed: [...left.map((member) => ended(slot, member)), ...feed],
      events: [],
      cause,
      transactionId,
    }
    const step = { slot, removal: remove(slot, digests), writes: [] }
    const again = await carryOut(redis, [step], change, nowMs)
    before = again.before[0] ?? before
    announced &&= again.announced
  }
  const counted = { subject: null, members: [...found.values()], epochs: seen.epochs }
  return {
    revocationId: transactionId,
    sessionsRevoked: liveMembers(counted, nowMs).length,
    acknowledgedAtMs: Date.now(),
    announced,
    subjectBefore: seen.subject,
  }
}

const removedBy = (removal: readonly Command[]): string[] =>
  removal.flatMap(([name, , ...digests]) => (name === 'HDEL' ? digests.map(String) : []))
