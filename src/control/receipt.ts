/**
 * The receipt of a revocation: what was done, and when it is true everywhere (design 2 and 8).
 * Must never say `enforced: true` before the stated bound has passed since the acknowledgment.
 */
import type { Revocation } from '../session/registry-types.ts'
import type { ControlDependencies } from './dependencies.ts'
import { waitPreference } from './prefer.ts'
import { json, problem } from './problem.ts'
import { timestamp } from './session-document.ts'

/** The most that lies between an acknowledged revocation and the last request it lets through. */
export const enforcedWithinMs = (config: ControlDependencies['config']): number =>
  config.maxStalenessMs + config.outageGraceMs

/** Section 8's receipt. */
export const receiptDocument = (revocation: Revocation, withinMs: number, enforced: boolean) => ({
  revocation_id: revocation.revocationId,
  sessions_revoked: revocation.sessionsRevoked,
  acknowledged_at: timestamp(revocation.acknowledgedAtMs),
  enforced_within_ms: withinMs,
  enforced,
})

/**
 * 200 with the receipt: at once, or with `Prefer: wait` when the bound has passed. A client that waits
 * less than that (`wait=<seconds>`) is answered at once, and told so by the missing
 * `Preference-Applied` (RFC 7240 section 3).
 */
export async function receiptResponse(
  revocation: Revocation,
  request: Request,
  { config, now }: ControlDependencies,
): Promise<Response> {
  const withinMs = enforcedWithinMs(config)
  if (!revocation.announced) return notAnnounced(receiptDocument(revocation, withinMs, false))
  const wait = waitPreference(request.headers.get('prefer'))
  if (wait === null || wait.atMostMs < withinMs) {
    return json(200, receiptDocument(revocation, withinMs, false))
  }
  // Counted from the later of the two clocks' words: too long is a delay, too short a lie.
  const startedAtMs = Math.max(revocation.acknowledgedAtMs, now())
  await elapse(startedAtMs + withinMs - now())
  return json(200, receiptDocument(revocation, withinMs, true), { 'preference-applied': 'wait' })
}

/** The database is full: what is done and what is not yet enforced (design 5). */
const notAnnounced = (receipt: ReturnType<typeof receiptDocument>): Response =>
  problem(
    'insufficient_storage',
    'The sessions are deleted at the primary, but the database is full: edges that remember them could ' +
      'not be told and may admit them until they read again. Make room and repeat this call.',
    { members: { receipt } },
  )

const elapse = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
