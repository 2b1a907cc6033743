/**
 * One fault from end to end: a quiet while, the fault, a while to recover, and a count of what was lost.
 * Must never leave its fault behind, whatever happens in between.
 */
import type { FaultCase, World } from './fault-cases.ts'
import { countLost, makeCast } from './fault-cast.ts'
import { Load, type Rates } from './fault-load.ts'
import { judgeFault, type Verdict } from './fault-verdict.ts'
import { type Victim, Victims } from './fault-victims.ts'
import { sleep } from './pace.ts'
import type { Random } from './random.ts'

export interface RunOptions {
  readonly quietMs: number
  readonly faultMs: number
  readonly recoveryMs: number
  readonly rates: Rates
  readonly victimEveryMs: number
  readonly boundMs: number
  readonly lagMs: number
}

export interface Outcome {
  readonly name: string
  readonly promise: string
  readonly verdict: Verdict
  readonly lost: {
    readonly sessions: number
    /** Acknowledged, and yet the session is admitted when all is well again. */
    readonly revocations: number
  }
  /** Acknowledged by a primary that was then replaced by one that had not heard of it: not promised. */
  readonly unpromised: { readonly asked: number; readonly undone: number } | null
}

const REGULARS = 12
/** What a busy machine adds to a lag. */
const SLACK_MS = 500

export async function runFault(
  world: World,
  fault: FaultCase,
  options: RunOptions,
  random: Random,
): Promise<Outcome> {
  const { scene } = world
  const { quietMs, faultMs, recoveryMs, rates, victimEveryMs, boundMs } = options
  const wholeMs = quietMs + faultMs + recoveryMs
  const name = `${fault.name.replace(/\W+/g, '-')}-${random.below(1e6)}`
  const strangers = Math.ceil((rates.cold * wholeMs) / 1000 / scene.doors.length) + 1
  const victimCount = Math.ceil(wholeMs / victimEveryMs) * 2
  const cast = await makeCast(
    scene,
    name,
    { regulars: REGULARS, strangers, victims: victimCount },
    random.fork(),
  )
  const load = new Load(scene, cast, random.fork())
  const victims = new Victims(scene, cast.victims, boundMs, random.fork())
  load.start(rates)
  victims.start(victimEveryMs)
  await sleep(quietMs)

  const fromMs = performance.now()
  let toMs: number
  try {
    await fault.begin(world)
    await sleep(faultMs)
  } finally {
    await fault.end(world)
    toMs = performance.now()
  }
  await sleep(recoveryMs)
  await Promise.all([load.stop(), victims.stop()])

  const isUnpromised = ({ acknowledgedAtMs }: Victim) =>
    fault.losesWrites === true &&
    acknowledgedAtMs >= fromMs - options.lagMs - SLACK_MS &&
    acknowledgedAtMs <= toMs
  const unpromised = victims.all.filter(isUnpromised)
  const promised = victims.all.filter((victim) => !isUnpromised(victim))
  return {
    name: fault.name,
    promise: fault.promise,
    verdict: judgeFault({
      seen: load.seen,
      victims: promised,
      span: { fromMs, toMs },
      downs: world.downs,
      boundMs,
    }),
    lost: {
      sessions: await countLost(scene, [...cast.regulars, ...cast.strangers]),
      revocations: await victims.countUndone((victim) => !isUnpromised(victim)),
    },
    unpromised: fault.losesWrites
      ? { asked: unpromised.length, undone: await victims.countUndone(isUnpromised) }
      : null,
  }
}
