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
  /** The old token works until then and speaks for `session`, which is the new one. null: not rotated. */
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
  rotated_from: z.optional(text),
  created_at: time,
  issued_at: time,
  expires_at: time,
  idle: time,
  auth_time: time,
  amr: z.array(text),
  acr: z.nullable(text),
  labels: z.record(text, text),
  device: z.nullable(device),
  rotated_to: z.optional(text),
  grace_until: z.optional(time),
})

const storedSeen = z.object({
  at: time,
  ip: z.nullable(text),
  country: z.nullable(text),
  city: z.nullable(text),
})

/** A session as the value of its field. With a rotation, the value of the old token's field. */
export const sessionValue = (
  session: Session,
  rotation?: { readonly graceUntilMs: number },
): string =>
  JSON.stringify({
    root: session.root,
    rotated_from: session.rotatedFrom,
    created_at: session.createdAtMs,
    issued_at: session.issuedAtMs,
    expires_at: session.expiresAtMs,
    idle: session.idleMs,
    auth_time: session.authTimeMs,
    amr: [...session.amr],
    acr: session.acr,
    labels: session.labels,
    device: session.device,
    ...(rotation && { rotated_to: session.address.digest, grace_until: rotation.graceUntilMs }),
  } satisfies z.input<typeof storedSession>)

/** The value of a field of `sessions:{slot}`; null where there is none. */
export function parseSession(
  address: SessionAddress,
  reply: Reply | undefined,
): StoredSession | null {
  if (reply === null) return null
  const stored = parse(storedSession, reply)
  return {
    session: {
      address: { slot: address.slot, digest: stored.rotated_to ?? address.digest },
      root: stored.root,
      ...(stored.rotated_from !== undefined && { rotatedFrom: stored.rotated_from }),
      createdAtMs: stored.created_at,
      issuedAtMs: stored.issued_at,
      expiresAtMs: stored.expires_at,
      idleMs: stored.idle,
      authTimeMs: stored.auth_time,
      amr: stored.amr,
      acr: stored.acr,
      labels: stored.labels,
      device: stored.device,
    },
    graceUntilMs: stored.grace_until ?? null,
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
