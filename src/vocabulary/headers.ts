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
