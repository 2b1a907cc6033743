/**
 * What one read said about one token, and as of which head of the feed: the unit of everything an edge
 * knows about sessions. Pure. Must never be taken for the present: judge.ts lays the news over it first.
 */
import type {
  DecidingSession,
  DecidingSubject,
  LastSeen,
  LiveSession,
  SessionAddress,
} from '../vocabulary/session.ts'
import { ownText, shared } from './compact.ts'
import { NO_SIGNS, type Signs } from './signs.ts'
import { sidOf } from './token.ts'

export type Source = 'primary' | 'nearest'

/** A session as far as deciding needs it. */
export interface Remembered {
  readonly session: DecidingSession
  /** Rotated: the old token works until then. null: not rotated. */
  readonly graceUntilMs: number | null
}

/** When a session was last used; where is not remembered. */
export type LastUse = Pick<LastSeen, 'atMs'>

export interface Statement {
  /** Where the token itself leads (after a rotation that is not the session's own address). */
  readonly address: SessionAddress
  /** `feed:head` of the copy that was read, read first: the data is at least that new. */
  readonly head: number
  /** The start of the read, on this isolate's clock. */
  readonly askedAtMs: number
  readonly source: Source
  readonly stored: Remembered | null
  readonly subject: DecidingSubject | null
  readonly lastSeen: LastUse | null
  readonly signs: Signs
  /** Built once, so that what hangs on it (an assertion) lives as long as this state does. */
  readonly live: LiveSession | null
}

/** A statement from what was read, holding no more than deciding needs: an isolate remembers thousands. */
export function statement(
  read: Omit<Statement, 'live' | 'signs'> & { readonly signs?: Signs },
): Statement {
  const { head, askedAtMs, source, signs = NO_SIGNS } = read
  const slot = ownText(read.address.slot)
  const address = { slot, digest: ownText(read.address.digest) }
  const stored = read.stored && remembered(read.stored, address)
  const subject = read.subject && deciding(read.subject)
  const lastSeen = read.lastSeen && { atMs: read.lastSeen.atMs }
  if (stored === null || subject === null) {
    return { address, head, askedAtMs, source, stored, subject, lastSeen, signs, live: null }
  }
  const { session, graceUntilMs } = stored
  // One object for both: a live session is what was stored, and who it belongs to.
  const live = { sid: ownText(sidOf(session.address)), session, subject, graceUntilMs }
  return { address, head, askedAtMs, source, stored: live, subject, lastSeen, signs, live }
}

function remembered({ session, graceUntilMs }: Remembered, asked: SessionAddress): Remembered {
  const { slot, digest } = asked
  const isItself = session.address.digest === digest
  return {
    session: {
      address: isItself ? asked : { slot, digest: session.address.digest },
      root: session.root === digest ? digest : session.root,
      createdAtMs: session.createdAtMs,
      issuedAtMs: session.issuedAtMs,
      expiresAtMs: session.expiresAtMs,
      idleMs: session.idleMs,
      authTimeMs: session.authTimeMs,
      labels: shared(session.labels),
    },
    graceUntilMs,
  }
}

const deciding = ({ subject, permissions, disabled }: DecidingSubject): DecidingSubject => ({
  subject,
  permissions: shared(permissions),
  disabled,
})

/** The same statement after its session was used. */
export const seenAt = (known: Statement, { atMs }: LastUse): Statement => ({
  ...known,
  lastSeen: { atMs },
})
