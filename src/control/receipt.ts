/**
 * The answer to a revocation: what was done and when it holds everywhere (design 2 and 8).
 * Must never say `enforced` before the whole bound has passed since the primary had it.
 */
import type { Revocation } from '../session/registry-types.ts'
import type { Config } from '../vocabulary/config.ts'
import { document, problem } from './problem.ts'
import { timestamp } from './session-document.ts'

/** Every preference (RFC 7240 2): `token [ = word ] *( ; parameter )`, comma-separated. */
const preferences = (prefer: string): string[] =>
  prefer
    .replace(/"(?:[^"\\]|\\.)*"/g, '')
    .split(',')
    .map((preference) => preference.split(/[;=]/)[0]?.trim().toLowerCase() ?? '')

/** Does the caller want to hear back only when it is true everywhere? */
export const prefersToWait = (prefer: string | null): boolean =>
  prefer !== null && preferences(prefer).includes('wait')

/** After this time no edge admits what was revoked, on `strong` and `bounded` routes. */
export const enforcedWithinMs = (config: Config): number =>
  config.maxStalenessMs + config.outageGraceMs

/** The receipt, at once or, with `Prefer: wait`, when the bound has passed. 507 where the feed is full. */
export async function receiptResponse(
  revocation: Revocation,
  prefer: string | null,
  config: Config,
  now: () => number,
): Promise<Response> {
  const receipt = {
    revocation_id: revocation.revocationId,
    sessions_revoked: revocation.sessionsRevoked,
    acknowledged_at: timestamp(revocation.acknowledgedAtMs),
    enforced_within_ms: enforcedWithinMs(config),
    enforced: false,
  }
  if (!revocation.announced) {
    return problem(507, 'insufficient_storage', {
      detail:
        'The sessions are deleted at the primary, but the database is full and edges that remember them ' +
        'could not be told: they may admit them until they read again. Make room and repeat this call.',
      members: { receipt },
    })
  }
  if (!prefersToWait(prefer)) return document(receipt)
  const enforcedAtMs = revocation.acknowledgedAtMs + receipt.enforced_within_ms
  while (now() <= enforcedAtMs) await scheduler.wait(enforcedAtMs - now() + 1)
  return document({ ...receipt, enforced: true }, 200, { 'preference-applied': 'wait' })
}
