/**
 * What stands in Redis (design 5) and how it becomes a value again: sessions, subjects, last-seen, epochs.
 * Pure. Must never guess: a record it does not understand is store trouble, not "no session".
 */
import * as z from 'zod/mini'
import { type Reply, StoreUnavailable } from '../foundation/redis.ts'
import type { LastSeen, Session, SessionAddress, Subject } from '../vocabulary/session.ts'

/** A field of `sessions:{slot}`: a session, or what rotation left behind of one for its grace. */
export interface StoredSession {
  readonly session: Session
  /** Rotated: the old token works until then, and `session` is the new one. null: not rotated. */
  readonly graceUntilMs: number | null
}

const text = z.string()
const time = z.number()
const device = z.object({
  name: z.optional(text),
  ip: z.optional(text),
  user_agent: z.optional(text),
})

const storedSession = z.object({
  root: text,
  rotated_from: z.array(text),
  created_at: time,
  issued_at: time,
  expires_at: time,
  idle: time,
  auth_time: time,
  amr: z.array(text),
  acr: z.nullable(text),
  labels: z.record(text, text),
  device: z.nullable(device),
})

const storedPointer = z.object({ to: text, issued_at: time, until: time })

const storedSeen = z.object({
  at: time,
  ip: z.nullable(text),
  country: z.nullable(text),
  city: z.nullable(text),
})

/** A session as the value of its field. */
export const sessionValue = (session: Session): string =>
  JSON.stringify({
    root: session.root,
    rotated_from: [...session.rotatedFrom],
    created_at: session.createdAtMs,
    issued_at: session.issuedAtMs,
    expires_at: session.expiresAtMs,
    idle: session.idleMs,
    auth_time: session.authTimeMs,
    amr: [...session.amr],
    acr: session.acr,
    labels: session.labels,
    device: session.device,
  } satisfies z.input<typeof storedSession>)

/** What a rotation leaves beside the old session: where its token leads, and for how long. */
export const pointerValue = ({ address, issuedAtMs }: Session, untilMs: number): string =>
  JSON.stringify({
    to: address.digest,
    issued_at: issuedAtMs,
    until: untilMs,
  } satisfies z.input<typeof storedPointer>)

/** A session's field of `sessions:{slot}` and the pointer beside it; null where there is no session. */
export function parseSession(
  { slot, digest }: SessionAddress,
  session: Reply | undefined,
  pointer: Reply | undefined,
): StoredSession | null {
  if (session === null) return null
  const stored = parse(storedSession, session)
  const rotated = pointer === null ? null : parse(storedPointer, pointer)
  return {
    session: {
      address: { slot, digest: rotated?.to ?? digest },
      root: stored.root,
      rotatedFrom: stored.rotated_from,
      createdAtMs: stored.created_at,
      issuedAtMs: rotated?.issued_at ?? stored.issued_at,
      expiresAtMs: stored.expires_at,
      idleMs: stored.idle,
      authTimeMs: stored.auth_time,
      amr: stored.amr,
      acr: stored.acr,
      labels: stored.labels,
      device: stored.device,
    },
    graceUntilMs: rotated?.until ?? null,
  }
}

/** The value of a field of `seen:{slot}`. */
export const seenValue = (seen: LastSeen): string =>
  JSON.stringify({
    at: seen.atMs,
    ip: seen.ip,
    country: seen.country,
    city: seen.city,
  } satisfies z.input<typeof storedSeen>)

/** The same, read back; null where the session was never used. */
export function parseSeen(reply: Reply | undefined): LastSeen | null {
  if (reply === null) return null
  const { at, ...place } = parse(storedSeen, reply)
  return { atMs: at, ...place }
}

/** The hash `subject:{slot}`; null where nothing is known of the subject. */
export function parseSubject(reply: Reply | undefined): Subject | null {
  const fields = pairsOf(reply)
  const subject = fields.get('subject')
  if (subject === undefined) return null
  return {
    subject,
    permissions: parse(z.array(text), fields.get('permissions') ?? '[]'),
    claims: parse(z.record(text, z.unknown()), fields.get('claims') ?? '{}'),
    disabled: fields.get('disabled') === '1',
    updatedAtMs: Number(fields.get('updated_at') ?? 0),
  }
}

/** The sorted set `epochs`: the score is the time. */
export function parseEpochs(reply: Reply | undefined): Map<string, number> {
  const epochs = new Map<string, number>()
  for (const [name, value] of pairsOf(reply)) {
    const atMs = Number(value)
    if (!Number.isFinite(atMs)) throw new StoreUnavailable('garbage')
    epochs.set(name, atMs)
  }
  return epochs
}

/** A hash as HGETALL replies it: field, value, field, value. ZRANGE WITHSCORES has the same shape. */
export function pairsOf(reply: Reply | undefined): Map<string, string> {
  if (!Array.isArray(reply)) throw new StoreUnavailable('garbage')
  const pairs = new Map<string, string>()
  for (let i = 0; i + 1 < reply.length; i += 2) pairs.set(String(reply[i]), String(reply[i + 1]))
  return pairs
}

function parse<T extends z.ZodMiniType>(schema: T, reply: Reply | undefined): z.output<T> {
  if (typeof reply !== 'string') throw new StoreUnavailable('garbage')
  try {
    return z.parse(schema, JSON.parse(reply))
  } catch {
    throw new StoreUnavailable('garbage')
  }
}
