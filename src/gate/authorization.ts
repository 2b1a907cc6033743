/**
 * Whether a live session may do what its policy asks for. Pure: the clock is an argument.
 * Must never be asked about a dead session or a disabled subject; those are refused before.
 */
import type { Denial } from '../vocabulary/denial.ts'
import type { Policy } from '../vocabulary/policy.ts'
import type { LiveSession } from '../vocabulary/session.ts'

/**
 * Null if the session may pass, else why not. Permissions come first: nobody is sent to prove again
 * who they are for something they may not do anyway.
 * @see RFC 6750 3.1 insufficient_scope, RFC 9470 3 insufficient_user_authentication
 */
export function authorize(live: LiveSession, policy: Policy, nowMs: number): Denial | null {
  const { permissions } = live.subject
  if (!policy.permissions.every((required) => permissions.includes(required))) {
    return {
      code: 'insufficient_scope',
      reason: 'missing_permission',
      required: policy.permissions,
    }
  }
  const { maxAuthAgeSeconds } = policy
  if (maxAuthAgeSeconds !== null && nowMs - live.session.authTimeMs > maxAuthAgeSeconds * 1000) {
    return {
      code: 'insufficient_user_authentication',
      reason: 'authentication_too_old',
      maxAgeSeconds: maxAuthAgeSeconds,
    }
  }
  return null
}
