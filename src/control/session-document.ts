/**
 * A session as the operator API shows it (design 8). Pure.
 * Must never hold a token, or anything of the subject but its name.
 */
import type { SessionView } from '../session/registry-types.ts'

/** RFC 3339 in UTC with milliseconds. */
export const timestamp = (ms: number): string => new Date(ms).toISOString()

/** Section 8's `session`; permissions and claims belong to the subject and are not in it. */
export function sessionDocument({ sid, session, subject, lastSeen, idleExpiresAtMs }: SessionView) {
  return {
    sid,
    subject: subject.subject,
    created_at: timestamp(session.createdAtMs),
    expires_at: timestamp(session.expiresAtMs),
    idle_expires_at: idleExpiresAtMs === null ? null : timestamp(idleExpiresAtMs),
    auth_time: timestamp(session.authTimeMs),
    amr: session.amr,
    acr: session.acr,
    labels: session.labels,
    device: session.device,
    last_seen: lastSeen && {
      at: timestamp(lastSeen.atMs),
      ip: lastSeen.ip,
      country: lastSeen.country,
      city: lastSeen.city,
    },
  }
}
