/**
 * The Set-Cookie lines for the session cookie (RFC 6265bis), one to set and one to clear it.
 * Must never give it a Domain: the `__Host-` prefix (section 4.1.3.2) asks for Secure, Path=/ and no
 * Domain, so that no other host of the site can set or read it.
 */

/** Lax: sent when somebody follows a link here, not with a cross-site POST or subresource. */
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Lax'

/**
 * Sets the session cookie for so many seconds. The token is base64url and `_`, so it needs no quoting.
 * @see RFC 6265bis 5.6.2: browsers cap Max-Age at 400 days.
 */
export const setCookieHeader = (name: string, token: string, maxAgeSeconds: number): string =>
  `${name}=${token}; Max-Age=${Math.max(0, Math.floor(maxAgeSeconds))}; ${ATTRIBUTES}`

/** Clears the session cookie; only a line with the same attributes may touch a `__Host-` cookie. */
export const clearCookieHeader = (name: string): string => `${name}=; Max-Age=0; ${ATTRIBUTES}`
