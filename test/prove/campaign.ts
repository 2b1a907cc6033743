/**
 * A whole run: trials of every kind overlap at a steady rate, one replica is cut off in the middle, answers
 * of the store come late now and then. Must never run for ever: what has not started in time is dropped.
 */
import { KINDS, type Kind, LEFT_ALONE } from './kinds.ts'
import { sleep } from './pace.ts'
import { Random } from './random.ts'
import type { Scene } from './scene.ts'
import { Tally } from './tally.ts'
import { Traffic } from './traffic.ts'
import { makePerson, requestsOf, runTrial, timingFor } from './trial.ts'
import { judgeTrial } from './verdict.ts'

export interface CampaignOptions {
  readonly changes: number
  /** Requests a second, in all. */
  readonly rate: number
  /** Claimed to the judge; the edges' MAX_STALENESS_MS is the scene's business. */
  readonly boundMs: number
  readonly lagMs: number
  /** How long after the lag a trial still looks. */
  readonly echoMs: number
  /** Cut off for so long in the middle; null: nobody. */
  readonly partition: { readonly region: string; readonly ms: number } | null
  /** One store answer in ten comes so much later, and one in ten this late: it holds old data. */
  readonly jitterMs: number
  readonly stallMs: number
  readonly seed: number
  readonly kinds?: readonly Kind[]
}

/** Part of the traffic is for people nothing happens to. */
const LEFT_ALONE_SHARE = 0.1
const PROGRESS_MS = 10_000
/** Of the time a run should take. */
const PATIENCE = 2
const SLACK_MS = 60_000

export async function runCampaign(
  scene: Scene,
  options: CampaignOptions,
  say: (line: string) => void,
): Promise<Tally> {
  const { changes, rate, boundMs, lagMs, echoMs, partition, jitterMs, stallMs, seed } = options
  const kinds = options.kinds ?? KINDS
  const random = new Random(seed)
  const tally = new Tally()
  const timing = timingFor(boundMs, lagMs, echoMs)
  const everyMs = (1000 * requestsOf(timing)) / (rate * (1 - LEFT_ALONE_SHARE))
  const startedAtMs = performance.now()
  const expectedMs = changes * everyMs
  await scene.control.fault('*', { delayMs: jitterMs, probability: 0.1, seed })
  await scene.control.fault('*', { delayMs: stallMs, probability: 0.1, seed: seed + 1 })
  const aside = leaveAlone(scene, 1000 / (rate * LEFT_ALONE_SHARE), random.fork())
  const cut = partition && cutOff(scene, partition, expectedMs * 0.45, say)
  const progress = setInterval(
    () => say(tally.progress(performance.now() - startedAtMs)),
    PROGRESS_MS,
  )

  const running = new Set<Promise<void>>()
  let started = 0
  while (tally.acknowledged + running.size < changes) {
    if (performance.now() - startedAtMs > expectedMs * PATIENCE + SLACK_MS) break
    const kind = kinds[started % kinds.length] as Kind
    const trial = runTrial(scene, kind, `${seed}-${started}`, timing, random.fork())
      .then((done) => tally.add(done, judgeTrial(done, boundMs)))
      .catch((error: unknown) => tally.fail(String(error)))
      .finally(() => running.delete(trial))
    running.add(trial)
    started++
    const dueAtMs = startedAtMs + started * everyMs
    await sleep(Math.max(0, dueAtMs - performance.now()))
    if (tally.acknowledged + running.size >= changes) await Promise.race(running)
  }
  await Promise.all([...running, cut])
  const quiet = await aside()
  tally.addQuiet(judgeTrial(quiet, boundMs))
  clearInterval(progress)
  say(tally.progress(performance.now() - startedAtMs))
  return tally
}

/** A stream of requests that must all be admitted; the returned function ends it. */
function leaveAlone(scene: Scene, gapMs: number, random: Random) {
  let over = false
  const flowing = makePerson(scene, LEFT_ALONE, `alone-${random.below(1e9)}`, random).then(
    async (person) => {
      const traffic = new Traffic(scene, LEFT_ALONE, person, random)
      const untilMs = () => (over ? 0 : Number.POSITIVE_INFINITY)
      await traffic.flow([...scene.doors.keys()], gapMs, untilMs)
      await traffic.settled()
      return traffic.observations
    },
  )
  return async () => {
    over = true
    const observations = await flowing
    const never = Number.POSITIVE_INFINITY
    return { kind: LEFT_ALONE, changeSentAtMs: never, acknowledgedAtMs: never, observations }
  }
}

async function cutOff(
  { control }: Scene,
  { region, ms }: NonNullable<CampaignOptions['partition']>,
  afterMs: number,
  say: (line: string) => void,
): Promise<void> {
  await sleep(afterMs)
  await control.partition(region)
  say(`${region} is cut off from the primary`)
  await sleep(ms)
  await control.heal(region)
  say(`${region} hears the primary again`)
}
