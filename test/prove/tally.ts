/**
 * The sums of a run: one row for each kind of change and consistency.
 * Must never drop a violation: whatever a verdict counts is in exactly one row.
 */
import { CONSISTENCIES, type Consistency } from './routes.ts'
import type { Trial } from './trial.ts'
import type { Verdict } from './verdict.ts'

export interface Row {
  readonly kind: string
  readonly consistency: Consistency
  requests: number
  /** From acknowledgment to the last answer by the old state, one for each change it concerned; sorted. */
  readonly lastOldMs: number[]
  /** The latest that a request answered by the old state was sent after an acknowledgment. */
  latestSentMs: number
  violations: number
  false401: number
  false403: number
  unavailable: number
}

const QUIET = 'left alone'

export class Tally {
  readonly #rows = new Map<string, Row>()
  readonly failures: string[] = []
  /** Statuses nobody should see; 0 is no answer at all. */
  readonly strange: number[] = []
  acknowledged = 0

  add({ kind }: Trial, verdicts: readonly Verdict[]): void {
    this.acknowledged++
    for (const verdict of verdicts) this.#addTo(kind.name, verdict)
  }

  /** People nothing happened to: no change, but their refusals count. */
  addQuiet(verdicts: readonly Verdict[]): void {
    for (const verdict of verdicts) this.#addTo(QUIET, verdict)
  }

  /** A change that was not acknowledged promises nothing. */
  fail(reason: string): void {
    this.failures.push(reason)
  }

  #addTo(kind: string, verdict: Verdict): void {
    const { consistency, lastOldMs } = verdict
    const name = `${kind} ${consistency}`
    const zero = {
      requests: 0,
      violations: 0,
      false401: 0,
      false403: 0,
      unavailable: 0,
    }
    const row = this.#rows.get(name) ?? {
      kind,
      consistency,
      ...zero,
      lastOldMs: [],
      latestSentMs: 0,
    }
    this.#rows.set(name, row)
    this.strange.push(...verdict.strange)
    row.latestSentMs = Math.max(row.latestSentMs, verdict.lastOldSentMs ?? 0)
    if (lastOldMs !== null) row.lastOldMs.push(lastOldMs)
    for (const count of Object.keys(zero) as (keyof typeof zero)[]) row[count] += verdict[count]
  }

  rows(): Row[] {
    const rows = [...this.#rows.values()]
    for (const { lastOldMs } of rows) lastOldMs.sort((a, b) => a - b)
    const place = (row: Row) => CONSISTENCIES.indexOf(row.consistency)
    return rows.sort((a, b) => (a.kind === b.kind ? place(a) - place(b) : a.kind < b.kind ? -1 : 1))
  }

  total(count: 'requests' | 'violations' | 'false401' | 'false403' | 'unavailable') {
    return [...this.#rows.values()].reduce((sum, row) => sum + row[count], 0)
  }

  /** Nothing that may not be: 503 is an honest answer, and counted only. */
  get holds(): boolean {
    const wrong = ['violations', 'false401', 'false403'] as const
    return this.strange.length === 0 && wrong.every((count) => this.total(count) === 0)
  }

  progress(elapsedMs: number): string {
    const seconds = (elapsedMs / 1000).toFixed(0)
    const rate = (this.total('requests') / (elapsedMs / 1000)).toFixed(0)
    return (
      `${seconds} s: ${this.acknowledged} changes, ${this.total('requests')} requests (${rate}/s), ` +
      `${this.total('violations')} violations, ${this.total('false401')} false 401, ` +
      `${this.total('unavailable')} of 503, ${this.failures.length} calls failed`
    )
  }
}

/** The p-quantile of sorted numbers; null of none. */
export const quantile = (sorted: readonly number[], p: number): number | null =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? null
