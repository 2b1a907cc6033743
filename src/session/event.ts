/**
 * The audit trail: what happened to sessions, in CAEP's words (OpenID CAEP 1.0), written in the
 * transaction of the change itself. Pure. An event must never name a person (a slot does) nor tell a place (those
 * stand beside it), so that after erasure the trail stands and no longer says who; and never hold a token.
 */
import type { Command } from '../foundation/redis.ts'
import type { Signal } from '../vocabulary/signal.ts'
import type { Cause } from './registry-types.ts'
import type { Sighting } from './sighting.ts'
import { sightingsKey } from './subject-sessions.ts'

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
  /** Signs that the session was stolen; never with the slot null. */
  readonly signs?: EventSigns
}

/** Which signs, and the two sightings they are about. */
export interface EventSigns {
  readonly signals: readonly Signal[]
  readonly from: Sighting | null
  readonly to: Sighting
  /** The sightings are kept so long: as long as the event. */
  readonly keptMs: number
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
  return events.flatMap(({ type, slot, sid, epoch, signs }): Command[] => [
    [
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
        ...(signs && { signals: signs.signals.join(' ') }),
      }),
    ],
    ...(slot !== null && signs ? recordSightings(slot, signs, transactionId, nowMs) : []),
  ])
}

/**
 * Beside the trail, under the subject's own key, which erasure deletes; the event finds them by `txn`. A stream, not
 * a hash, as its older entries go by their age while there are new ones; the key itself ends with the last of them.
 */
function recordSightings(
  slot: string,
  { from, to, keptMs }: EventSigns,
  transactionId: string,
  nowMs: number,
): Command[] {
  const key = sightingsKey(slot)
  const sightings = { from: from && JSON.stringify(from), to: JSON.stringify(to) }
  return [
    [
      'XADD',
      key,
      'MINID',
      Math.max(0, nowMs - keptMs),
      '*',
      ...present({ txn: transactionId, ...sightings }),
    ],
    ['PEXPIRE', key, keptMs, 'NX'],
    ['PEXPIRE', key, keptMs, 'GT'],
  ]
}

const present = (fields: Readonly<Record<string, string | null>>): string[] =>
  Object.entries(fields).flatMap(([name, value]) => (value === null ? [] : [name, value]))

/** A sighting as it was written; versions before this one wrote it into the event itself. */
export const parseSighting = (text: string | undefined): Sighting | null =>
  text === undefined ? null : (JSON.parse(text) as Sighting)
