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

/** What takes part: nobody asked, ES256, and ours in three shapes. */
export const ROLES = ['floor', 'yardstick', 'deciding', 'ours', 'marking'] as const
export type Role = (typeof ROLES)[number]

/** All of them, in the same moment. */
export type Bout = Readonly<Record<Role, Score>>

/** Bouts of the same processes. Two processes of the very same Worker differ more than two moments of one. */
export type Meeting = readonly Bout[]

/**
 * One shape of ours against the two others. Intervals are where a figure lies 95 times in 100, from meeting to
 * meeting.
 */
export interface Standing {
  /** Over the floor, for one request. */
  readonly addedMicros: number
  /** Of what ES256 adds. */
  readonly ratio: number
  readonly ratio95: readonly [number, number]
  /** Requests per second, of pass-through's. */
  readonly throughput: number
  readonly throughput95: readonly [number, number]
}

export interface DuelFigures {
  readonly meetings: number
  readonly bouts: number
  /** Of one request. */
  readonly floorMicros: number
  /** What ES256 adds to it. */
  readonly yardstickMicros: number
  /** The decision by itself, in the proxy that the JWT has. */
  readonly deciding: Standing
  readonly ours: Standing
  /** Ours, where the origin's answers have to be marked private. */
  readonly marking: Standing
}

export function figuresOf(meetings: readonly Meeting[]): DuelFigures {
  const bouts = meetings.flat()
  return {
    meetings: meetings.length,
    bouts: bouts.length,
    floorMicros: microsOf(bouts, 'floor'),
    yardstickMicros: addedOf(bouts, 'yardstick'),
    deciding: standingOf(meetings, 'deciding'),
    ours: standingOf(meetings, 'ours'),
    marking: standingOf(meetings, 'marking'),
  }
}

function standingOf(meetings: readonly Meeting[], role: Role): Standing {
  const bouts = meetings.flat()
  return {
    addedMicros: addedOf(bouts, role),
    ratio: ratioOf(bouts, role),
    ratio95: interval95(meetings, (sample) => ratioOf(sample.flat(), role)),
    throughput: throughputOf(bouts, role),
    throughput95: interval95(meetings, (sample) => throughputOf(sample.flat(), role)),
  }
}

const total = (bouts: readonly Bout[], role: Role, what: keyof Score): number =>
  sum(bouts.map((bout) => bout[role][what]))

const microsOf = (bouts: readonly Bout[], role: Role): number =>
  total(bouts, role, 'cpuMicros') / total(bouts, role, 'requests')

const addedOf = (bouts: readonly Bout[], role: Role): number =>
  microsOf(bouts, role) - microsOf(bouts, 'floor')

const ratioOf = (bouts: readonly Bout[], role: Role): number =>
  addedOf(bouts, role) / addedOf(bouts, 'yardstick')

const rateOf = (bouts: readonly Bout[], role: Role): number =>
  total(bouts, role, 'requests') / total(bouts, role, 'seconds')

const throughputOf = (bouts: readonly Bout[], role: Role): number =>
  rateOf(bouts, role) / rateOf(bouts, 'floor')
