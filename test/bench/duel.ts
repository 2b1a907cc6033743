/**
 * What is promised of the hot path, measured so that a noisy machine bends it least: pass-through, ES256 and ours
 * under the same load, a fifth of a second each in turn, hundreds of times. Noise that lasts longer than a turn
 * meets all three alike. Must never count what one of them does in another's turn.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { OURS_HOT, PASS_THROUGH, YARDSTICK } from './contenders.ts'
import { type RunningLoad, startLoad } from './load.ts'
import { cpuMicros } from './process-use.ts'
import type { Runner, Scene } from './scene.ts'
import { median, middleHalf } from './statistics.ts'

export interface DuelOptions {
  readonly bouts: number
  /** For all three together, in each bout. */
  readonly seconds: number
  readonly connections: number
  /** Called after each bout. */
  readonly progress?: (bout: Bout, index: number) => void
}

/** What one of them took in one bout. */
interface Score {
  readonly cpuMicros: number
  readonly requestsPerSecond: number
}

/** All three, in the same seconds. */
export interface Bout {
  readonly floor: Score
  readonly yardstick: Score
  readonly ours: Score
}

/** Medians over the bouts, and in which middle half of them they lie. */
export interface DuelFigures {
  readonly floorMicros: number
  readonly yardstickAddsMicros: number
  readonly oursAddsMicros: number
  /** What ours adds, of what ES256 adds. */
  readonly ratio: number
  readonly ratioHalf: readonly [number, number]
  /** Requests per second, of pass-through's. */
  readonly throughput: number
  readonly throughputHalf: readonly [number, number]
}

const TURN_MS = 200
/** More than the second by which loads outlast the turns. */
const SPARE_MS = 1200
export const DUELLISTS: readonly string[] = [PASS_THROUGH, YARDSTICK, OURS_HOT]

/**
 * Each works for a while before it counts: V8 goes on optimizing for some hundred thousand requests, and who has
 * more code takes longer. A deployed isolate has that behind it.
 */
const WARM_UP_SECONDS = 25

export async function duel(scene: Scene, options: DuelOptions): Promise<DuelFigures> {
  const runners = DUELLISTS.map((name) => {
    const found = scene.runners.find(({ contender }) => contender.name === name)
    if (found === undefined) throw new Error(`${name} is not there`)
    return found
  })
  const bouts: Bout[] = []
  const { connections } = options
  for (const { worker, visitor } of runners) {
    const warmUp = { seconds: WARM_UP_SECONDS, connections }
    await startLoad(worker.url, await visitor(), warmUp).result
  }
  for (let index = 1; index <= options.bouts; index++) {
    const bout = await boutOf(runners, options)
    bouts.push(bout)
    options.progress?.(bout, index)
  }
  return figuresOf(bouts)
}

/** Each has a load of its own, which is stopped while it is not its turn. */
async function boutOf(
  runners: readonly Runner[],
  { seconds, connections }: DuelOptions,
): Promise<Bout> {
  const sides = await Promise.all(
    runners.map(async ({ worker, visitor }): Promise<Side> => {
      const before = cpuMicros(worker.pid)
      const load = startLoad(worker.url, await visitor(), { seconds: seconds + 1, connections })
      kill(load.pid, 'SIGSTOP')
      return { worker, load, before, turnsMs: 0 }
    }),
  )
  try {
    return await fight(sides, seconds)
  } catch (error) {
    // One that is stopped would never end.
    for (const { load } of sides) kill(load.pid, 'SIGKILL')
    throw error
  }
}

interface Side {
  readonly worker: Runner['worker']
  readonly load: RunningLoad
  readonly before: number
  turnsMs: number
}

async function fight(sides: readonly Side[], seconds: number): Promise<Bout> {
  const endsAtMs = performance.now() + seconds * 1000
  for (let turn = 0; performance.now() < endsAtMs; turn++) {
    const side = sides[turn % sides.length]
    if (side === undefined) break
    const startedAtMs = performance.now()
    kill(side.load.pid, 'SIGCONT')
    await sleep(TURN_MS)
    kill(side.load.pid, 'SIGSTOP')
    side.turnsMs += performance.now() - startedAtMs
  }
  // Their time is over by then: each ends at once.
  await sleep(SPARE_MS)
  for (const { load } of sides) kill(load.pid, 'SIGCONT')
  const scores = await Promise.all(
    sides.map(async ({ worker, load, before, turnsMs }): Promise<Score> => {
      const { requests } = await load.result
      return {
        cpuMicros: (cpuMicros(worker.pid) - before) / requests,
        requestsPerSecond: (requests / turnsMs) * 1000,
      }
    }),
  )
  const [floor, yardstick, ours] = scores
  if (!floor || !yardstick || !ours) throw new Error('a bout is of three')
  return { floor, yardstick, ours }
}

/** A load that has ended already says so itself, by its result. */
function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

export const ratioOf = ({ floor, yardstick, ours }: Bout): number =>
  (ours.cpuMicros - floor.cpuMicros) / (yardstick.cpuMicros - floor.cpuMicros)

export const throughputOf = ({ floor, ours }: Bout): number =>
  ours.requestsPerSecond / floor.requestsPerSecond

function figuresOf(bouts: readonly Bout[]): DuelFigures {
  const added = (of: (bout: Bout) => Score) =>
    median(bouts.map((bout) => of(bout).cpuMicros - bout.floor.cpuMicros))
  return {
    floorMicros: median(bouts.map(({ floor }) => floor.cpuMicros)),
    yardstickAddsMicros: added(({ yardstick }) => yardstick),
    oursAddsMicros: added(({ ours }) => ours),
    ratio: median(bouts.map(ratioOf)),
    ratioHalf: middleHalf(bouts.map(ratioOf)),
    throughput: median(bouts.map(throughputOf)),
    throughputHalf: middleHalf(bouts.map(throughputOf)),
  }
}
