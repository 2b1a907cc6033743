/**
 * One transaction at the primary that writes how a sighting stands, and shows how it stood (sighting-swap.ts decides
 * on it). Must never raise the dead: it writes beside last-seen alone, and takes away again what it wrote of a
 * session that was gone.
 */
import { type Command, type Redis, type Reply, StoreUnavailable } from '../foundation/redis.ts'
import type { LastSeen, SessionAddress } from '../vocabulary/session.ts'
import { announce } from './feed-entry.ts'
import { seenValue } from './record.ts'
import {
  allSignFields,
  parseStanding,
  STANDING_PARTS,
  type Standing,
  type StandingPart,
  standingField,
  standingFields,
} from './signs.ts'
import { beforeKey, seenKey, sessionsKey } from './subject-sessions.ts'

/** What is written, of which session. */
export interface Exchange {
  readonly address: SessionAddress
  /** For the device list. */
  readonly lastSeen: LastSeen
  /** The end of the session, at which all of it goes. */
  readonly expiresAtMs: number
  /** How this isolate takes it to stand: what it takes for absent is only written where it is. */
  readonly standing: Standing
  /** Of what is null, or stands already, nothing is written. */
  readonly wanted: Standing
}

/** How it stood, and stands since. */
export interface Step {
  readonly was: Standing
  readonly is: Standing
}

export interface Exchanged {
  /** The primary's word that there is no such session any more. */
  readonly isGone: boolean
  /** Two where the call was sent twice and somebody wrote in between. */
  readonly steps: readonly Step[]
  /** Nothing was written: the database takes no more. */
  readonly isFull: boolean
}

/** Throws StoreUnavailable; then it is unknown what was written. */
export async function exchange(redis: Redis, asked: Exchange): Promise<Exchanged> {
  const { address, lastSeen, expiresAtMs, standing, wanted } = asked
  const key = seenKey(address.slot)
  const before = beforeKey(address.slot, crypto.randomUUID())
  const fields = standingFields(address.digest)
  const life: Command = ['HEXISTS', sessionsKey(address.slot), address.digest]
  // Who remembers the place before reads again, and sees that the session is in two places.
  const isMove = standing.track !== null && isWritten('track', asked)
  const replies = await attempt(redis, [
    // First, so that there is something to copy.
    ['HSET', key, address.digest, seenValue(lastSeen)],
    // Sent again it finds the copy, and leaves it as it was.
    ['COPY', key, before],
    ['PEXPIRE', before, 2 * redis.deadlineMs],
    ['HMGET', before, ...fields],
    ['HMGET', key, ...fields],
    life,
    ...STANDING_PARTS.filter((part) => isWritten(part, asked)).map(
      (part): Command => [
        standing[part] === null ? 'HSETNX' : 'HSET',
        key,
        standingField(part, address.digest),
        wanted[part] ?? '',
      ],
    ),
    ['PEXPIREAT', key, expiresAtMs, 'NX'],
    ['PEXPIREAT', key, expiresAtMs, 'GT'],
    ...announce(isMove ? [{ kind: 'subject', slot: address.slot }] : [], lastSeen.atMs),
  ])
  if (replies === null) {
    const [found, alive] = (await redis.readPrimary([['HMGET', key, ...fields], life])).replies
    const was = parseStanding(found)
    return { isGone: alive === 0, steps: [{ was, is: was }], isFull: true }
  }
  const [, , , first, latest, alive] = replies
  if (alive === 0) {
    await redis.transaction([['HDEL', key, address.digest, ...allSignFields(address.digest)]])
  }
  const once = stepFrom(parseStanding(first), asked)
  const again = stepFrom(parseStanding(latest), asked)
  const isAlone = [once.was, once.is].some((each) => isSameTrail(each, again.was))
  return { isGone: alive === 0, steps: isAlone ? [once] : [once, again], isFull: false }
}

/** A full database refuses to write: null. */
async function attempt(
  redis: Redis,
  commands: readonly Command[],
): Promise<readonly Reply[] | null> {
  try {
    return await redis.transaction(commands)
  } catch (error) {
    if (error instanceof StoreUnavailable && error.trouble === 'full') return null
    throw error
  }
}

const isWritten = (part: StandingPart, { standing, wanted }: Exchange): boolean =>
  wanted[part] !== null && wanted[part] !== standing[part]

/** What was asked for, written over what was there. */
function stepFrom(was: Standing, asked: Exchange): Step {
  const stands = (part: StandingPart): string | null => {
    const isKept = asked.standing[part] === null && was[part] !== null
    return isWritten(part, asked) && !isKept ? asked.wanted[part] : was[part]
  }
  const [track, habits, presence] = [stands('track'), stands('habits'), stands('presence')]
  return { was, is: { track, habits, presence } }
}

export const isSameTrail = (a: Standing, b: Standing): boolean =>
  a.track === b.track && a.habits === b.habits
