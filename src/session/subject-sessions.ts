/**
 * One subject as the primary shows it in one atomic read: record, sessions, last-seen, epochs.
 * The reading half of the registry. Pure but for the commands it names; must never count a session that
 * is over, or the leftover of a rotation, as a live one.
 */
import type { Command, Redis, Reply } from '../foundation/redis.ts'
import { REREAD_AFTER_MS } from '../vocabulary/limits.ts'
import type { LastSeen, Session, SessionAddress, Subject } from '../vocabulary/session.ts'
import { type Epochs, endOf, idleExpiresAtMs } from './lifetime.ts'
import { pairsOf, parseEpochs, parseSeen, parseSession, parseSubject } from './record.ts'
import type { InspectedToken, SessionView } from './registry-types.ts'
import { sidOf } from './token.ts'

export const sessionsKey = (slot: string): string => `sessions:${slot}`
export const subjectKey = (slot: string): string => `subject:${slot}`
export const seenKey = (slot: string): string => `seen:${slot}`
/** The two sightings of each sign that an event tells of (event.ts); not in the trail, which erasure leaves. */
export const sightingsKey = (slot: string): string => `sightings:${slot}`
/** `seen:{slot}` as it was before one write of a sighting: sent twice, it sees what it saw the first time. */
export const beforeKey = (slot: string, id: string): string => `before:${slot}:${id}`
/** Stands for a minute after a session is made: a transaction sent twice finds that it was done. */
export const madeKey = (digest: string): string => `made:${digest}`
export const EPOCHS_KEY = 'epochs'
/** Every epoch with its time. */
export const READ_EPOCHS: Command = ['ZRANGE', EPOCHS_KEY, 0, -1, 'WITHSCORES']

/** A field of the sessions hash, with what decides whether it lives. */
export interface Member {
  /** The field: the digest of the token that leads here. */
  readonly digest: string
  readonly session: Session
  /** Set on the leftover of a rotation; it is not a session of its own. */
  readonly graceUntilMs: number | null
  readonly lastSeen: LastSeen | null
  /** A rotation has written it and not let it go yet: it opens nothing (rotation.ts). */
  readonly held?: boolean
}

export interface SubjectSnapshot {
  /** All of `seen:{slot}`. */
  readonly seen?: ReadonlyMap<string, string>
  readonly subject: Subject | null
  readonly members: readonly Member[]
  readonly epochs: Epochs
}

/** While this field stands beside a session's, the session is held back. Only its removal lets one go. */
export const holdField = (digest: string): string => `${HOLD}${digest}`
const HOLD = 'hold:'

/** Beside a rotated session's field: where its token leads now. Without that field it says nothing. */
export const pointerField = (digest: string): string => `${POINTER}${digest}`
const POINTER = 'to:'

/** A rotation that was not finished in this time never will be. */
const ABANDONED_AFTER_MS = 60_000

/** Four commands; their replies go to parseSnapshot in the same order. */
export const snapshotCommands = (slot: string): Command[] => [
  ['HGETALL', subjectKey(slot)],
  ['HGETALL', sessionsKey(slot)],
  ['HGETALL', seenKey(slot)],
  READ_EPOCHS,
]

export function parseSnapshot(slot: string, replies: readonly Reply[]): SubjectSnapshot {
  const [subject, sessions, seen, epochs] = replies
  const seenByDigest = pairsOf(seen)
  const members: Member[] = []
  const fields = pairsOf(sessions)
  for (const [digest, value] of fields) {
    if (digest.startsWith(HOLD) || digest.startsWith(POINTER)) continue
    const pointer = fields.get(pointerField(digest)) ?? null
    const stored = parseSession({ slot, digest }, value, pointer)
    if (stored === null) continue
    const lastSeen = parseSeen(seenByDigest.get(stored.session.address.digest) ?? null)
    members.push({ digest, lastSeen, held: fields.has(holdField(digest)), ...stored })
  }
  return {
    subject: parseSubject(subject),
    members,
    seen: seenByDigest,
    epochs: parseEpochs(epochs),
  }
}

/** The same of several subjects: the replies to the commands of each, one after the other. */
export const parseSnapshots = (
  slots: readonly string[],
  replies: readonly Reply[],
): SubjectSnapshot[] => {
  const each = snapshotCommands('').length
  return slots.map((slot, at) => parseSnapshot(slot, replies.slice(at * each, (at + 1) * each)))
}

/** The whole of it in one read of the primary. */
export async function readSnapshot(redis: Redis, slot: string): Promise<SubjectSnapshot> {
  const { replies } = await redis.readPrimary(snapshotCommands(slot))
  return parseSnapshot(slot, replies)
}

/** The same of several subjects, in their order. */
export async function readSnapshots(
  redis: Redis,
  slots: readonly string[],
): Promise<readonly SubjectSnapshot[]> {
  const { replies } = await redis.readPrimary(slots.flatMap(snapshotCommands))
  return parseSnapshots(slots, replies)
}

/** The sessions that live at `nowMs`, oldest first. */
export const liveMembers = ({ members, epochs }: SubjectSnapshot, nowMs: number): Member[] =>
  members
    .filter(
      ({ session, lastSeen, graceUntilMs, held }) =>
        graceUntilMs === null && !held && endOf(session, lastSeen, epochs, nowMs) === null,
    )
    .sort((a, b) => a.session.createdAtMs - b.session.createdAtMs)

/** Fields that can go without anybody noticing: abandoned, or long over by the clock. */
export const spentDigests = ({ members }: SubjectSnapshot, nowMs: number): string[] =>
  members
    .filter(
      (member) =>
        isPastGrace(member, nowMs - LINGER_MS) ||
        (member.held && nowMs - member.session.issuedAtMs > ABANDONED_AFTER_MS) ||
        endOf(member.session, member.lastSeen, NO_EPOCHS, nowMs - LINGER_MS) !== null,
    )
    .map(({ digest }) => digest)

/**
 * Their going is not announced. So what is idle stays until no edge can have noted a use that was not written down
 * (each reads again in half that time), and what an epoch ended stays to its own end: a failover can take back an
 * epoch, and a rotation, between the look and the removal.
 */
const LINGER_MS = 2 * REREAD_AFTER_MS
const NO_EPOCHS: Epochs = new Map()

const isPastGrace = ({ graceUntilMs }: Member, nowMs: number): boolean =>
  graceUntilMs !== null && nowMs >= graceUntilMs

/**
 * The session a digest names, with all tokens that lead to it: one family of rotations. A digest whose own
 * field is gone still names what came of it, so that a repeated revocation, or one by an old `sid`, finds it.
 */
export function familyOf({ members }: SubjectSnapshot, digest: string): readonly Member[] {
  const named = members.find(
    (member) =>
      member.digest === digest ||
      member.session.root === digest ||
      member.session.rotatedFrom.includes(digest),
  )
  return named ? members.filter(({ session }) => session.root === named.session.root) : []
}

/** A live member as operators see it. */
export const viewOf = (member: Member, subject: Subject): SessionView => ({
  sid: sidOf(member.session.address),
  session: member.session,
  subject,
  lastSeen: member.lastSeen,
  idleExpiresAtMs: idleExpiresAtMs(member.session, member.lastSeen),
})

/** What a token with this digest opens, within the grace of a rotation too; null: nothing. */
export function inspect(
  snapshot: SubjectSnapshot,
  digest: string,
  nowMs: number,
): InspectedToken | null {
  const { members, subject, epochs } = snapshot
  const member = members.find((each) => each.digest === digest)
  if (!member || !subject || subject.disabled) return null
  const { session, lastSeen, graceUntilMs } = member
  if (member.held || isPastGrace(member, nowMs)) return null
  if (endOf(session, lastSeen, epochs, nowMs) !== null) return null
  return { view: viewOf(member, subject), endsAtMs: graceUntilMs ?? session.expiresAtMs }
}

/** The live session at an address, or null. */
export function viewAt(
  snapshot: SubjectSnapshot,
  address: SessionAddress,
  nowMs: number,
): SessionView | null {
  const member = liveMembers(snapshot, nowMs).find(({ digest }) => digest === address.digest)
  return member && snapshot.subject && !snapshot.subject.disabled
    ? viewOf(member, snapshot.subject)
    : null
}
