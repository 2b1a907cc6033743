/**
 * The guarantee (design 2), checked at every decision against all the primary ever was. Each check says in one
 * line what it holds and answers with the words of a violation, or null. Must never take the word of the code
 * under test for anything.
 */
import type { Decision } from './decision.ts'
import { haveHeadsMet, isLostChange, isLostCreation } from './failover.ts'
import { deadByTheNews } from './heard.ts'
import type { Isolate } from './isolate.ts'
import type { Read } from './link.ts'
import type { Outcome, Request } from './request.ts'
import { ends } from './roster.ts'
import type { World } from './world.ts'

type Alive = Extract<Outcome, { kind: 'alive' }>

export function violationIn(
  world: World,
  request: Request,
  isolate: Isolate,
  outcome: Outcome,
): string | null {
  const { holder } = request
  if (outcome.kind === 'trouble') return troubleWithoutCause(world, request, isolate)
  if (holder === null) return outcome.kind === 'alive' ? 'admitted a token that never was' : null
  const decision = { world, request, isolate, holder, clockMs: world.clockOf(isolate.edge) }
  if (outcome.kind === 'dead') return liveRefused(decision, outcome.reason)
  return (
    another(decision, outcome) ??
    outsideItsWindow(decision, outcome) ??
    deadByTheNews(decision) ??
    raised(decision) ??
    overByTheClock(decision, outcome)
  )
}

/** 5: a token never opens another session, nor another person's. */
function another({ holder }: Decision, { live }: Alive): string | null {
  const { session, subject } = live
  const isIts = session.root === holder.session.root && subject.subject === holder.subject
  return isIts && session.address.slot === holder.address.slot ? null : 'opened another session'
}

/**
 * 1, 2, 7 and the second half of 3: alive, with these very permissions, at some moment the route may look
 * back to: the request's own life (`strong`), `B` and used grace (`bounded`), its reads (`eventual`).
 * A session may be older than an epoch before it is born (clocks differ): what `bounded` must know of are the
 * epochs of its window's start; `eventual` those that were known, by the news or the copy, when it last read.
 */
function outsideItsWindow(decision: Decision, { live }: Alive): string | null {
  const { world, request, isolate, holder, clockMs } = decision
  const first = windowStart(decision)
  if (first === null) return `${request.consistency}: admitted on memory too old`
  const { roster, store } = world
  const permissions = JSON.stringify(live.subject.permissions)
  const epochsRead = epochsKnownByReads(decision)
  let wasAlive = false
  let wasPermitted = false
  for (let position = first; position <= store.position; position++) {
    const epochsAt = { strong: position, bounded: first, eventual: epochsRead }[request.consistency]
    const isAlive =
      roster.isAlive(holder, position, clockMs, epochsAt) ||
      (world.failedOver && roster.isAlive(holder, position, clockMs))
    const isPermitted = roster.permissionsAt(holder, position) === permissions
    if (request.consistency === 'strong' && isAlive && isPermitted) return null
    wasAlive ||= isAlive
    wasPermitted ||= isPermitted
  }
  if (request.consistency !== 'strong') {
    if (wasAlive && wasPermitted) return null
    if (isLostCreation(world, holder, first, clockMs)) return null
    if (haveHeadsMet(world, request, isolate)) return null
    if (wasAlive && isLostChange(world, request, isolate)) return null
  }
  if (!wasAlive) return `${request.consistency}: admitted a dead session (since #${first})`
  return `${request.consistency}: admitted with old permissions (since #${first})`
}

/** A deaf isolate asks for epochs with each read; one that hears the feed knows them to within `B`. */
function epochsKnownByReads(decision: Decision): number {
  const { world } = decision
  // What a failover took back may have been known, and what took its place not yet.
  if (world.failedOver) return 0
  const known = basisOf(decision).map(({ position, startedMs }) =>
    Math.min(position, world.positionBefore(startedMs - world.conditions.boundMs)),
  )
  return Math.min(...known)
}

/** The reads of that token that may still count. */
function basisOf({ world, request, isolate }: Decision): readonly Read[] {
  const { graceMs, rereadAfterMs } = world.conditions
  const oldest = world.nowMs - rereadAfterMs - (request.graceUsed ? graceMs : 0)
  return isolate.reads.filter(
    (read) =>
      read.digest === request.address.digest &&
      (read.startedMs >= oldest || read.request === request),
  )
}

function windowStart(decision: Decision): number | null {
  const { world, request } = decision
  const { boundMs, graceMs } = world.conditions
  const grace = request.graceUsed ? graceMs : 0
  const basis = basisOf(decision)
  if (basis.length === 0) return null
  switch (request.consistency) {
    case 'strong':
      return world.positionBefore(request.arrivedMs)
    case 'bounded':
      return world.positionBefore(world.nowMs - boundMs - grace)
    case 'eventual':
      return Math.min(...basis.map(({ position }) => position))
  }
}

/** 6: once its end was acknowledged, no later decision admits it, whatever the store may say by then. */
function raised({ world, request, holder }: Decision): string | null {
  if (request.consistency === 'eventual' || world.failedOver) return null
  const { boundMs, graceMs } = world.conditions
  const untilMs = holder.deadAckAtMs + boundMs + (request.graceUsed ? graceMs : 0)
  return world.nowMs > untilMs ? `raised the dead (acknowledged at ${holder.deadAckAtMs})` : null
}

/** Lifetime and inactivity, on the deciding clock, by the latest use anybody noted. */
function overByTheClock({ world, clockMs }: Decision, { live }: Alive): string | null {
  const { session } = live
  if (clockMs >= session.expiresAtMs) return 'admitted an expired session'
  const used = Math.max(session.issuedAtMs, world.touched.get(session.address.digest) ?? 0)
  return session.idleMs > 0 && clockMs >= used + session.idleMs ? 'admitted an idle session' : null
}

/** 4: what was alive at the primary all along, and in its holder's hands, is not refused. */
function liveRefused(decision: Decision, reason: string): string | null {
  const { world, request, holder, clockMs } = decision
  const { roster, store } = world
  // A failover may take back an end that edges were told of: to them a known revocation wins.
  if (world.failedOver || holder.knownAtMs > request.arrivedMs) return null
  for (let at = world.positionBefore(request.arrivedMs); at <= store.position; at++) {
    if (!roster.isAlive(holder, at, clockMs) || roster.isIdle(holder, at, clockMs)) return null
  }
  // Announced, and not yet carried through: its caller was not told that it is done.
  const isEnding = store.stream.some(
    (item) => ends(item, holder, clockMs) && item.by.ackedAtMs > world.nowMs,
  )
  return isEnding ? null : `refused a live session as ${reason}`
}

/** 4, the other half: "nobody can say" needs a reason. */
function troubleWithoutCause(world: World, request: Request, isolate: Isolate): string | null {
  if (request.troubled || request.generation !== isolate.generation) return null
  if (request.longestReadMs > world.conditions.boundMs) return null
  // All its reads share one deadline.
  if (world.nowMs - request.arrivedMs >= world.conditions.deadlineMs) return null
  const isOutrun = (world.store.head.latest ?? 0) !== request.headAtArrival
  return isOutrun ? null : 'store trouble without a cause'
}
