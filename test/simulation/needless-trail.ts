/**
 * A session that does not move costs no write beyond the normal touch (issue 8): a trail is written by an isolate that
 * could not have known of one, and by no other. Part of the oracle: it goes by what each isolate was told and when.
 * Must never blame an isolate for what it may have been told otherwise in between.
 */
import type { Read } from './link.ts'
import type { Look } from './sightings.ts'
import type { World } from './world.ts'

/** d: where nobody moved, a trail is only written by an isolate that could not have known of one. */
export function wroteWithoutNews(world: World, look: Look, reads: readonly Read[]): string | null {
  const { request, visit } = look
  if (!look.hasSentSwap || visit.family.seenMs.size > 1 || world.failedOver) return null
  // Whoever is gone moves nowhere, and what an isolate is told of them is taken away again.
  if (look.swaps.some(({ isGone }) => isGone)) return null
  const own = reads.filter(({ digest }) => digest === request.address.digest)
  // What a replica shows may be later than what it said it was.
  const isTold = (read: Read) =>
    showsTrail(world, look, read.position) && showsTrail(world, look, world.store.position)
  const others = visit.family.looks.filter((each) => isBeside(each, look))
  const isTeller = (each: Look) => hasShown(each, look) && !hasCrossed(each, others, own)
  const untoldMs = Math.max(
    0,
    ...own.filter((read) => !isTold(read)).map(({ deliveredMs }) => deliveredMs),
    ...others.filter((each) => !isTeller(each)).map(({ answeredMs }) => answeredMs),
  )
  const told = [
    // Of what was asked for earlier, and came later, nothing is remembered.
    ...own
      .filter((read) => isTold(read) && !isOvertaken(read, reads))
      .map(({ startedMs, deliveredMs }) => ({ sinceMs: startedMs, deliveredMs })),
    ...others
      .filter(isTeller)
      .map(({ answeredMs }) => ({ sinceMs: answeredMs, deliveredMs: answeredMs })),
  ]
  const isKnown = told.some(
    ({ sinceMs, deliveredMs }) => sinceMs > untoldMs && deliveredMs < look.startedMs,
  )
  return isKnown ? 'wrote a trail though nobody had moved' : null
}

/**
 * A reply that was asked for later came sooner, and this one knows more than any before it was asked for: it may
 * count for an old copy's word (edge.ts), and then nothing of it is remembered.
 */
function isOvertaken(read: Read, reads: readonly Read[]): boolean {
  const { startedMs, deliveredMs, position, generation } = read
  const others = reads.filter((each) => each.generation === generation)
  const known = others.filter((each) => each.deliveredMs <= startedMs)
  return (
    others.some((each) => each.startedMs > startedMs && each.deliveredMs < deliveredMs) &&
    known.every((each) => each.position < position)
  )
}

/** While it looked the isolate was told something else: whichever came last is what it remembers. */
const hasCrossed = (look: Look, looks: readonly Look[], reads: readonly Read[]): boolean =>
  looks.some(
    (each) =>
      each !== look && each.startedMs <= look.answeredMs && each.answeredMs >= look.startedMs,
  ) ||
  reads.some(({ deliveredMs }) => deliveredMs > look.startedMs && deliveredMs <= look.answeredMs)

/** Another look of the same isolate at the same token that had something to write. */
const isBeside = (other: Look, look: Look): boolean =>
  other !== look &&
  other.isolate === look.isolate &&
  other.request.token === look.request.token &&
  other.swaps.length > 0 &&
  other.answeredMs <= look.startedMs

/** It was told that it had written the trail. */
const hasShown = ({ digest, answer, isTroubled, visit }: Look, look: Look): boolean =>
  digest === look.request.address.digest &&
  answer === 'admitted' &&
  !isTroubled &&
  (visit.side !== null || look.visit.side === null)

function showsTrail({ store }: World, { request, visit }: Look, position: number): boolean {
  const { slot, digest } = request.address
  const part = visit.side === null ? 'habits' : 'track'
  return store.field(`seen:${slot}`, `${part}:${digest}`, position) !== null
}
