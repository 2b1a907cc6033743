/**
 * Random faults, one to three at a time, under load and a steady stream of revocations, for as long as is asked.
 * Must never make a fault that may lose acknowledged writes: nothing could be concluded from a loss then.
 */
import type { FaultCase, World } from './fault-cases.ts'
import { countLost, makeCast } from './fault-cast.ts'
import { Load, type Rates } from './fault-load.ts'
import { judgeFault, type Span, type Verdict } from './fault-verdict.ts'
import { Victims } from './fault-victims.ts'
import { sleep } from './pace.ts'
import type { Random } from './random.ts'

export interface StormOptions {
  readonly durationMs: number
  readonly rates: Rates
  readonly victimEveryMs: number
  readonly boundMs: number
}

interface Episode extends Span {
  readonly names: readonly string[]
}

export interface StormOutcome {
  readonly episodes: readonly { readonly names: readonly string[]; readonly verdict: Verdict }[]
  /** Wrong answers of all: of those let alone, and of those who were revoked. */
  readonly overall: Verdict
  readonly requests: number
  readonly revocations: { readonly asked: number; readonly acknowledged: number }
  readonly lost: { readonly sessions: number; readonly revocations: number }
}

const REGULARS = 24
const FAULT_MS = { least: 1000, spread: 4000 }
const CALM_MS = { least: 2500, spread: 1500 }
const MOST_AT_ONCE = 3

export async function runStorm(
  world: World,
  cases: readonly FaultCase[],
  options: StormOptions,
  random: Random,
  say: (line: string) => void,
): Promise<StormOutcome> {
  const { scene, downs } = world
  const { durationMs, rates, victimEveryMs, boundMs } = options
  const strangers = Math.ceil((rates.cold * durationMs) / 1000 / scene.doors.length) + 1
  const victimCount = Math.ceil(durationMs / victimEveryMs) + 20
  const cast = await makeCast(
    scene,
    `storm-${random.below(1e6)}`,
    { regulars: REGULARS, strangers, victims: victimCount },
    random.fork(),
  )
  const load = new Load(scene, cast, random.fork())
  const victims = new Victims(scene, cast.victims, boundMs, random.fork())
  load.start(rates)
  victims.start(victimEveryMs)
  const untilMs = performance.now() + durationMs
  const episodes: Episode[] = []
  while (performance.now() < untilMs) {
    await sleep(CALM_MS.least + random.next() * CALM_MS.spread)
    const chosen = choose(cases, random)
    const names = chosen.map(({ name }) => name)
    say(
      `${Math.max(0, (untilMs - performance.now()) / 1000).toFixed(0)} s left: ${names.join(' + ')}`,
    )
    const fromMs = performance.now()
    try {
      for (const fault of chosen) await fault.begin(world)
      await sleep(FAULT_MS.least + random.next() * FAULT_MS.spread)
    } finally {
      for (const fault of chosen) await fault.end(world)
    }
    episodes.push({ names, fromMs, toMs: performance.now() })
  }
  await sleep(CALM_MS.least)
  await Promise.all([load.stop(), victims.stop()])

  const seen = load.seen.sort((a, b) => a.sentAtMs - b.sentAtMs)
  const whole = { fromMs: episodes[0]?.fromMs ?? 0, toMs: Number.POSITIVE_INFINITY }
  const acknowledged = victims.all.filter((v) => v.acknowledgedAtMs < Number.POSITIVE_INFINITY)
  return {
    episodes: episodes.map((span, index) => {
      const [before, next] = [episodes[index - 1]?.toMs ?? 0, episodes[index + 1]?.fromMs]
      const own = seen.filter(
        ({ sentAtMs }) => sentAtMs >= before + boundMs && sentAtMs < (next ?? untilMs),
      )
      return {
        names: span.names,
        verdict: judgeFault({ seen: own, victims: [], span, downs, boundMs }),
      }
    }),
    overall: judgeFault({ seen, victims: victims.all, span: whole, downs, boundMs }),
    requests: seen.length + victims.all.reduce((sum, { probes }) => sum + probes.length, 0),
    revocations: { asked: victims.all.length, acknowledged: acknowledged.length },
    lost: {
      sessions: await countLost(scene, [...cast.regulars, ...cast.strangers]),
      revocations: await victims.countUndone(),
    },
  }
}

/** One to three that do not touch the same part. */
function choose(cases: readonly FaultCase[], random: Random): FaultCase[] {
  const allowed = cases.filter(({ losesWrites, name }) => !losesWrites && name !== 'nothing')
  const wanted = 1 + random.below(MOST_AT_ONCE)
  const chosen: FaultCase[] = []
  for (const fault of random.shuffled(allowed)) {
    if (chosen.length === wanted) break
    if (chosen.every(({ part }) => part !== fault.part)) chosen.push(fault)
  }
  return chosen
}
