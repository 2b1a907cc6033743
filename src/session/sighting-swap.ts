/**
 * Puts a sighting in the place of the one before, at the primary and in one transaction that shows what was there:
 * of two edges at once each sees the other's, or the older one. Awaited by the one request that brings news, and by
 * no other. Must never raise the dead: it writes beside last-seen alone, and takes away again what it wrote of a
 * session that was gone.
 */
import { type Command, type Redis, type Reply, StoreUnavailable } from '../foundation/redis.ts'
import type { LastSeen, LiveSession } from '../vocabulary/session.ts'
import type { Signal, TravelLimits } from '../vocabulary/signal.ts'
import { announce } from './feed-entry.ts'
import { seenValue } from './record.ts'
import type { Sighting, Trail } from './sighting.ts'
import { type Found, follow } from './signals.ts'
import {
  allSignFields,
  parseFound,
  presenceField,
  presenceValue,
  trailField,
  trailValue,
} from './signs.ts'
import { seenKey, sessionsKey } from './subject-sessions.ts'

export interface Swapped {
  /** The primary's word that there is no such session any more. */
  readonly isGone: boolean
  readonly signals: readonly Signal[]
  /** What the primary had; null: nothing. */
  readonly before: Trail | null
  readonly after: Trail
}

/** Who is seen, where, and what this isolate knew of it. */
export interface Seen {
  readonly live: LiveSession
  readonly sighting: Sighting
  /** For the device list: a swap is a touch too. */
  readonly place: Omit<LastSeen, 'atMs'>
  readonly known: Trail | null
}

/** Throws StoreUnavailable; then nothing is decided, and a repeat is safe. `looked`: the primary has just shown it. */
export async function swapSighting(
  redis: Redis,
  { live, sighting, place, known }: Seen,
  limits: TravelLimits,
  looked: Found | null = null,
): Promise<Swapped> {
  const { address, expiresAtMs } = live.session
  const key = seenKey(address.slot)
  const decide = (found: Found | null) => follow(found, sighting, live.session, limits)
  const guessed = decide(looked ?? (known && { trail: known, presentAtMs: null }))
  const guess = guessed.trail
  // Where a sighting without a place changes nothing, what stands stays: another edge may have moved it meanwhile.
  const isSame =
    known !== null && sighting.place === null && trailValue(guess) === trailValue(known)
  // What is written over unseen is lost if this is sent twice: only where the sign is certain without it.
  const looksFirst = looked === null && !isSame && !guessed.signals.includes('travel')
  // The same object where it has not: two edges may see a session in two places in the same millisecond.
  const moved = known !== null && !looksFirst && known.stay !== guess.stay
  const seen = [address.digest, seenValue({ ...place, atMs: sighting.atMs })]
  // Seen nowhere in particular, it does not vouch for the stay.
  const presence = (trail: Trail): string[] =>
    sighting.place === null
      ? []
      : [presenceField(address.digest), presenceValue(trail.stay, sighting.atMs)]
  const write = (trail: Trail): Command => [
    'HSET',
    key,
    ...seen,
    trailField(address.digest),
    trailValue(trail),
    ...presence(trail),
  ]
  // Writes over no trail that stands.
  const opening: Command[] = [
    ['HSET', key, ...seen],
    ['HSETNX', key, trailField(address.digest), trailValue(guess)],
    ...(sighting.place === null ? [] : [['HSETNX', key, ...presence(guess)] as const]),
  ]
  const again: Command = ['HSET', key, ...seen]
  const first = looksFirst ? opening : [isSame ? again : write(guess)]
  const life: Command = ['HEXISTS', sessionsKey(address.slot), address.digest]
  const look: Command[] = [
    ['HMGET', key, trailField(address.digest), presenceField(address.digest)],
    life,
  ]
  const keep: Command[] = [
    ['PEXPIREAT', key, expiresAtMs, 'NX'],
    ['PEXPIREAT', key, expiresAtMs, 'GT'],
  ]
  // Where it moved, edges that remember the place before read again, and see that it is in two places.
  const news = announce(moved ? [{ kind: 'subject', slot: address.slot }] : [], sighting.atMs)
  const [fields, lives] = await lookAndWrite(redis, look, [...first, ...keep, ...news])
  const found = foundIn(fields)
  let isGone = lives === 0
  if (looksFirst && found !== null && !isGone) {
    return swapSighting(redis, { live, sighting, place, known: found.trail }, limits, found)
  }
  // Sent twice over a connection that broke, it finds itself: then what was known is what was there.
  const own = JSON.stringify(guess.stay)
  const isItself = moved
    ? [found?.trail.stay, found?.trail.left].some((stay) => JSON.stringify(stay) === own)
    : found !== null && trailValue(found.trail) === trailValue(guess)
  const { signals, trail } = isItself ? guessed : decide(found)
  const stands = isSame ? (found?.trail ?? null) : guess
  if (!isGone && (stands === null || trailValue(trail) !== trailValue(stands))) {
    // Another edge, or a copy that lags: what was guessed at is put right.
    const late = announce(moved ? [] : [{ kind: 'subject', slot: address.slot }], sighting.atMs)
    const [still] = await lookAndWrite(redis, [life], [write(trail), ...keep, ...late])
    isGone = still === 0
  }
  if (isGone) {
    await redis.transaction([['HDEL', key, address.digest, ...allSignFields(address.digest)]])
  }
  return { isGone, signals, before: isItself ? known : (found?.trail ?? null), after: trail }
}

/** A full database refuses to write; whether to let somebody in can still be decided. */
async function lookAndWrite(
  redis: Redis,
  look: readonly Command[],
  write: readonly Command[],
): Promise<readonly Reply[]> {
  try {
    return await redis.transaction([...look, ...write])
  } catch (error) {
    if (!(error instanceof StoreUnavailable && error.trouble === 'full')) throw error
    return (await redis.readPrimary(look)).replies
  }
}

function foundIn(reply: Reply | undefined): Found | null {
  if (!Array.isArray(reply) || reply.length !== 2) throw new StoreUnavailable('garbage')
  const [trail, presence]: readonly Reply[] = reply
  return parseFound(trail, presence)
}
