/**
 * The report of the fault campaign: a row for each fault, the random part, and every target that was missed.
 * Must never round a wrong answer away, or leave out a miss.
 */
import { GROUPS } from './fault-load.ts'
import type { Outcome } from './fault-run.ts'
import type { StormOutcome } from './fault-storm.ts'
import { p99, type Verdict, wrongAnswers } from './fault-verdict.ts'

export interface Targets {
  readonly deadlineMs: number
}

/** Issue 7: on top of the store's deadline; after the fault's end; of the normal p99. */
const SLACK_MS = 500
const RECOVERY_MS = 1500
const ANONYMOUS_TIMES = 2

const HEAD = [
  'fault',
  'anonymous',
  'hot',
  'cold',
  'strong',
  'first 503, ms',
  '503 took at most, ms',
  'recovered, ms',
  'anonymous p99, ms',
  'wrong answers',
  'revocations',
  'lost',
  'what holds meanwhile',
]

export const faultTable = (outcomes: readonly Outcome[]): string =>
  [HEAD, HEAD.map(() => '---'), ...outcomes.map(cells)]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n')

function cells({ name, promise, verdict, lost, unpromised }: Outcome): string[] {
  const { availability, first503Ms, longest503Ms, recoveryMs, anonymousMs, revocations } = verdict
  return [
    name,
    ...GROUPS.map((group) => percent(availability[group])),
    ms(first503Ms),
    ms(longest503Ms),
    ms(recoveryMs),
    `${ms(p99(anonymousMs.quiet))} → ${ms(p99(anonymousMs.fault))}`,
    String(wrongAnswers(verdict.wrong)),
    `${revocations.acknowledged} of ${revocations.asked}`,
    unpromised
      ? `${unpromised.undone} of ${unpromised.asked} revocations (not promised), else ${lost.sessions + lost.revocations}`
      : String(lost.sessions + lost.revocations),
    promise,
  ]
}

const ms = (value: number | null): string => (value === null ? '–' : value.toFixed(0))
const percent = (share: number | null): string =>
  share === null ? '–' : `${(share * 100).toFixed(share === 1 ? 0 : 1)} %`

/** Everything that is not as it has to be, in words; empty: all holds. */
export function misses(outcomes: readonly Outcome[], { deadlineMs }: Targets): string[] {
  const found = outcomes.flatMap(({ name, verdict, lost }) => [
    ...missesOf(name, verdict, deadlineMs),
    ...lostIn(name, lost),
  ])
  const [quiet, fault] = (['quiet', 'fault'] as const).map((when) =>
    p99(outcomes.flatMap(({ verdict }) => verdict.anonymousMs[when]).sort((a, b) => a - b)),
  )
  if (fault && quiet && fault > quiet * ANONYMOUS_TIMES) {
    found.push(`anonymous p99 of all faults: ${ms(fault)} ms, ${ms(quiet)} ms when quiet`)
  }
  return found
}

export function stormMisses(storm: StormOutcome, { deadlineMs }: Targets): string[] {
  const { overall, episodes, lost } = storm
  return [
    ...wrongIn('random faults', overall),
    ...episodes.flatMap(({ names, verdict }) => slowIn(names.join(' + '), verdict, deadlineMs)),
    ...lostIn('random faults', lost),
  ]
}

const missesOf = (name: string, verdict: Verdict, deadlineMs: number): string[] => [
  ...wrongIn(name, verdict),
  ...slowIn(name, verdict, deadlineMs),
]

function wrongIn(name: string, { wrong }: Verdict): string[] {
  const { admitted, refused, foreign, strange } = wrong
  const counts = { 'admitted past the bound': admitted, 'refused falsely': refused, foreign }
  const found = Object.entries(counts).flatMap(([what, count]) =>
    count === 0 ? [] : [`${name}: ${count} ${what}`],
  )
  for (const [status, count] of strange)
    found.push(`${name}: ${count} answers with status ${status}`)
  return found
}

function slowIn(name: string, verdict: Verdict, deadlineMs: number): string[] {
  const found: string[] = []
  if ((verdict.longest503Ms ?? 0) > deadlineMs + SLACK_MS) {
    found.push(`${name}: a 503 took ${ms(verdict.longest503Ms)} ms`)
  }
  if (verdict.recoveryMs > RECOVERY_MS) {
    found.push(`${name}: recovered after ${ms(verdict.recoveryMs)} ms`)
  }
  return found
}

const lostIn = (name: string, { sessions, revocations }: Outcome['lost']): string[] => [
  ...(sessions === 0 ? [] : [`${name}: ${sessions} sessions lost`]),
  ...(revocations === 0 ? [] : [`${name}: ${revocations} acknowledged revocations undone`]),
]

/** The random part in words. */
export function stormText({
  episodes,
  overall,
  requests,
  revocations,
  lost,
}: StormOutcome): string {
  const worst = (of: (verdict: Verdict) => number | null) =>
    ms(Math.max(0, ...episodes.map(({ verdict }) => of(verdict) ?? 0)))
  const { admitted, refused, foreign, strange } = overall.wrong
  const others = [...strange].map(([status, count]) => `${count} × ${status}`).join(', ') || 'none'
  return `${episodes.length} times one to three faults at once, ${requests} requests, ${revocations.acknowledged} of ${revocations.asked} revocations acknowledged.

| | |
| --- | --- |
| admitted past the bound | ${admitted} |
| refused falsely | ${refused} |
| taken for another person | ${foreign} |
| acknowledged revocations undone | ${lost.revocations} |
| sessions lost | ${lost.sessions} |
| statuses nobody should see | ${others} |
| a 503 took at most | ${worst((verdict) => verdict.longest503Ms)} ms |
| recovered within | ${worst((verdict) => verdict.recoveryMs)} ms |`
}
