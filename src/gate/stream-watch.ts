/**
 * The timer of one open stream: looks whether its session still lives and may still do what was asked, and ends
 * the stream where not (design 7, "Open streams"). One for each stream, in the context of its own request. Must
 * never leave a stream unwatched: what goes wrong here ends it.
 */
import { describeException, type Log } from '../foundation/log.ts'
import type { SessionWatch, Sight } from '../session/watch.ts'
import type { Denial } from '../vocabulary/denial.ts'
import { RETRY_AFTER_SECONDS } from '../vocabulary/limits.ts'
import type { Policy } from '../vocabulary/policy.ts'
import { authorize } from './authorization.ts'
import type { DenialCounts } from './denial-counts.ts'

/** Why a stream ends, as a request would be refused now; null is a fault of our own. */
export type Ending = Denial | null

/** What of the gate a stream needs. */
export interface SupervisionParts {
  readonly denials: DenialCounts
  readonly log: Log
  readonly now: () => number
}

export interface Supervision {
  /** The person behind the session has sent something: that counts against idle time. */
  used(): void
  /** The stream is over. */
  stop(): void
}

/** Looks until stopped; calls `end` once at most, and not after `stop`. */
export function supervise(
  watch: SessionWatch,
  policy: Policy,
  { denials, log, now }: SupervisionParts,
  end: (ending: Ending) => void,
): Supervision {
  // How old a login may be is a rule for the door: a stream was opened while it was young enough.
  const whileOpen = { ...policy, maxAuthAgeSeconds: null }
  let wasUsed = false
  let timer: ReturnType<typeof setTimeout> | null = null

  const stop = () => {
    if (timer !== null) clearTimeout(timer)
    timer = null
  }
  const endingOf = async (): Promise<Ending | 'none'> => {
    const used = wasUsed
    wasUsed = false
    try {
      return refusalOf(await watch.look(used), whileOpen, now()) ?? 'none'
    } catch (exception) {
      log({ level: 'error', code: 'internal_error', ...describeException(exception) })
      return null
    }
  }
  const tick = async () => {
    const ending = await endingOf()
    if (timer === null) return
    if (ending === 'none') {
      timer = setTimeout(tick, watch.pauseMs())
      return
    }
    stop()
    if (ending !== null) denials.count(ending)
    end(ending)
  }
  timer = setTimeout(tick, watch.pauseMs())
  return {
    stop,
    used: () => {
      wasUsed = true
    },
  }
}

function refusalOf(sight: Sight, policy: Policy, nowMs: number): Denial | null {
  switch (sight.kind) {
    case 'alive':
      return authorize(sight.live, policy, nowMs)
    case 'dead':
      return { code: 'invalid_token', reason: sight.reason, fromCookie: false }
    case 'unheard':
      return {
        code: 'session_store_unavailable',
        reason: 'store_unavailable',
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      }
  }
}
