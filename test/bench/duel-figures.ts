/**
 * From the bouts of a duel to what is promised. Pure. Sums and never medians: a request pays for the garbage that
 * it leaves, and V8 collects that in few and long pauses, which a median would leave out.
 */
import { interval95, sum } from './statistics.ts'

/** What one of them took in one turn. */
export interface Score {
  readonly cpuMicros: number
  readonly requests: number
  readonly seconds: number
}

/** All of them, in the same moment. */
export interface Bout {
  readonly floor: Score
  readonly yardstick: Score
  readonly ours: Score
  /** Ours, where the origin's answers have to be marked private. */
  readonly marking: Score
}

export interface DuelFigures {
  readonly bouts: number
  /** Of one request. */
  readonly floorMicros: number
  readonly yardstickMicros: number
  readonly oursMicros: number
  readonly markingMicros: number
  /** What ours adds, of what ES256 adds; and between which figures it lies, 95 times in 100. */
  readonly ratio: number
  readonly ratio95: readonly [number, number]
  /** The same, where answers have to be marked. */
  readonly markingRatio: number
  readonly markingRatio95: readonly [number, number]
  /** Requests per second, of pass-through's. */
  readonly throughput: number
  readonly throughput95: readonly [number, number]
}

type Side = (bout: Bout) => Score
const floor: Side = (bout) => bout.floor
const yardstick: Side = (bout) => bout.yardstick
const ours: Side = (bout) => bout.ours
const marking: Side = (bout) => bout.marking

export const figuresOf = (bouts: readonly Bout[]): DuelFigures => ({
  bouts: bouts.length,
  floorMicros: microsOf(bouts, floor),
  yardstickMicros: microsOf(bouts, yardstick),
  oursMicros: microsOf(bouts, ours),
  markingMicros: microsOf(bouts, marking),
  ratio: ratioOf(bouts, ours),
  ratio95: interval95(bouts, (sample) => ratioOf(sample, ours)),
  markingRatio: ratioOf(bouts, marking),
  markingRatio95: interval95(bouts, (sample) => ratioOf(sample, marking)),
  throughput: throughputOf(bouts),
  throughput95: interval95(bouts, throughputOf),
})

const total = (bouts: readonly Bout[], of: Side, what: keyof Score): number =>
  sum(bouts.map((bout) => of(bout)[what]))

const microsOf = (bouts: readonly Bout[], of: Side): number =>
  total(bouts, of, 'cpuMicros') / total(bouts, of, 'requests')

function ratioOf(bouts: readonly Bout[], of: Side): number {
  const passing = microsOf(bouts, floor)
  return (microsOf(bouts, of) - passing) / (microsOf(bouts, yardstick) - passing)
}

const rateOf = (bouts: readonly Bout[], of: Side): number =>
  total(bouts, of, 'requests') / total(bouts, of, 'seconds')

const throughputOf = (bouts: readonly Bout[]): number => rateOf(bouts, ours) / rateOf(bouts, floor)
