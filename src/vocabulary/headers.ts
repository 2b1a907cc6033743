/**
 * Every header name this product sets, reads as its own or takes away, in one place.
 * Names are lower case, as Headers yields them. A visitor must never be able to speak in one of ours.
 */
export const SESSION_ASSERTION = 'session-assertion'
export const SESSION_ID = 'session-id'
export const SESSION_SUBJECT = 'session-subject'
export const SESSION_PERMISSIONS = 'session-permissions'
/** From the origin to us (design 9); taken away from every response and every inbound request. */
export const SESSION_COMMAND = 'session-command'

/** The headers that only we may say to the origin. */
export const OUR_HEADERS: ReadonlySet<string> = new Set([
  SESSION_ASSERTION,
  SESSION_ID,
  SESSION_SUBJECT,
  SESSION_PERMISSIONS,
  SESSION_COMMAND,
])

/** Where the visitor asked, for an origin at an address of its own. */
export const FORWARDED_HOST = 'x-forwarded-host'
export const FORWARDED_PROTO = 'x-forwarded-proto'

const SPELT_AS_OURS = spelling([...OUR_HEADERS])
const SPELT_AS_FORWARDED = spelling([FORWARDED_HOST, FORWARDED_PROTO])

/**
 * Whether an application may take a field of this name (in lower case) for one that only we say: CGI and its heirs
 * read every character that is neither letter nor digit as `_`, so `session_id` would reach it as `Session-Id`.
 * Asked for every field of every request: most are done with after their first letters.
 */
export const speaksForUs = (name: string): boolean =>
  (name.startsWith('session') && SPELT_AS_OURS.test(name)) || speaksOfForwarding(name)

/** The same, of the forwarding fields alone: without an origin of its own they are somebody else's. */
export const speaksOfForwarding = (name: string): boolean =>
  name.startsWith('x') && SPELT_AS_FORWARDED.test(name)

function spelling(names: readonly string[]): RegExp {
  return new RegExp(`^(?:${names.join('|').replaceAll('-', '[^a-z0-9]')})$`)
}
