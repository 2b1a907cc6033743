/**
 * What holds of every answer about sightings (issue 8): nobody who does not move is hit or costs a write, whoever is
 * gone is not let in, and a sign that was raised stands everywhere within the bound. Part of the oracle: it goes by
 * who came from where and by what reached the primary. Must never take the word of the code under test.
 */
import type { Read } from './link.ts'
import { wroteWithoutNews } from './needless-trail.ts'
import type { Look } from './sightings.ts'
import { isEnforced } from './watch-plan.ts'
import type { World } from './world.ts'

/** `reads`: of the isolate that answers. */
export function answerViolation(world: World, look: Look, reads: readonly Read[]): string | null {
  if (look.answer === 'trouble') {
    return look.isTroubled ? null : 'could not look, without a cause'
  }
  return (
    hitWithoutCause(look) ??
    letInThoughGone(look) ??
    letInAgainstASign(world, look) ??
    wroteWithoutNews(world, look, reads)
  )
}

/** b: a session seen in one place is never hit: no challenge, no end, no event. */
function hitWithoutCause({ visit, answer, told, swaps }: Look): string | null {
  if (visit.family.isSplit) return null
  if (told !== null) return `told of a sign where nobody moved: ${told.signals.join(' ')}`
  if (answer === 'step_up') return 'challenged somebody who did not move'
  const isGone = swaps.some((swap) => swap.isGone)
  return answer === 'revoked' && !isGone ? 'refused somebody who did not move' : null
}

/** e: what the primary showed to be gone is not let in, however recent the news is. */
const letInThoughGone = ({ answer, swaps, isTroubled }: Look): string | null =>
  answer === 'admitted' && swaps[0]?.isGone === true && !isTroubled
    ? 'let in what its swap showed to be gone'
    : null

/** Once a sign was answered, routes that answer it with more than a record let nobody in: within the bound. */
function letInAgainstASign(world: World, look: Look): string | null {
  const { request, visit, answer, startedMs } = look
  if (answer !== 'admitted' || request.consistency === 'eventual' || world.failedOver) return null
  // A token in its grace is read without the signs that stand beside the new one: a known limit.
  if (request.address.digest !== look.digest) return null
  const { boundMs, graceMs } = world.conditions
  const knownMs =
    request.consistency === 'strong'
      ? request.arrivedMs
      : startedMs - boundMs - (request.graceUsed ? graceMs : 0)
  const sign = visit.family.looks.find(
    (other) =>
      other.answeredMs < knownMs &&
      other.answer !== 'trouble' &&
      !other.isTroubled &&
      other.told?.signals.some((each) => isEnforced(visit.policy[each as 'travel'])) &&
      isAfterLogin(world, other) &&
      isCarried(world, other, look.digest),
  )
  return sign ? `let in against a sign that stands since ${sign.answeredMs}` : null
}

/** Raised before the person last proved who they are (by clocks that differ), it is settled. */
const isAfterLogin = ({ roster }: World, { visit, digest }: Look): boolean =>
  visit.sighting.atMs > (roster.withDigest(digest)?.session.authTimeMs ?? 0)

/** A sign is kept beside its token; a rotation that had read before it was raised does not carry it on. */
function isCarried({ roster }: World, { digest, told }: Look, to: string): boolean {
  if (digest === to) return true
  const chain = [...(roster.withDigest(to)?.session.rotatedFrom ?? []), to]
  const next = chain[chain.indexOf(digest) + 1]
  if (!chain.includes(digest) || next === undefined) return false
  return (told?.position ?? 0) <= (roster.withDigest(next)?.readAt ?? 0)
}
