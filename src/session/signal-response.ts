/**
 * What is done about signs against a session: kept beside it, told to every edge, written into the trail of events
 * with both sightings beside it, and where the policy says so the session or all of the subject's are ended. Must
 * never answer milder than the policy, in monitor mode never end anything, nor leave a place of who was erased.
 */
import type { Command, Redis } from '../foundation/redis.ts'
import type { LiveSession } from '../vocabulary/session.ts'
import {
  SIGNAL_RESPONSES,
  type Signal,
  type SignalPolicy,
  type SignalResponse,
} from '../vocabulary/signal.ts'
import { announcementOf } from './change.ts'
import type { AuditEvent } from './event.ts'
import type { Cause } from './registry-types.ts'
import { endingOfFamilies, revoke } from './revocation.ts'
import type { Sighting, Trail } from './sighting.ts'
import { type Raised, raisedField } from './signs.ts'
import { endingOfAll } from './subject-ending.ts'
import { readSnapshot, seenKey, sightingsKey, subjectKey } from './subject-sessions.ts'

/** Signs, and the two sightings they are about. */
export interface Report {
  readonly live: LiveSession
  readonly signals: readonly Signal[]
  readonly before: Trail | null
  readonly sighting: Sighting
  /** How long events, and so both sightings, are kept. */
  readonly keptMs: number
}

/** The hardest answer that a policy has to these signs; null: it looks at none of them. */
export function responseTo(
  signals: readonly Signal[],
  policy: SignalPolicy,
): SignalResponse | null {
  const asked = signals.flatMap((signal) => policy[signal] ?? [])
  return SIGNAL_RESPONSES.findLast((response) => asked.includes(response)) ?? null
}

/** Signs that were raised since the person last proved who they are. */
export const unresolved = (raised: Raised, { session }: LiveSession): readonly Signal[] =>
  (Object.keys(raised) as Signal[]).filter((signal) => (raised[signal] ?? 0) > session.authTimeMs)

/** Writes the signs beside the session and into the events; every edge hears of it. Throws StoreUnavailable. */
export async function raise(redis: Redis, report: Report, nowMs: number): Promise<void> {
  const { live, signals } = report
  const { slot, digest } = live.session.address
  const key = seenKey(slot)
  const fields = signals.map((signal) => raisedField(signal, digest))
  const commands: Command[] = [
    ['EXISTS', subjectKey(slot)],
    ['HSET', key, ...fields.flatMap((field) => [field, nowMs])],
    ['PEXPIREAT', key, live.session.expiresAtMs, 'NX'],
    ...announcementOf(
      {
        feed: [{ kind: 'subject', slot }],
        events: [eventOf('risk-level-change', live.sid, report)],
        cause: causeOf(signals),
        transactionId: crypto.randomUUID(),
      },
      nowMs,
    ),
  ]
  const [isKnown] = await redis.transaction(commands)
  // Erased since the session was looked at: what was written beside the trail goes again. Should that fail, it goes
  // with the keys' own ends.
  if (isKnown === 0) await redis.transaction([['HDEL', key, ...fields], forgetSightings(slot)])
}

/** Ends the session, or all of its subject's. Throws StoreUnavailable; a repeat is safe. */
export async function end(
  redis: Redis,
  report: Report,
  response: 'revoke' | 'revoke_all',
  nowMs: number,
): Promise<void> {
  const { live, signals } = report
  const { slot, digest } = live.session.address
  const cause = causeOf(signals)
  const ending =
    response === 'revoke_all'
      ? endingOfAll(slot, cause)
      : endingOfFamilies(await readSnapshot(redis, slot), slot, [digest], cause)
  const sid = response === 'revoke_all' ? null : live.sid
  const events = [eventOf('session-revoked', sid, report)]
  const { subjectBefore } = await revoke(redis, { ...ending, events }, nowMs)
  if (subjectBefore === null) await redis.transaction([forgetSightings(slot)])
}

const forgetSightings = (slot: string): Command => ['DEL', sightingsKey(slot)]

const causeOf = (signals: readonly Signal[]): Cause => ({
  initiator: 'policy',
  operator: null,
  reason: signals.join(' '),
})

const eventOf = (
  type: AuditEvent['type'],
  sid: string | null,
  { live, signals, before, sighting, keptMs }: Report,
): AuditEvent => ({
  type,
  slot: live.session.address.slot,
  sid,
  signs: { signals, from: before && seenBefore(before), to: sighting, keptMs },
})

const seenBefore = ({ stay, countries, networks, client }: Trail): Sighting => ({
  atMs: stay?.atMs ?? 0,
  place: stay?.place ?? null,
  country: stay?.country ?? countries.at(-1) ?? null,
  network: stay?.network ?? networks.at(-1) ?? null,
  client,
})
