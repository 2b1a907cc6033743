/**
 * What is promised of the hot path, measured so that a noisy machine bends it least: pass-through, ES256 and ours,
 * under the same load, a fifth of a second each in turn, hundreds of times. The turns of a bout meet the same moment
 * of the machine, so they are compared with each other and with nothing else.
 * Must never count what one of them does in another's turn.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { OURS_DECIDING, OURS_HOT, OURS_MARKING, PASS_THROUGH, YARDSTICK } from './contenders.ts'
import {
  type Bout,
  type DuelFigures,
  figuresOf,
  type Meeting,
  ROLES,
  type Role,
  type Score,
} from './duel-figures.ts'
import { askOnce, type RunningLoad, startLoad } from './load.ts'
import { bytesWritten, cpuMicros } from './process-use.ts'
import type { Runner, Scene } from './scene.ts'
import type { Visitor } from './visitor.ts'

export interface DuelOptions {
  readonly connections: number
  /** How often all of them start anew. */
  readonly meetings: number
  /** At least so many, in all meetings together. */
  readonly bouts: number
  /** Called after each meeting, with what is known so far. */
  readonly progress?: (figures: DuelFigures) => void
}

const TURN_MS = 200
/** What is under way when a load stops is answered within this, and counts for its turn. */
const SETTLE_MS = 15
/** Loads are started anew after so long. */
const LOAD_SECONDS = 26
/**
 * No bout begins later than this before a load's end. Not much more: workerd closes a connection on which nothing
 * was asked for five seconds.
 */
const BOUT_MS = 1500
/** A load counts its time from when it runs, not from when it was asked for. */
const STARTED_WITHIN_MS = 1000

const NAMES: Readonly<Record<Role, string>> = {
  floor: PASS_THROUGH,
  yardstick: YARDSTICK,
  deciding: OURS_DECIDING,
  ours: OURS_HOT,
  marking: OURS_MARKING,
}
/** In the order of ROLES. */
export const DUELLISTS: readonly string[] = ROLES.map((role) => NAMES[role])

/** Each of them is first, second and last equally often, and comes as often before another as after it. */
function inOrder<T>(sides: readonly T[], bout: number): readonly T[] {
  const first = bout % sides.length
  const turned = [...sides.slice(first), ...sides.slice(0, first)]
  return Math.floor(bout / sides.length) % 2 === 0 ? turned : turned.reverse()
}

/**
 * Each works for a while before it counts. V8 goes on optimizing for longer than this, and who has more code takes
 * longest: what is left of it counts against ours. A deployed isolate has it behind it.
 */
const WARM_UP_SECONDS = 15

/**
 * Several meetings, each with processes of its own: the same Worker started twice can differ by a tenth, for as long
 * as it runs, and a single meeting would take that for a difference between Workers.
 */
export async function duel(
  open: () => Promise<Scene>,
  { meetings: wanted, bouts, connections, progress }: DuelOptions,
): Promise<DuelFigures> {
  if (!(wanted > 1)) throw new Error('one meeting alone says nothing of the next: at least two')
  const meetings: Meeting[] = []
  while (meetings.length < wanted) {
    const scene = await open()
    try {
      meetings.push(await meet(scene, bouts / wanted, connections))
    } finally {
      await scene.stop()
    }
    progress?.(figuresOf(meetings))
  }
  return figuresOf(meetings)
}

/** One to hear the news and, once a minute, one to write down who was seen; or what is called hot is not. */
const MOST_READS_A_TURN = 2

async function meet(scene: Scene, wanted: number, connections: number): Promise<Meeting> {
  const runners = DUELLISTS.map((name) => {
    const found = scene.runners.find(({ contender }) => contender.name === name)
    if (found === undefined) throw new Error(`${name} is not there`)
    return found
  })
  for (const { worker, visitor } of runners) {
    const warmUp = { seconds: WARM_UP_SECONDS, connections }
    await startLoad(worker.url, await visitor(), warmUp).result
  }
  const bouts: Bout[] = []
  while (bouts.length < wanted) {
    await scene.stand.control.resetStats()
    const more = await fight(runners, connections)
    const { httpRequests } = await scene.stand.control.stats()
    const asking = runners.filter(({ contender }) => contender.asksRedis).length
    const reads = httpRequests / (more.length * asking)
    if (reads > MOST_READS_A_TURN) throw new Error(`not hot: ${reads} requests to Redis a turn`)
    bouts.push(...more)
  }
  return bouts
}

/** What one turn took, with the requests still as bytes. */
interface Turn {
  readonly cpuMicros: number
  readonly bytes: number
  readonly seconds: number
}

interface Side {
  readonly worker: Runner['worker']
  readonly visitor: Visitor
  readonly load: RunningLoad
  readonly turns: Turn[]
}

/** Each has a load of its own, which is stopped while it is not its turn. */
async function fight(runners: readonly Runner[], connections: number): Promise<readonly Bout[]> {
  const endsAtMs = performance.now() + LOAD_SECONDS * 1000
  const sides = await Promise.all(
    runners.map(async ({ worker, visitor }): Promise<Side> => {
      const itsVisitor = await visitor()
      const load = startLoad(worker.url, itsVisitor, { seconds: LOAD_SECONDS, connections })
      kill(load.pid, 'SIGSTOP')
      return { worker, visitor: itsVisitor, load, turns: [] }
    }),
  )
  try {
    for (let bout = 0; performance.now() < endsAtMs - BOUT_MS; bout++) {
      for (const side of inOrder(sides, bout)) await turn(side)
    }
    // Their time is over then: each ends at once.
    await sleep(endsAtMs + STARTED_WITHIN_MS - performance.now())
    const scores = await Promise.all(sides.map(scoresOf))
    return boutsOf(scores)
  } catch (error) {
    // One that is stopped would never end.
    for (const { load } of sides) kill(load.pid, 'SIGKILL')
    throw error
  }
}

/** From one list a side, in the order of ROLES, to one bout after the other. */
const boutsOf = (scores: readonly (readonly Score[])[]): readonly Bout[] =>
  (scores[0] ?? []).map(
    (_, bout) =>
      Object.fromEntries(ROLES.map((role, side) => [role, scores[side]?.[bout]])) as Bout,
  )

/**
 * Asked once before the load: an edge that was not asked for a whole bound has not heard the news either, and what is
 * called hot would begin with a read of the primary for every connection. What that one request takes counts, as
 * somebody has to hear the news, though twice a second and not five times.
 */
async function turn({ worker, visitor, load, turns }: Side): Promise<void> {
  const before = { cpu: cpuMicros(worker.pid), bytes: bytesWritten(load.pid) }
  await askOnce(worker.url, visitor)
  const startedAtMs = performance.now()
  kill(load.pid, 'SIGCONT')
  await sleep(TURN_MS)
  kill(load.pid, 'SIGSTOP')
  const seconds = (performance.now() - startedAtMs) / 1000
  await sleep(SETTLE_MS)
  turns.push({
    cpuMicros: cpuMicros(worker.pid) - before.cpu,
    bytes: bytesWritten(load.pid) - before.bytes,
    seconds,
  })
}

/** All requests of a load are of one size, so what it wrote in a turn says how many it sent. */
async function scoresOf({ load, turns }: Side): Promise<readonly Score[]> {
  const allBytes = bytesWritten(load.pid)
  kill(load.pid, 'SIGCONT')
  const bytesOfARequest = allBytes / (await load.result).requests
  return turns.map(({ cpuMicros, bytes, seconds }) => {
    return { cpuMicros, requests: bytes / bytesOfARequest, seconds }
  })
}

/** A load that has ended already says so itself, by its result. */
function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
