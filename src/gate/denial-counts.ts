/**
 * Counts denials, so that a burst of forged tokens costs one log line and not a thousand. Per isolate, since its
 * start. Must never keep anything of a request: only what kind of denial it was.
 */
import type { Log } from '../foundation/log.ts'
import type { Denial } from '../vocabulary/denial.ts'
import { DENIAL_LOG_MS } from '../vocabulary/limits.ts'
import type { LeftReason, RefusedReason } from './session-command-outcome.ts'

/** A request that was refused, or a command of the origin that was not obeyed. */
export type Refusal =
  | Denial
  | { readonly code: 'session_command'; readonly reason: LeftReason | RefusedReason }

/** Worth an operator's attention; nobody logged in, or a session over, is daily life. */
const NOTEWORTHY: ReadonlySet<Refusal['reason']> = new Set<Refusal['reason']>([
  'forged',
  'cross_site',
  'store_unavailable',
  'two_tokens',
  'cookie_twice',
  'path_readings_disagree',
  'path_control_character',
  'path_too_many_readings',
  'not_listed',
])

export class DenialCounts {
  readonly #log: Log
  readonly #now: () => number
  readonly #total = new Map<string, number>()
  /** Noteworthy ones that no line has told yet. */
  readonly #untold = new Map<string, number>()
  #toldAtMs = Number.NEGATIVE_INFINITY

  constructor(log: Log, now: () => number) {
    this.#log = log
    this.#now = now
  }

  /** One more; at most one line a minute tells of all noteworthy ones since the last. */
  count({ code, reason }: Refusal): void {
    const name = `${code}/${reason}`
    add(this.#total, name)
    if (!NOTEWORTHY.has(reason)) return
    add(this.#untold, name)
    const nowMs = this.#now()
    if (nowMs - this.#toldAtMs < DENIAL_LOG_MS) return
    this.#toldAtMs = nowMs
    this.#log({ level: 'warn', code: 'denials', counts: Object.fromEntries(this.#untold) })
    this.#untold.clear()
  }

  /** By `code/reason`. */
  sinceStart(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#total)
  }
}

const add = (counts: Map<string, number>, name: string): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
