/**
 * A session as the API shows it (design 8). Pure. Must never show a token, a secret or a key in Redis.
 */
import type * as z from 'zod/mini'
import type { SessionView } from '../session/registry-types.ts'
import type { session } from './schemas.ts'

/** RFC 3339 UTC with milliseconds. */
export const timestamp = (ms: number): string => new Date(ms).toISOString()

export function sessionDocument(view: SessionView): z.output<typeof session> {
  const { lastSeen } = view
  const stored = view.session
  return {
    sid: view.sid,
    subject: view.subject.subject,
    created_at: timestamp(stored.createdAtMs),
    expires_at: timestamp(stored.expiresAtMs),
    idle_expires_at: view.idleExpiresAtMs === null ? null : timestamp(view.idleExpiresAtMs),
    auth_time: timestamp(stored.authTimeMs),
    amr: [...stored.amr],
    acr: stored.acr,
    labels: stored.labels,
    device: stored.device,
    last_seen: lastSeen && {
      at: timestamp(lastSeen.atMs),
      ip: lastSeen.ip,
      country: lastSeen.country,
      city: lastSeen.city,
    },
  }
}
