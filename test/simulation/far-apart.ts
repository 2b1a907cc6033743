/**
 * Of two requests of one session far apart, at least one is answered by policy, whatever their order (issue 8):
 * checked once all is over, against the order in which the primary took them in. Must never excuse more than it
 * says: a request answered 503, what a failover lost, a rotation that had read before it.
 */
import type { SignalPolicy } from '../../src/vocabulary/signal.ts'
import type { Side } from './places.ts'
import type { Request } from './request.ts'
import { type Family, isTrail, type Look } from './sightings.ts'
import { isEnforced } from './watch-plan.ts'
import type { World } from './world.ts'

/** A sighting that the primary has taken in. */
interface Mark {
  /** Where the primary took it in, and showed it what was there. */
  readonly position: number
  readonly request: Request
  readonly digest: string
  readonly side: Side
  readonly atMs: number
  /** null: a touch. */
  readonly look: Look | null
}

const HOUR_MS = 3_600_000
/** Within it nobody gets from one side to the other, whatever the doubts. */
const FLIGHT_MS = 9 * HOUR_MS

export function finalViolation(world: World): string | null {
  const { watch } = world.conditions
  if (watch === null) return null
  for (const family of world.sightings.families.values()) {
    const found = watch.watched.has('travel') ? missedCrossing(world, family) : null
    if (found !== null) return found
  }
  return leftBehind(world)
}

/** The first request that the primary takes in after one from the other side is answered. */
function missedCrossing(world: World, family: Family): string | null {
  const marks = marksOf(family)
  // Nobody can know of what a failover took back.
  if (marks.some(({ position }) => world.store.lost[position])) return null
  for (const mark of marks) {
    const { look } = mark
    if (look === null) continue
    const shown = marks.filter(({ position }) => position < mark.position)
    const others = shown.filter((other) => isFarFrom(other, mark))
    if (others.length === 0) continue
    // A jump into a network that the session was in before is no sign, by design (signals.ts).
    if (shown.some((other) => networkOf(other) === networkOf(mark))) return null
    const known = others.filter((other) => isInSight(world, other, mark))
    return known.length === 0 ? null : unanswered(look)
  }
  return null
}

function marksOf({ looks, touches }: Family): readonly Mark[] {
  const marks: Mark[] = []
  const mark = (request: Request, digest: string, position: number, look: Look | null) => {
    const { visit } = request
    if (visit === null || visit.side === null) return
    const { side, sighting } = visit
    marks.push({ position, request, digest, side, atMs: sighting.atMs, look })
  }
  for (const look of looks) {
    const first = look.swaps.find(({ isShown }) => isShown)
    if (first) mark(look.request, look.digest, first.position, look)
  }
  marks.sort((a, b) => a.position - b.position)
  for (const { request, digest, position } of touches) {
    const look = looks.find((each) => each.request === request)
    // It vouches for a stay that stands: what moved on meanwhile did not see it, and is not seen by it.
    const last = marks.findLast((each) => each.look !== null && each.position < position)
    const stands = last?.side === request.visit?.side
    if (look?.answer === 'admitted' && !look.hasSentSwap && stands) {
      mark(request, digest, position, null)
    }
  }
  return marks.sort((a, b) => a.position - b.position)
}

const networkOf = ({ request }: Mark): number | null => request.visit?.sighting.network ?? null

const isFarFrom = (a: Mark, b: Mark): boolean =>
  a.side !== b.side && Math.abs(a.atMs - b.atMs) < FLIGHT_MS

/** Kept beside the same token, or carried on by the rotation that made the later one's. */
function isInSight({ roster }: World, earlier: Mark, later: Mark): boolean {
  if (earlier.digest === later.digest) return true
  const chain = [...(roster.withDigest(later.digest)?.session.rotatedFrom ?? []), later.digest]
  const next = chain[chain.indexOf(earlier.digest) + 1]
  if (!chain.includes(earlier.digest) || next === undefined) return false
  return earlier.position <= (roster.withDigest(next)?.readAt ?? 0)
}

function unanswered({ answer, visit, told, isTroubled, swaps, request }: Look): string | null {
  if (answer === 'trouble') return null
  if (answer === 'revoked' && swaps.some(({ isGone }) => isGone)) return null
  if (isTroubled && onlyRecords(visit.policy)) return null
  if (answer === 'admitted' && isEnforced(visit.policy.travel)) {
    return `let in from far away: ${request.name}`
  }
  return told?.signals.includes('travel') ? null : `seen far away and told nobody: ${request.name}`
}

/** Where signs are only recorded, a store that can't be heard holds nobody back. */
const onlyRecords = (policy: SignalPolicy): boolean =>
  !Object.values(policy).some((response) => isEnforced(response))

/** Of a session that is gone nothing stays that says where it was, unless the store was lost on the way. */
function leftBehind(world: World): string | null {
  if (world.failedOver) return null
  const { store, roster, sightings } = world
  const looks = [...sightings.families.values()].flatMap((family) => family.looks)
  for (const { address, name } of roster.holders) {
    const { slot, digest } = address
    if (store.field(`sessions:${slot}`, digest, store.position) !== null) continue
    const own = looks.filter((look) => look.digest === digest)
    if (own.length === 0 || own.some(({ isTroubled }) => isTroubled)) continue
    for (const [field, value] of store.hash(`seen:${slot}`)) {
      if (!field.endsWith(`:${digest}`) || typeof value.latest !== 'string') continue
      if (isTrail(field)) return `left ${field.split(':')[0]} of a dead ${name}`
    }
  }
  return null
}
