/**
 * What a statement is worth once the news is laid over it (design 6). Pure; this is the deciding code that
 * the simulation drives. Must never turn "not known" into "dead" or into "alive".
 */
import type { DeadReason } from '../vocabulary/denial.ts'
import type { LiveSession } from '../vocabulary/session.ts'
import { endOf } from './lifetime.ts'
import type { News } from './news.ts'
import type { Statement } from './statement.ts'

export type Judgement =
  | { readonly kind: 'alive'; readonly live: LiveSession }
  /** Final, whatever else may be heard. */
  | { readonly kind: 'dead'; readonly reason: DeadReason }
  /** Worth nothing as it stands: something between its head and the news is missing or has changed. */
  | { readonly kind: 'outdated' }
  /** This copy says over, but use or a change elsewhere may have said otherwise: only the primary knows. */
  | { readonly kind: 'doubtful' }
  /** This copy has no such session; only the primary's word on that is final. */
  | { readonly kind: 'missing' }

const OUTDATED: Judgement = { kind: 'outdated' }
const DOUBTFUL: Judgement = { kind: 'doubtful' }
const MISSING: Judgement = { kind: 'missing' }
const REVOKED: Judgement = { kind: 'dead', reason: 'revoked' }

/**
 * Lays all news later than the statement's head over it, and the clock. `own`: it was read for this very
 * request, so nothing that happened before the request can be missing from a primary's statement.
 */
export function judge(known: Statement, own: boolean, news: News, nowMs: number): Judgement {
  const { stored, subject, live } = known
  const told = stored === null ? null : overlay(known, stored.session.root, news, nowMs)
  if (told?.kind === 'dead') return told
  if (stored === null || subject === null || live === null) return MISSING
  if (subject.disabled) return finalIf(known.source === 'primary', 'subject_disabled')

  const { session, graceUntilMs } = stored
  if (graceUntilMs !== null && nowMs >= graceUntilMs) return REVOKED
  const end = endOf(session, known.lastSeen, news.epochs, nowMs)
  if (end === 'revoked' || end === 'expired') return { kind: 'dead', reason: end }
  // Use at another edge counts: only the primary knows of all of it.
  if (end === 'idle') return finalIf(own && known.source === 'primary', 'idle')
  return told ?? { kind: 'alive', live }
}

/** What a newer copy may contradict is final only from the primary. */
const finalIf = (final: boolean, reason: DeadReason): Judgement =>
  final ? { kind: 'dead', reason } : DOUBTFUL

function overlay(
  { address, head, askedAtMs, source }: Statement,
  root: string,
  news: News,
  nowMs: number,
): Judgement | null {
  let outdated = !news.reachesBackTo(head, askedAtMs)
  let doubtful = false
  for (const { seq, entry } of news.about(address.slot)) {
    if (seq <= head) continue
    switch (entry.kind) {
      case 'session':
        if (entry.family === root || entry.family === address.digest) return REVOKED
        break
      case 'sessions':
        if (entry.keep === root) break
        if (source === 'primary') return REVOKED
        // A replica may have moved on between its head and its session: made after the log-out, then.
        doubtful = true
        break
      case 'rotation':
        if (entry.digest !== address.digest) break
        outdated = true
        // Its grace is over; another rotation at the same moment may have won, with a longer one.
        if (nowMs >= entry.untilMs) doubtful = true
        break
      case 'subject':
        outdated = true
        break
    }
  }
  if (doubtful) return DOUBTFUL
  return outdated ? OUTDATED : null
}
