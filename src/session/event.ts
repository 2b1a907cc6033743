/**
 * The audit trail: what happened to sessions, in CAEP's words (OpenID CAEP 1.0), written in the
 * transaction of the change itself. Pure. An event must never name a person (a slot does), so that
 * after erasure the trail stands and no longer says who; and never hold a token.
 */
import type { Command } from '../foundation/redis.ts'
import type { Signal } from '../vocabulary/signal.ts'
import type { Cause } from './registry-types.ts'
import type { Sighting } from './sighting.ts'

export type EventType =
  | 'session-established'
  | 'session-revoked'
  | 'session-rotated'
  | 'risk-level-change'
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
  /** Signs that the session was stolen: which, and the two sightings they are about. */
  readonly signs?: {
    readonly signals: readonly Signal[]
    readonly from: Sighting | null
    readonly to: Sighting
  }
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
    ({ type, slot, sid, epoch, signs }): Command => [
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
        ...(signs && {
          signals: signs.signals.join(' '),
          from: signs.from && JSON.stringify(signs.from),
          to: JSON.stringify(signs.to),
        }),
      }),
    ],
  )
}

const present = (fields: Readonly<Record<string, string | null>>): string[] =>
  Object.entries(fields).flatMap(([name, value]) => (value === null ? [] : [name, value]))

/** A sighting of an event, as it was written. */
export const parseSighting = (text: string | undefined): Sighting | null =>
  text === undefined ? null : (JSON.parse(text) as Sighting)
