/**
 * Signs of theft in a schedule: what the routes do about them, a night in which a traveller flies, and thieves who
 * come from far away in the same seconds as everybody else. Drawn from streams of its own, so that a world that
 * watches nothing is what it was without this file.
 */
import type { Consistency } from '../../src/vocabulary/policy.ts'
import {
  SIGNAL_RESPONSES,
  type Signal,
  type SignalPolicy,
  type SignalResponse,
} from '../../src/vocabulary/signal.ts'
import type { Conditions, Window } from './conditions.ts'
import type { Change, Plan, Step } from './plan.ts'
import { Random } from './random.ts'

export interface Watch {
  /** What each route does about signs; null: it looks at none. */
  readonly routes: readonly (SignalPolicy | null)[]
  readonly watched: ReadonlySet<Signal>
  /** Then nobody does anything for half a day. */
  readonly nightAtMs: number | null
}

/** Long enough to fly to the other side. */
export const NIGHT_MS = 12 * 3_600_000
const STREAM = 2000

/** One schedule in four. */
export function watchOf(seed: number, boundMs: number): Watch | null {
  if (seed % 4 !== 1) return null
  const random = new Random(seed, STREAM)
  const response = (): SignalResponse =>
    random.weighted<SignalResponse>({ record: 1, step_up: 3, revoke: 2, revoke_all: 1 })
  const policy = (): SignalPolicy => ({
    ...(random.chance(0.9) && { travel: response() }),
    ...(random.chance(0.3) && { fork: response() }),
  })
  const others = Array.from({ length: random.between(0, 2) }, () =>
    random.chance(0.25) ? null : policy(),
  )
  const routes = [policy(), ...others]
  const watched = new Set(routes.flatMap((each) => Object.keys(each ?? {}) as Signal[]))
  const nightAtMs = random.chance(0.3) ? boundMs * random.between(1, 4) : null
  return { routes, watched, nightAtMs }
}

/** Is it a harder answer than telling? */
export const isEnforced = (response: SignalResponse | undefined): boolean =>
  response !== undefined && SIGNAL_RESPONSES.indexOf(response) > 0

/** In half of those worlds few sessions are ended by others than by their thieves. */
const DEADLY: ReadonlySet<string> = new Set<Change>([
  'revoke',
  'revoke-all',
  'revoke-others',
  'disable',
  'epoch',
])

/** The same plan with thieves in it, and its night. */
export function watchedPlan({ conditions, steps }: Plan): Plan {
  const { watch, seed, boundMs, edges } = conditions
  if (watch === null) return { conditions, steps }
  const random = new Random(seed, STREAM + 1)
  const isQuiet = random.chance(0.5)
  const all = steps.filter(({ kind }) => !isQuiet || !DEADLY.has(kind))
  for (let n = random.between(2, 7); n > 0; n--) {
    const near = random.pick(steps).atMs
    all.push({
      atMs: Math.max(30, near + random.between(-boundMs / 10, boundMs / 2)),
      kind: 'request',
      edge: random.between(0, edges.length - 1),
      consistency: random.weighted<Consistency>({ bounded: 5, eventual: 2, strong: 2 }),
      stream: steps.length + n,
      isFar: true,
    })
  }
  const late = lateBy(watch.nightAtMs)
  return {
    conditions: { ...conditions, ...withNight(conditions, late) },
    steps: all
      .map((step): Step => ({ ...step, atMs: late(step.atMs) }))
      .sort((a, b) => a.atMs - b.atMs),
  }
}

const lateBy =
  (nightAtMs: number | null) =>
  (atMs: number): number =>
    nightAtMs !== null && atMs > nightAtMs ? atMs + NIGHT_MS : atMs

/** What is cut off or stuck in the evening may be so in the morning. */
function withNight(
  { edges, replicas, failover }: Conditions,
  late: (atMs: number) => number,
): Pick<Conditions, 'edges' | 'replicas' | 'failover'> {
  const shifted = ({ fromMs, toMs }: Window): Window => ({ fromMs: late(fromMs), toMs: late(toMs) })
  return {
    edges: edges.map((edge) => ({ ...edge, cutOff: edge.cutOff.map(shifted) })),
    replicas: replicas.map((replica) => ({ ...replica, stuck: replica.stuck.map(shifted) })),
    failover: failover && { ...failover, atMs: late(failover.atMs) },
  }
}
