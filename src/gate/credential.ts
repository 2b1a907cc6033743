/**
 * Takes the one credential out of a request: our cookie or a bearer token. Whatever two parsers could
 * read as two credentials is refused, even where both are the same.
 * Must never log or return a header; whether the token is worth anything is not decided here.
 */
import type { AmbiguityReason } from '../vocabulary/denial.ts'
import { err, ok, type Result } from '../vocabulary/result.ts'
import type { Arrival } from './arrival.ts'
import type { CookieSpan } from './cookie-spans.ts'

export interface Credential {
  readonly token: string
  readonly from: 'cookie' | 'bearer' | 'both'
}

/** credentials = "Bearer" 1*SP b64token; the scheme in any case (RFC 6750 2.1, RFC 9110 11.1) */
const BEARER = /^bearer +([\w.~+/-]+=*)$/i
/** The scheme's name, not as a part of a longer one (tchar, RFC 9110 5.6.2). */
const BEARER_SCHEME = /^bearer(?![\w!#$%&'*+.^`|~-])/i
/** Two Authorization headers arrive as one, joined by a comma. */
const ANOTHER_BEARER = /,[ \t]*bearer(?![\w!#$%&'*+.^`|~-])/i

/**
 * The credential of a request, null if it has none. Other schemes than Bearer are not ours and pass,
 * commas and all. An empty cookie is no credential: that is how a cookie looks half cleared.
 */
export function readCredential({
  authorization,
  ourCookies,
}: Pick<Arrival, 'authorization' | 'ourCookies'>): Result<Credential | null, AmbiguityReason> {
  const bearer = bearerToken(authorization)
  if (!bearer.ok) return bearer
  const cookie = cookieToken(ourCookies)
  if (!cookie.ok) return cookie
  if (bearer.value === null) {
    return ok(cookie.value === null ? null : { token: cookie.value, from: 'cookie' })
  }
  if (cookie.value === null) return ok({ token: bearer.value, from: 'bearer' })
  // Both are the visitor's own, so comparing them in constant time would protect nothing.
  if (cookie.value !== bearer.value) return err('two_tokens')
  return ok({ token: bearer.value, from: 'both' })
}

function bearerToken(header: string | null): Result<string | null, AmbiguityReason> {
  if (header === null) return ok(null)
  const token = BEARER.exec(header)?.[1]
  if (token !== undefined) return ok(token)
  const meansBearer = BEARER_SCHEME.test(header) || ANOTHER_BEARER.test(header)
  return meansBearer ? err('malformed_authorization') : ok(null)
}

/** The session token of what a `Cookie` header holds of our cookie; null without one. */
export function cookieToken([only, another]: readonly CookieSpan[]): Result<
  string | null,
  AmbiguityReason
> {
  if (only === undefined) return ok(null)
  if (another !== undefined || only.isDoubtful) return err('cookie_twice')
  return ok(only.value === '' ? null : only.value)
}
