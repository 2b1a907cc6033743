/**
 * What stands in Redis of where a session was (issue 8): fields beside its last-seen in `seen:{slot}`, so that they
 * are read with it, end with it and are erased with it. Pure. Must never be finer than the grid of sighting.ts, and
 * what is not understood is store trouble, not "nothing known".
 */
import { type Reply, StoreUnavailable } from '../foundation/redis.ts'
import { SIGNALS, type Signal } from '../vocabulary/signal.ts'
import type { Stay, Trail } from './sighting.ts'
import type { Found } from './signals.ts'

/** Signs raised against a session, and when; they hold until the person has proven again who they are. */
export type Raised = Readonly<Partial<Record<Signal, number>>>

/** What is known of a session beside its last use. */
export interface Signs {
  readonly trail: Trail | null
  readonly raised: Raised
}

/** Each sign that either knows of, and the later time of it. */
export const raisedByEither = (one: Raised, other: Raised): Raised =>
  Object.fromEntries(
    SIGNALS.flatMap((signal) => {
      const atMs = Math.max(one[signal] ?? 0, other[signal] ?? 0)
      return atMs > 0 ? [[signal, atMs]] : []
    }),
  )

export const NO_SIGNS: Signs = { trail: null, raised: {} }

/** The session's trail. */
export const trailField = (digest: string): string => `trail:${digest}`
/** When it was last seen within the trail's stay, and which stay that was. */
export const presenceField = (digest: string): string => `here:${digest}`
export const raisedField = (signal: Signal, digest: string): string => `${signal}:${digest}`

/** The fields to read with a session; their replies go to parseSigns in this order. */
export const signFields = (digest: string): string[] => [
  trailField(digest),
  ...SIGNALS.map((signal) => raisedField(signal, digest)),
]

/** All that is kept of a session here; goes when it goes. */
export const allSignFields = (digest: string): string[] => [
  presenceField(digest),
  ...signFields(digest),
]

/** What stands of a session in all of `seen:{slot}`, as fields and values for its next token's. */
export const carriedSigns = (
  seen: ReadonlyMap<string, string>,
  from: string,
  to: string,
): string[] => {
  const named = allSignFields(to)
  return allSignFields(from).flatMap((field, at) => {
    const [value, next] = [seen.get(field), named[at]]
    return value === undefined || next === undefined ? [] : [next, value]
  })
}

export function parseSigns([trail, ...raised]: readonly Reply[]): Signs {
  const at = raised.flatMap((reply, index): [Signal, number][] => {
    const signal = SIGNALS[index]
    return reply === null || signal === undefined ? [] : [[signal, timeOf(reply)]]
  })
  const parsed = parseTrail(trail)
  return parsed === null && at.length === 0
    ? NO_SIGNS
    : { trail: parsed, raised: Object.fromEntries(at) }
}

export const trailValue = (trail: Trail): string => JSON.stringify(trail)

/** The value of a trail's field; null where there is none. */
export function parseTrail(reply: Reply | undefined): Trail | null {
  if (reply === null) return null
  const trail = jsonOf(reply) as Partial<Trail> | null
  const isTrail = Array.isArray(trail?.jumps) && Array.isArray(trail?.countries)
  if (!isTrail || !Array.isArray(trail?.networks)) throw new StoreUnavailable('garbage')
  return trail as Trail
}

/** Presence says which stay it is about: a touch that comes late must not vouch for the next one. */
export const presenceValue = (stay: Stay | null, atMs: number): string =>
  `${stay?.atMs ?? ''} ${atMs}`

/** The trail and the presence as the primary had them. */
export function parseFound(trail: Reply | undefined, presence: Reply | undefined): Found | null {
  const known = parseTrail(trail)
  if (known === null) return null
  const [stayAt, atMs] = typeof presence === 'string' ? presence.split(' ') : []
  const isOfStay = stayAt === String(known.stay?.atMs ?? '')
  return { trail: known, presentAtMs: isOfStay && atMs !== undefined ? timeOf(atMs) : null }
}

function timeOf(reply: Reply): number {
  const atMs = Number(reply)
  if (!Number.isSafeInteger(atMs)) throw new StoreUnavailable('garbage')
  return atMs
}

function jsonOf(reply: Reply | undefined): unknown {
  try {
    return JSON.parse(String(reply))
  } catch {
    return null
  }
}
