/**
 * What one fault did, from what was seen before, during and after it. Pure. An answer is wrong only where it is so
 * for certain (verdict.ts has the same rule); must never take an honest 503 for a wrong answer, nor hide one that
 * is neither right nor honest.
 */
import { GROUPS, type Group, type Seen } from './fault-load.ts'
import type { Probe, Victim } from './fault-victims.ts'
import { quantile } from './tally.ts'

/** When the fault began, and when it was over, on this process's clock. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

/** An edge that was dead for some time. */
export interface Down extends Span {
  readonly edge: number
}

export interface Wrong {
  /** Admitted although the revocation was acknowledged longer ago than the bound. */
  admitted: number
  /** 401 or 403 for a session that was alive. */
  refused: number
  /** Taken for another person. */
  foreign: number
  /** Statuses that nobody should see, by status; 0 is no answer from an edge that lives. */
  readonly strange: Map<number, number>
}

export interface Verdict {
  /** Of the requests sent while the fault lasted, the share that was answered as if nothing was; null: none sent. */
  readonly availability: Readonly<Record<Group, number | null>>
  /** From the fault's begin to the first 503; null: none. */
  readonly first503Ms: number | null
  /** The longest that anybody waited for a 503. */
  readonly longest503Ms: number | null
  /** From the fault's end to when the last request was sent that still suffered. */
  readonly recoveryMs: number
  readonly anonymousMs: { readonly quiet: readonly number[]; readonly fault: readonly number[] }
  readonly wrong: Wrong
  /** Of those asked for before the fault was over: how many were acknowledged before it was. */
  readonly revocations: { readonly asked: number; readonly acknowledged: number }
}

export interface Evidence {
  readonly seen: readonly Seen[]
  readonly victims: readonly Victim[]
  readonly span: Span
  readonly downs: readonly Down[]
  readonly boundMs: number
}

export function judgeFault({ seen, victims, span, downs, boundMs }: Evidence): Verdict {
  const wrong: Wrong = { admitted: 0, refused: 0, foreign: 0, strange: new Map() }
  for (const one of seen) judgeSeen(one, downs, wrong)
  for (const victim of victims) judgeVictim(victim, downs, boundMs, wrong)
  const during = seen.filter(({ sentAtMs }) => sentAtMs >= span.fromMs && sentAtMs < span.toMs)
  const refusals = [...seen, ...victims.flatMap(({ probes }) => probes)].filter(
    ({ status, sentAtMs }) => status === 503 && sentAtMs >= span.fromMs,
  )
  const sufferers = seen.filter(({ status, sentAtMs }) => status !== 200 && sentAtMs >= span.toMs)
  const inFault = victims.filter(
    ({ askedAtMs }) => askedAtMs >= span.fromMs && askedAtMs < span.toMs,
  )
  const anonymous = seen.filter(({ group, status }) => group === 'anonymous' && status === 200)
  return {
    availability: availabilityOf(during),
    first503Ms: least(refusals.map(({ answeredAtMs }) => answeredAtMs - span.fromMs)),
    longest503Ms: most(refusals.map(({ sentAtMs, answeredAtMs }) => answeredAtMs - sentAtMs)),
    recoveryMs: most(sufferers.map(({ sentAtMs }) => sentAtMs - span.toMs)) ?? 0,
    anonymousMs: {
      quiet: timesOf(anonymous.filter(({ sentAtMs }) => sentAtMs < span.fromMs)),
      fault: timesOf(
        anonymous.filter(({ sentAtMs }) => sentAtMs >= span.fromMs && sentAtMs < span.toMs),
      ),
    },
    wrong,
    revocations: {
      asked: inFault.length,
      acknowledged: inFault.filter(({ acknowledgedAtMs }) => acknowledgedAtMs < span.toMs).length,
    },
  }
}

const availabilityOf = (during: readonly Seen[]): Verdict['availability'] =>
  Object.fromEntries(
    GROUPS.map((group) => {
      const asked = during.filter((one) => one.group === group)
      const right = asked.filter(({ status, foreign }) => status === 200 && !foreign)
      return [group, asked.length === 0 ? null : right.length / asked.length]
    }),
  ) as unknown as Verdict['availability']

function judgeSeen(one: Seen, downs: readonly Down[], wrong: Wrong): void {
  if (one.foreign) wrong.foreign++
  else if (one.status === 401 || one.status === 403) wrong.refused++
  else judgeStatus(one, downs, wrong)
}

/** 200 and 503 are right or honest for everybody who is let alone. */
function judgeStatus(
  one: Pick<Seen, 'status' | 'edge' | 'sentAtMs' | 'answeredAtMs'>,
  downs: readonly Down[],
  { strange }: Wrong,
): void {
  const { status, edge, sentAtMs, answeredAtMs } = one
  if (status === 200 || status === 503) return
  const dead = downs.some(
    (down) => down.edge === edge && sentAtMs <= down.toMs && answeredAtMs >= down.fromMs,
  )
  if (status === 0 && dead) return
  strange.set(status, (strange.get(status) ?? 0) + 1)
}

function judgeVictim(victim: Victim, downs: readonly Down[], boundMs: number, wrong: Wrong): void {
  for (const probe of victim.probes) {
    if (probe.foreign) wrong.foreign++
    else if (probe.status === 401) {
      if (probe.answeredAtMs < victim.askedAtMs) wrong.refused++
    } else if (probe.status === 403) wrong.refused++
    else if (probe.status === 200) {
      if (probe.sentAtMs > overAtMs(victim, probe, boundMs)) wrong.admitted++
    } else judgeStatus(probe, downs, wrong)
  }
}

/** From then on no request may be sent and admitted. A deletion that could not be announced counts for `strong`. */
const overAtMs = (victim: Victim, { consistency }: Probe, boundMs: number): number =>
  consistency === 'strong'
    ? Math.min(victim.deletedAtMs, victim.acknowledgedAtMs)
    : victim.acknowledgedAtMs + boundMs

export const wrongAnswers = ({ admitted, refused, foreign }: Wrong): number =>
  admitted + refused + foreign

export const p99 = (sorted: readonly number[]): number | null => quantile(sorted, 0.99)

const timesOf = (answered: readonly Seen[]): number[] =>
  answered.map(({ sentAtMs, answeredAtMs }) => answeredAtMs - sentAtMs).sort((a, b) => a - b)

const most = (values: readonly number[]): number | null =>
  values.reduce<number | null>((top, value) => (top === null || value > top ? value : top), null)
const least = (values: readonly number[]): number | null =>
  values.reduce<number | null>((low, value) => (low === null || value < low ? value : low), null)
