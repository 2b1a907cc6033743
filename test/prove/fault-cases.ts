/**
 * The table of faults: what each breaks, how it begins and ends, and what may not be expected while it lasts.
 * A new fault is a new row. Must never promise in `promise` what the report's columns do not show.
 */
import type { Fault } from '../stand/control-api.ts'
import type { SteppableClock } from './fault-clock.ts'
import type { Scene } from './scene.ts'

/** What faults can be done to. */
export interface World {
  readonly scene: Scene
  /** Of the last edge; null: clocks can't be set here. */
  readonly clock: SteppableClock | null
  /** When which edge was dead, so that no answer from it is no surprise. */
  readonly downs: { readonly edge: number; readonly fromMs: number; toMs: number }[]
}

/** Two faults that touch the same part are not made at once. */
export type Part = 'answers' | 'primary' | 'replica' | 'line' | 'space' | 'edge' | 'clock'

export interface FaultCase {
  readonly name: string
  readonly part: Part
  /** What holds while it lasts, beyond "no wrong answer". */
  readonly promise: string
  /** Acknowledged writes may be lost: not for the random part, and counted apart. */
  readonly losesWrites?: true
  begin(world: World): Promise<void>
  end(world: World): Promise<void>
}

const DEAF = 'hot until the bound, then 503'
const UNTOUCHED = 'all go on'

/** A fault of the answers of some regions. */
const answers = (name: string, region: string, fault: Fault, promise = DEAF): FaultCase => ({
  name,
  part: 'answers',
  promise,
  begin: ({ scene }) => scene.control.fault(region, fault),
  end: ({ scene }) => scene.control.clearFaults(),
})

const QUOTA =
  'ERR max requests limit exceeded. Limit: 500000, Usage: 500001. See https://upstash.com/docs/redis'

const back = ({ scene }: World) => scene.control.restartPrimary()

/** The last edge is the one with a clock of its own. */
const clockStep = (offsetMs: number): FaultCase => ({
  name: `clock of one edge ${offsetMs > 0 ? 'forward' : 'back'} ${Math.abs(offsetMs) / 1000} s`,
  part: 'clock',
  promise: UNTOUCHED,
  begin: async ({ clock }) => clock?.set(offsetMs),
  end: async ({ clock }) => clock?.set(0),
})

/** The regions are named by place: the first is the primary's own. */
export function faultCases(regions: readonly string[], deadlineMs: number): FaultCase[] {
  const [, replica = '', last = replica] = regions
  return [
    {
      name: 'nothing',
      part: 'answers',
      promise: UNTOUCHED,
      begin: async () => undefined,
      end: async () => undefined,
    },
    {
      name: 'primary killed and back',
      part: 'primary',
      promise: DEAF,
      begin: ({ scene }) => scene.control.killPrimary(),
      end: back,
    },
    {
      name: 'replica killed and back',
      part: 'replica',
      promise: UNTOUCHED,
      begin: ({ scene }) => scene.control.killReplica(replica),
      end: back,
    },
    {
      name: 'replica cut off',
      part: 'line',
      promise: UNTOUCHED,
      begin: ({ scene }) => scene.control.partition(last),
      end: ({ scene }) => scene.control.heal(last),
    },
    answers('one region unreachable', replica, { reset: true }, 'all go on elsewhere'),
    answers('slow, within the deadline', '*', { delayMs: deadlineMs * 0.3 }, UNTOUCHED),
    answers('slow, past the deadline', '*', { delayMs: deadlineMs * 1.5 }),
    answers('no answer', '*', { hang: true }),
    answers('connection reset', '*', { reset: true }),
    answers('reset after it ran', '*', { resetAfter: true }),
    answers('every third reset after it ran', '*', {
      resetAfter: true,
      probability: 0.33,
      seed: 1,
    }),
    answers('half an answer', '*', { halfAnswer: true }),
    answers('garbage', '*', { garbage: 'text' }),
    answers('JSON of another shape', '*', { garbage: 'shape' }),
    answers('401: token rotated', '*', { unauthorized: true }),
    answers('quota used up', '*', { status: 400, body: JSON.stringify({ error: QUOTA }) }),
    answers('429: throttled', '*', { status: 429, body: '{"error":"ERR too many requests"}' }),
    answers('502: a page of HTML', '*', {
      status: 502,
      body: '<html><title>502 Bad Gateway</title></html>',
      contentType: 'text/html',
    }),
    {
      name: 'full database',
      part: 'space',
      promise: 'all go on; revocations delete and say 507',
      begin: ({ scene }) => scene.control.fullDatabase(true),
      end: ({ scene }) => scene.control.fullDatabase(false),
    },
    {
      name: 'edge killed and back',
      part: 'edge',
      promise: 'all go on at the other edges',
      async begin({ scene, downs }) {
        downs.push({ edge: 0, fromMs: performance.now(), toMs: Number.POSITIVE_INFINITY })
        await scene.killEdge(0)
      },
      async end({ scene, downs }) {
        await scene.restartEdge(0)
        const down = downs.at(-1)
        if (down !== undefined) down.toMs = performance.now()
      },
    },
    clockStep(30_000),
    clockStep(-30_000),
    {
      name: 'failover to a replica that lags',
      part: 'primary',
      promise: 'what the replica had not heard is lost',
      losesWrites: true,
      begin: ({ scene }) => scene.control.failover(replica),
      end: ({ scene }) => scene.control.failover(regions[0] ?? ''),
    },
  ]
}
