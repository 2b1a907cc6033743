/**
 * The measuring: every contender in turn, again and again, so that whatever else the machine does meets all
 * of them alike. Must never compare figures of two runs.
 */

import { load } from './load.ts'
import { cpuMicros } from './process-use.ts'
import type { Runner, Scene } from './scene.ts'

/** One contender at one Redis latency: a line of the table. */
export interface Entry {
  readonly runner: Runner
  readonly redisMs: number
}

/** One contender's turn in one round. */
export interface Sample {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly cpuMicros: number
  readonly redisRequestsPer1000: number
  readonly redisCommandsPer1000: number
}

export interface RoundOptions {
  readonly rounds: number
  readonly seconds: number
  readonly connections: number
  /** Called after each turn. */
  readonly progress?: (entry: Entry, sample: Sample, round: number) => void
}

/** A process that had no turn for so long is slow at first: its code and data are in no cache. */
const ASLEEP_AFTER_MS = 5000
const WARM_UP_SECONDS = 1

/**
 * All turns, as `samples[entry][round]`. Every other round runs backwards, so that nobody is always first; who
 * has slept is warmed up before its turn, or who has one turn a round would pay for that and who has three not.
 */
export async function runRounds(
  scene: Scene,
  entries: readonly Entry[],
  { rounds, seconds, connections, progress }: RoundOptions,
): Promise<readonly (readonly Sample[])[]> {
  const samples: Sample[][] = entries.map(() => [])
  const workedAtMs = new Map<Runner, number>()
  for (let round = 0; round < rounds; round++) {
    const order = [...entries.entries()]
    for (const [index, entry] of round % 2 === 0 ? order : order.reverse()) {
      const sinceMs = performance.now() - (workedAtMs.get(entry.runner) ?? 0)
      if (sinceMs > ASLEEP_AFTER_MS) await turn(scene, entry, WARM_UP_SECONDS, connections)
      const sample = await turn(scene, entry, seconds, connections)
      workedAtMs.set(entry.runner, performance.now())
      samples[index]?.push(sample)
      progress?.(entry, sample, round)
    }
  }
  return samples
}

async function turn(
  { stand: { control }, sessions }: Scene,
  { runner, redisMs }: Entry,
  seconds: number,
  connections: number,
): Promise<Sample> {
  const { worker, contender } = runner
  if (contender.name === 'ours-cold') await sessions.refresh()
  const visitor = await runner.visitor()
  if (redisMs > 0) await control.fault('*', { delayMs: redisMs })
  await control.resetStats()
  const before = cpuMicros(worker.pid)
  const result = await load(worker.url, visitor, { seconds: Math.ceil(seconds), connections })
  const used = cpuMicros(worker.pid) - before
  const { httpRequests, commands } = await control.stats()
  await control.clearFaults()
  return {
    requestsPerSecond: result.requests / result.seconds,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    cpuMicros: used / result.requests,
    redisRequestsPer1000: (httpRequests / result.requests) * 1000,
    redisCommandsPer1000: (commands / result.requests) * 1000,
  }
}
