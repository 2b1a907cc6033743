/**
 * Every way a visitor's request can be refused, as a closed union: `code` is for the wire, `reason`
 * for the audit. gate/denial-response.ts is the only place that turns one into HTTP.
 * A denial must never carry a token, a cookie or what the store said.
 */
export type Denial =
  | { readonly code: 'invalid_request'; readonly reason: AmbiguityReason }
  | { readonly code: 'login_required'; readonly reason: 'no_token' }
  | {
      readonly code: 'invalid_token'
      readonly reason: DeadReason
      /** The token came in the cookie, so the cookie is to be cleared. */
      readonly fromCookie: boolean
    }
  | {
      readonly code: 'insufficient_user_authentication'
      /** Too old for the policy, or from before a sign that the session was stolen. */
      readonly reason: 'authentication_too_old' | 'session_suspect'
      readonly maxAgeSeconds: number
    }
  | {
      readonly code: 'insufficient_scope'
      readonly reason: 'missing_permission'
      /** All that the policy asks for, in its order. */
      readonly required: readonly string[]
    }
  | { readonly code: 'cross_site_request'; readonly reason: 'cross_site' }
  | {
      readonly code: 'session_store_unavailable'
      readonly reason: 'store_unavailable'
      readonly retryAfterSeconds: number
    }

/** Two parsers could read the request differently, so it means nothing. */
export type AmbiguityReason =
  | 'path_readings_disagree'
  | 'path_control_character'
  | 'path_too_many_readings'
  | 'two_tokens'
  | 'cookie_twice'
  | 'malformed_authorization'

/** Why a token opens nothing. The wire never says which (RFC 6750 3.1); the audit does. */
export type DeadReason =
  /** Not a token of ours: wrong shape, prefix, key or tag. Known without asking the store. */
  | 'forged'
  /** The store holds no such session: revoked, or long gone. */
  | 'unknown'
  /** A revocation heard on the feed, or an epoch. */
  | 'revoked'
  | 'expired'
  | 'idle'
  | 'subject_disabled'
