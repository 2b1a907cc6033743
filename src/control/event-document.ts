/**
 * An event of the audit trail as the operator API shows it (design 8). Pure.
 * Must never tell a slot: it would join what erasure has taken apart.
 */

import { parseSighting } from '../session/event.ts'
import type { LoggedEvent, Sightings } from '../session/event-log.ts'
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

/** Signs that the session was stolen, and the two sightings they are about, as long as those are kept. */
function signsOf(fields: ReadonlyMap<string, string>) {
  const signals = fields.get('signals')
  if (signals === undefined) return {}
  return { signals: signals.split(' '), ...(fields.has('to') && bothSightings(fields)) }
}

/** The same as the export lists them. */
export const sightingsDocument = ({ fields }: Sightings) => ({
  txn: fields.get('txn') ?? null,
  ...bothSightings(fields),
})

const bothSightings = (fields: Sightings['fields']) => ({
  from: sightingDocument(fields.get('from')),
  to: sightingDocument(fields.get('to')),
})

function sightingDocument(text: string | undefined) {
  const seen = parseSighting(text)
  if (seen === null) return null
  const { atMs, place, country, network, client } = seen
  const at = place && { latitude: place.latitude, longitude: place.longitude }
  return { at: timestamp(atMs), country, ...at, network, client }
}
