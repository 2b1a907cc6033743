/**
 * From samples to the lines of the table. Pure. Must never take an absolute figure for one that holds on
 * another machine: the ratios are what counts.
 */
import { PASS_THROUGH, YARDSTICK } from './contenders.ts'
import type { Entry, Sample } from './rounds.ts'
import { median, medianDifference, middleHalf } from './statistics.ts'

/** One contender at one Redis latency, medians over the rounds. */
export interface Line {
  readonly name: string
  readonly label: string
  readonly redisMs: number
  readonly note: string
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly cpuMicros: number
  /** Over pass-through, paired round by round. */
  readonly addedMicros: number
  /** Of what ES256 adds. */
  readonly ratio: number
  /** The middle half of `addedMicros` over the rounds: what noise did to it. */
  readonly addedRange: readonly [number, number]
  readonly redisRequestsPer1000: number
  readonly redisCommandsPer1000: number
}

export interface Measured {
  readonly entry: Entry
  readonly samples: readonly Sample[]
}

export const lineOf = (entry: Entry, samples: readonly Sample[]): Measured => ({ entry, samples })

export function table(measured: readonly Measured[]): readonly Line[] {
  const cpuOf = (wanted: string) =>
    measured
      .find(({ entry }) => entry.runner.contender.name === wanted)
      ?.samples.map(({ cpuMicros }) => cpuMicros) ?? []
  const floor = cpuOf(PASS_THROUGH)
  const yardstick = medianDifference(cpuOf(YARDSTICK), floor)
  return measured.map(({ entry: { runner, redisMs }, samples }) => {
    const middle = (of: (sample: Sample) => number) => median(samples.map(of))
    const cpus = samples.map(({ cpuMicros }) => cpuMicros)
    const addedMicros = medianDifference(cpus, floor)
    const { name, label, note } = runner.contender
    return {
      name,
      label,
      redisMs,
      note,
      requestsPerSecond: middle((sample) => sample.requestsPerSecond),
      p50Ms: middle((sample) => sample.p50Ms),
      p99Ms: middle((sample) => sample.p99Ms),
      cpuMicros: median(cpus),
      addedMicros,
      addedRange: middleHalf(cpus.map((cpu, round) => cpu - (floor[round] ?? Number.NaN))),
      ratio: addedMicros / yardstick,
      redisRequestsPer1000: middle((sample) => sample.redisRequestsPer1000),
      redisCommandsPer1000: middle((sample) => sample.redisCommandsPer1000),
    }
  })
}
