/**
 * What the observations of a trial prove. Pure. The edge decided somewhere between sending and answer, so a
 * violation is certain only if the request was SENT too late; must never count one that is merely likely,
 * nor miss one that is certain.
 */
import { before, type Standing } from './kinds.ts'
import type { Consistency, Route } from './routes.ts'
import type { Observation } from './traffic.ts'
import type { Trial } from './trial.ts'

export interface Verdict {
  readonly consistency: Consistency
  requests: number
  /** From the acknowledgment to the last answer by the old state; null: this change concerned no such route. */
  lastOldMs: number | null
  /** The same to when that request was sent: what a violation is told by; null likewise. */
  lastOldSentMs: number | null
  /** Certain: the old state, asked for after it had to be over; or a right nobody ever had. */
  violations: number
  /** 401 for a session that was alive for certain. */
  false401: number
  /** 403 for a permission that was held for certain. */
  false403: number
  unavailable: number
  /** Statuses other than 200, 401, 403 and 503; 0 is no answer at all. */
  readonly strange: number[]
}

/** The answer that is right for a standing. */
const rightAnswer = ({ alive, admin }: Standing, route: Route): number => {
  if (!alive) return 401
  return route.admin && !admin ? 403 : 200
}

/** How long after the acknowledgment the old state may be the answer to a request sent then. */
const allowanceMs = (consistency: Consistency, boundMs: number): number =>
  ({ strong: 0, bounded: boundMs, eventual: Number.POSITIVE_INFINITY })[consistency]

export function judgeTrial(trial: Trial, boundMs: number): Verdict[] {
  const verdicts = new Map<Consistency, Verdict>()
  for (const observation of trial.observations) {
    const { consistency } = observation.route
    const verdict = verdicts.get(consistency) ?? blank(consistency)
    verdicts.set(consistency, verdict)
    judgeOne(observation, trial, boundMs, verdict)
  }
  return [...verdicts.values()]
}

function judgeOne(seen: Observation, trial: Trial, boundMs: number, verdict: Verdict): void {
  const { status, sentAtMs, answeredAtMs, route } = seen
  verdict.requests++
  if (status === 503) {
    verdict.unavailable++
    return
  }
  if (status !== 200 && status !== 401 && status !== 403) {
    verdict.strange.push(status)
    return
  }
  const old = rightAnswer(before(trial.kind), route)
  const now = rightAnswer(trial.kind.after(seen.session), route)
  if (old !== now) verdict.lastOldMs ??= Number.NEGATIVE_INFINITY
  if (status === now && (old === now || answeredAtMs >= trial.changeSentAtMs)) return
  if (status === old && old !== now) {
    verdict.lastOldMs = Math.max(verdict.lastOldMs ?? 0, answeredAtMs - trial.acknowledgedAtMs)
    verdict.lastOldSentMs = Math.max(
      verdict.lastOldSentMs ?? Number.NEGATIVE_INFINITY,
      sentAtMs - trial.acknowledgedAtMs,
    )
    const overAtMs = trial.acknowledgedAtMs + allowanceMs(route.consistency, boundMs)
    if (sentAtMs > overAtMs) verdict.violations++
    return
  }
  // Neither what was right nor what became right (or before its time).
  if (status === 401) verdict.false401++
  else if (status === 403) verdict.false403++
  else verdict.violations++
}

const blank = (consistency: Consistency): Verdict => ({
  consistency,
  requests: 0,
  lastOldMs: null,
  lastOldSentMs: null,
  violations: 0,
  false401: 0,
  false403: 0,
  unavailable: 0,
  strange: [],
})
