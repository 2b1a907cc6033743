/**
 * An event of the audit trail as the operator API shows it (design 8). Pure.
 * Must never tell a slot: it would join what erasure has taken apart.
 */

import { parseSighting } from '../session/event.ts'
import type { LoggedEvent } from '../session/event-log.ts'
import { timestamp } from './session-document.ts'

/** Section 8's event. `txn` (CAEP) is the same for all events of one operation: a receipt's revocation_id. */
export function eventDocument({ id, atMs, fields, subject }: LoggedEvent) {
  const text = (name: string) => fields.get(name) ?? null
  const issuedBefore = text('issued_before')
  return {
    id,
    type: text('type'),
    at: timestamp(atMs),
    subject,
    sid: text('sid'),
    initiator: text('initiator'),
    operator: text('operator'),
    reason: text('reason'),
    txn: text('txn'),
    ...signsOf(fields),
    ...(issuedBefore && { epoch: text('epoch'), issued_before: timestamp(Number(issuedBefore)) }),
  }
}

/** Signs that the session was stolen, and the two sightings they are about. */
function signsOf(fields: ReadonlyMap<string, string>) {
  const signals = fields.get('signals')
  if (signals === undefined) return {}
  const sighting = (name: string) => {
    const seen = parseSighting(fields.get(name))
    if (seen === null) return null
    const { atMs, place, country, network, client } = seen
    const at = place && { latitude: place.latitude, longitude: place.longitude }
    return { at: timestamp(atMs), country, ...at, network, client }
  }
  return { signals: signals.split(' '), from: sighting('from'), to: sighting('to') }
}
