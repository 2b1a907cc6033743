/**
 * The audit trail: what happened to sessions, in CAEP's words (OpenID CAEP 1.0), written in the
 * transaction of the change itself. Pure. An event must never name a person (a slot does), so that
 * after erasure the trail stands and no longer says who; and never hold a token.
 */
import type { Command } from '../foundation/redis.ts'
import type { Cause } from './registry-types.ts'

export type EventType =
  | 'session-established'
  | 'session-revoked'
  | 'session-rotated'
  | 'token-claims-change'
  | 'subject-disabled'
  | 'subject-enabled'
  | 'subject-erased'

export interface AuditEvent {
  readonly type: EventType
  /** null where it is about everybody (epochs). */
  readonly slot: string | null
  readonly sid: string | null
  /** What an epoch ended: sessions created before `atMs`, of everybody (`*`) or with a label. */
  readonly epoch?: { readonly name: string; readonly atMs: number }
}

export const EVENTS_KEY = 'events'

/**
 * The commands that write events down. `transactionId` (CAEP `txn`) is the same for all events of one
 * operation, so that a repeat after an unknown outcome can be told from a second operation. Events older than
 * `retentionMs` go at the same time, if it is given.
 */
export function record(
  events: readonly AuditEvent[],
  cause: Cause,
  transactionId: string,
  nowMs: number,
  retentionMs: number | null,
): Command[] {
  const trim = retentionMs === null ? [] : ['MINID', '~', Math.max(0, nowMs - retentionMs)]
  return events.map(
    ({ type, slot, sid, epoch }): Command => [
      'XADD',
      EVENTS_KEY,
      ...trim,
      '*',
      ...present({
        type,
        slot,
        sid,
        txn: transactionId,
        ...cause,
        ...(epoch && { epoch: epoch.name, issued_before: String(epoch.atMs) }),
      }),
    ],
  )
}

const present = (fields: Readonly<Record<string, string | null>>): string[] =>
  Object.entries(fields).flatMap(([name, value]) => (value === null ? [] : [name, value]))
