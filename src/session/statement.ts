/**
 * What one read said about one token, and as of which head of the feed: the unit of everything an edge
 * knows about sessions. Pure. Must never be taken for the present: judge.ts lays the news over it first.
 */
import type { LastSeen, LiveSession, SessionAddress, Subject } from '../vocabulary/session.ts'
import type { StoredSession } from './record.ts'
import { sidOf } from './token.ts'

export type Source = 'primary' | 'nearest'

export interface Statement {
  /** Where the token itself leads (after a rotation that is not the session's own address). */
  readonly address: SessionAddress
  /** `feed:head` of the copy that was read, read first: the data is at least that new. */
  readonly head: number
  /** The start of the read, on this isolate's clock. */
  readonly askedAtMs: number
  readonly source: Source
  readonly stored: StoredSession | null
  readonly subject: Subject | null
  readonly lastSeen: LastSeen | null
  /** Built once, so that what hangs on it (an assertion) lives as long as this state does. */
  readonly live: LiveSession | null
}

/** A statement from what was read. */
export function statement(read: Omit<Statement, 'live'>): Statement {
  const { stored, subject } = read
  const live =
    stored === null || subject === null
      ? null
      : { sid: sidOf(stored.session.address), session: stored.session, subject }
  return { ...read, live }
}

/** The same statement after its session was used. */
export const seenAt = (known: Statement, lastSeen: LastSeen): Statement => ({ ...known, lastSeen })
