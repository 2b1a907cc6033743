/**
 * Who is calling, as the origin is told: the values of our headers, made once for a state of a session.
 * Must never hold the token or its secret, nor text of a request: what hangs on a session outlives requests.
 */
import type { LiveSession } from '../vocabulary/session.ts'

/** Ready to be set: nothing here is encoded per request. */
export interface Identity {
  /** The signed statement (a JWT). */
  readonly assertion: string
  readonly sid: string
  readonly subject: string
  /** Separated by one space, in stored order. */
  readonly permissions: string
}

/** People with the same role share their list of permissions, and so its header. */
const joined = new WeakMap<readonly string[], string>()

/** All of it but the assertion. */
export const identityOf = ({ sid, subject }: LiveSession): Omit<Identity, 'assertion'> => ({
  sid: encoded(sid),
  subject: encoded(subject.subject),
  permissions: joinedOnce(subject.permissions),
})

function joinedOnce(permissions: readonly string[]): string {
  let header = joined.get(permissions)
  if (header === undefined) {
    header = permissions.map(encoded).join(' ')
    joined.set(permissions, header)
  }
  return header
}

/** Percent-encoded UTF-8; half a surrogate pair becomes U+FFFD instead of an exception. */
function encoded(text: string): string {
  const encoding = encodeURIComponent(text.toWellFormed())
  // The very same string where nothing had to be encoded: it is not held twice.
  return encoding === text ? text : encoding
}
