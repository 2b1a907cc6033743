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

/** Throws StoreUnavailable; then nothing is decided, and a repeat is safe. */
export async function swapSighting(
  redis: Redis,
  { live, sighting, place, known }: Seen,
  limits: TravelLimits,
): Promise<Swapped> {
  const { address, expiresAtMs } = live.session
  const key = seenKey(address.slot)
  const decide = (found: Found | null) => follow(found, sighting, live.session, limits)
  const guessed = decide(known && { trail: known, presentAtMs: null })
  const guess = guessed.trail
  const moved = known !== null && known.stay?.atMs !== guess.stay?.atMs
  const seen = [address.digest, seenValue({ ...place, atMs: sighting.atMs })]
  const write = (trail: Trail): Command => [
    'HSET',
    key,
    ...seen,
    trailField(address.digest),
    trailValue(trail),
    // Seen nowhere in particular, it does not vouch for the stay.
    ...(sighting.place === null
      ? []
      : [presenceField(address.digest), presenceValue(trail.stay, sighting.atMs)]),
  ]
  const life: Command = ['HEXISTS', sessionsKey(address.slot), address.digest]
  const look: Command[] = [
    ['HMGET', key, trailField(address.digest), presenceField(address.digest)],
    life,
  ]
  // What knows neither a place nor a trail must not stand for a moment where a trail with a place does.
  const isBlind = known === null && sighting.place === null
  const first: Command[] = isBlind
    ? [
        ['HSET', key, ...seen],
        ['HSETNX', key, trailField(address.digest), trailValue(guess)],
      ]
    : [write(guess)]
  const keep: Command[] = [
    ['PEXPIREAT', key, expiresAtMs, 'NX'],
    ['PEXPIREAT', key, expiresAtMs, 'GT'],
  ]
  // Where it moved, edges that remember the place before read again, and see that it is in two places.
  const news = announce(moved ? [{ kind: 'subject', slot: address.slot }] : [], sighting.atMs)
  const [fields, lives] = await lookAndWrite(redis, look, [...first, ...keep, ...news])
  const found = foundIn(fields)
  // Sent twice over a connection that broke, it finds itself: then what was known is what was there.
  const stays = [found?.trail.stay, found?.trail.left]
  const isItself = moved && stays.some((stay) => stay?.atMs === sighting.atMs)
  const { signals, trail } = isItself ? guessed : decide(found)
  const stands = isBlind && found !== null ? found.trail : guess
  let isGone = lives === 0
  if (!isGone && trailValue(trail) !== trailValue(stands)) {
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
