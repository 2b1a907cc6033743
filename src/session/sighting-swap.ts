/**
 * Puts a sighting in the place of the one before, and decides on what was there: of two edges at once each sees the
 * other's, or the older one. One exchange with the primary where its guess was right; more where another edge came in
 * between, whose sighting is decided on too. Must never let a sighting of another edge go unseen, nor decide by what
 * it remembers itself.
 */
import type { Redis } from '../foundation/redis.ts'
import type { LastSeen, LiveSession } from '../vocabulary/session.ts'
import type { Signal, TravelLimits } from '../vocabulary/signal.ts'
import type { Sighting, Trail } from './sighting.ts'
import { exchange, isSameTrail } from './sighting-exchange.ts'
import { type Found, follow } from './signals.ts'
import {
  foundIn,
  habitsOf,
  isOfStay,
  presenceValue,
  type Standing,
  standingOf,
  trackOf,
} from './signs.ts'

export interface Swapped {
  /** The primary's word that there is no such session any more. */
  readonly isGone: boolean
  readonly signals: readonly Signal[]
  /** What the primary had that the signals speak about; null: nothing. */
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

/**
 * Each but the first is for another edge's sighting that came in between. All that was shown is decided on; after the
 * last, what stands may lack where the session came from.
 */
const MAX_EXCHANGES = 4

/** Throws StoreUnavailable; then nothing is decided, and a repeat is safe. */
export async function swapSighting(
  redis: Redis,
  { live, sighting, place, known }: Seen,
  limits: TravelLimits,
): Promise<Swapped> {
  const { address, expiresAtMs } = live.session
  const lastSeen = { ...place, atMs: sighting.atMs }
  const decide = (found: Found | null) => follow(found, sighting, live.session, limits)
  const signals = new Set<Signal>()
  let before = known
  // A guess by what is known here, until the primary has shown what there is.
  let after = decide(known && { trail: known, presentAtMs: null }).trail
  const guess = standingOf(known, known?.stay ? UNKNOWN : null)
  let expected: Standing | null = null
  for (let count = 0; count < MAX_EXCHANGES; count++) {
    const standing: Standing = expected ?? guess
    const wanted = wantedOf(after, sighting, standing)
    const asked = { address, lastSeen, expiresAtMs, standing, wanted }
    const { isGone, steps, isFull } = await exchange(redis, asked)
    if (isGone) return { isGone, signals: [], before, after }
    for (const { was, is } of steps) {
      if (expected === null || !isSameTrail(expected, was)) {
        const found = foundIn(was)
        const decided = decide(found)
        // What the sign is about that says the most, else the first.
        if (signals.size === 0 || decided.signals.includes('travel')) before = found?.trail ?? null
        for (const signal of decided.signals) signals.add(signal)
        // What stands from this very swap has been decided on.
        const track = expected?.track === was.track ? after : decided.trail
        const habits = expected?.habits === was.habits ? after : decided.trail
        after = { ...habitsOf(habits), ...trackOf(track) }
      }
      expected = is
    }
    if (isFull || (expected !== null && isRight(expected, after, sighting))) break
  }
  return { isGone: false, signals: [...signals], before, after }
}

/** When the session was last seen within its stay is not remembered. */
const UNKNOWN = ''

function wantedOf(after: Trail, sighting: Sighting, standing: Standing): Standing {
  // Seen nowhere in particular, it does not vouch for the stay.
  const isPlaced = sighting.place !== null
  const wanted = standingOf(after, isPlaced ? presenceValue(after.stay, sighting.atMs) : null)
  // Where it may find another's stay, its network is not learned before the place: it would excuse the next jump.
  const isOpening = wanted.track !== null && standing.track === null && standing.habits !== null
  return isOpening ? { ...wanted, habits: null } : wanted
}

const isRight = (standing: Standing, after: Trail, sighting: Sighting): boolean =>
  isSameTrail(standing, standingOf(after, null)) &&
  (sighting.place === null || isOfStay(standing.presence, after.stay))
