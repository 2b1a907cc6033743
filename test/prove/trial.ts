/**
 * One change and the traffic around it: a person's sessions are made, hit at several edges, changed at a
 * random edge, and hit on. Only records what was seen and when; must never judge (verdict.ts does).
 */
import { before, type Kind, type Person } from './kinds.ts'
import { sleep } from './pace.ts'
import type { Random } from './random.ts'
import type { Scene } from './scene.ts'
import { type Observation, Traffic } from './traffic.ts'

export interface Trial {
  readonly kind: Kind
  readonly changeSentAtMs: number
  readonly acknowledgedAtMs: number
  readonly observations: readonly Observation[]
}

/** All in ms. `dense` is about the bound, `sparse` about the lag, `echoes` later still. */
export interface Timing {
  readonly matureMs: number
  readonly warmMs: number
  readonly denseMs: number
  readonly sparseMs: number
  readonly echoMs: number
  readonly gapMs: number
}

const ECHOES = 6
const SPARSE_GAPS = 3
const YOUNG_SHARE = 0.2
const WARM_GAPS = 1.5

/** Bounds are where things break: `dense` reaches past it, `sparse` past the lag. */
export const timingFor = (boundMs: number, lagMs: number, echoMs: number): Timing => ({
  matureMs: lagMs * 1.1,
  warmMs: boundMs,
  denseMs: boundMs * 1.3,
  sparseMs: Math.max(0, lagMs * 1.15 - boundMs * 1.3),
  echoMs,
  gapMs: boundMs / 25,
})

/** How many requests one trial sends, about. */
export const requestsOf = ({ warmMs, denseMs, sparseMs, gapMs }: Timing): number =>
  warmMs / (gapMs * WARM_GAPS) + denseMs / gapMs + sparseMs / (gapMs * SPARSE_GAPS) + ECHOES

export async function makePerson(scene: Scene, kind: Kind, id: string, random: Random) {
  const subject = `person-${id}`
  const permissions = before(kind).admin ? ['read', 'admin'] : ['read']
  const input = { subject, permissions, labels: { person: subject } }
  const sessions: Person['sessions'][number][] = []
  for (let index = 0; index < kind.sessions; index++) {
    sessions.push(await random.pick(scene.operators).createSession(input))
  }
  return { subject, sessions } satisfies Person
}

export async function runTrial(
  scene: Scene,
  kind: Kind,
  id: string,
  timing: Timing,
  random: Random,
): Promise<Trial> {
  const { matureMs, warmMs, denseMs, sparseMs, echoMs, gapMs } = timing
  const person = await makePerson(scene, kind, id, random)
  const traffic = new Traffic(scene, kind, person, random)
  const young = random.next() < YOUNG_SHARE
  if (!young) await sleep(matureMs)
  const { hot, cold } = edgesFor(scene, kind, young, random)
  const everywhere = [...hot, ...cold]
  const warmUntilMs = performance.now() + warmMs * (0.5 + random.next())
  await traffic.flow(hot, gapMs * WARM_GAPS, () => warmUntilMs)

  const changeSentAtMs = performance.now()
  let acknowledgedAtMs = Number.POSITIVE_INFINITY
  const changing = kind.change(random.pick(scene.operators), person).then(() => {
    acknowledgedAtMs = performance.now()
  })
  const fails = changing.catch((error: unknown) => {
    acknowledgedAtMs = Number.NEGATIVE_INFINITY
    throw error
  })
  await Promise.all([fails, traffic.flow(everywhere, gapMs, () => acknowledgedAtMs + denseMs)])
  await traffic.flow(everywhere, gapMs * SPARSE_GAPS, () => acknowledgedAtMs + denseMs + sparseMs)
  const echoUntilMs = performance.now() + echoMs
  await traffic.flow(everywhere, echoMs / ECHOES, () => echoUntilMs)
  await traffic.settled()
  const { observations } = traffic
  return { kind, changeSentAtMs, acknowledgedAtMs, observations }
}

/**
 * Where a person is known before the change, and where only after it, perhaps from a stale copy. A copy
 * that lags misses young sessions, and news of a subject is not enough to admit: both make an edge read
 * feed and all from the primary. So does a session that is gone. Calm edges are spared all of that.
 */
function edgesFor(scene: Scene, kind: Kind, young: boolean, random: Random) {
  const { strongEdges, calmEdges, doors } = scene
  if (young) return { hot: strongEdges.slice(0, 1), cold: strongEdges.slice(1) }
  const spared = kind.routes.some(({ admin }) => admin) ? calmEdges : []
  const edges = random.shuffled([...doors.keys()].filter((edge) => !spared.includes(edge)))
  const half = Math.ceil(edges.length / 2)
  return {
    hot: edges.slice(0, half),
    cold: edges.slice(half).filter((edge) => !calmEdges.includes(edge)),
  }
}
