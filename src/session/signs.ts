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

type Track = Pick<Trail, 'stay' | 'left' | 'jumps'>
type Habits = Pick<Trail, 'countries' | 'networks' | 'client'>
const NOWHERE: Track = { stay: null, left: null, jumps: [] }
const UNUSED: Habits = { countries: [], networks: [], client: null }

export const NO_SIGNS: Signs = { trail: null, raised: {} }

/** Where the session is, and came from. */
const trackField = (digest: string): string => `track:${digest}`
/** The countries, networks and client it uses. Apart: who comes with a new network moves nothing. */
const habitsField = (digest: string): string => `habits:${digest}`
/** When it was last seen within its stay, and which stay that was. */
export const presenceField = (digest: string): string => `here:${digest}`
export const raisedField = (signal: Signal, digest: string): string => `${signal}:${digest}`

/** Their values make a trail. */
export const trailFields = (digest: string): [track: string, habits: string] => [
  trackField(digest),
  habitsField(digest),
]

/** The fields to read with a session; their replies go to parseSigns in this order. */
export const signFields = (digest: string): string[] => [
  ...trailFields(digest),
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

export function parseSigns([track, habits, ...raised]: readonly Reply[]): Signs {
  const at = raised.flatMap((reply, index): [Signal, number][] => {
    const signal = SIGNALS[index]
    return reply === null || signal === undefined ? [] : [[signal, timeOf(reply)]]
  })
  const parsed = parseTrail(track, habits)
  return parsed === null && at.length === 0
    ? NO_SIGNS
    : { trail: parsed, raised: Object.fromEntries(at) }
}

export const STANDING_PARTS = ['track', 'habits', 'presence'] as const
export type StandingPart = (typeof STANDING_PARTS)[number]
/** Their values at one moment; null: there is none. */
export type Standing = Readonly<Record<StandingPart, string | null>>

export const standingField = (part: StandingPart, digest: string): string =>
  ({ track: trackField, habits: habitsField, presence: presenceField })[part](digest)

/** What a swap reads; replies go to parseStanding in this order. */
export const standingFields = (digest: string): string[] =>
  STANDING_PARTS.map((part) => standingField(part, digest))

export const trackOf = ({ stay, left, jumps }: Trail): Track => ({ stay, left, jumps })
export const habitsOf = ({ countries, networks, client }: Trail): Habits => ({
  countries,
  networks,
  client,
})

/** How a trail stands. Seen nowhere in particular, it has no track. */
export const standingOf = (trail: Trail | null, presence: string | null): Standing => ({
  track: trail?.stay ? JSON.stringify(trackOf(trail)) : null,
  habits: trail && JSON.stringify(habitsOf(trail)),
  presence,
})

export function parseStanding(reply: Reply | undefined): Standing {
  if (!Array.isArray(reply) || reply.length !== 3) throw new StoreUnavailable('garbage')
  const [track, habits, presence] = reply.map((value: Reply) => {
    if (value !== null && typeof value !== 'string') throw new StoreUnavailable('garbage')
    return value
  })
  return { track: track ?? null, habits: habits ?? null, presence: presence ?? null }
}

/** The two fields, read back; null where there is neither. */
export function parseTrail(track: Reply | undefined, habits: Reply | undefined): Trail | null {
  if (track === null && habits === null) return null
  const where = track === null ? NOWHERE : (jsonOf(track) as Partial<Track> | null)
  const uses = habits === null ? UNUSED : (jsonOf(habits) as Partial<Habits> | null)
  const isTrail = Array.isArray(where?.jumps) && Array.isArray(uses?.countries)
  if (!isTrail || !Array.isArray(uses?.networks)) throw new StoreUnavailable('garbage')
  return { ...where, ...uses } as Trail
}

/** Presence says which stay it is about: a touch that comes late must not vouch for the next one. */
export const presenceValue = (stay: Stay | null, atMs: number): string =>
  `${stay?.atMs ?? ''} ${atMs}`

/** As the primary had it. */
export function foundIn({ track, habits, presence }: Standing): Found | null {
  const known = parseTrail(track, habits)
  if (known === null) return null
  const atMs = isOfStay(presence, known.stay) ? presence?.split(' ')[1] : undefined
  return { trail: known, presentAtMs: atMs === undefined ? null : timeOf(atMs) }
}

/** Is it about this stay? */
export const isOfStay = (presence: string | null, stay: Stay | null): boolean =>
  presence?.split(' ')[0] === String(stay?.atMs ?? '')

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
