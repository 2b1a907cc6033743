/**
 * What a request costs at the store, counted by the stand itself. Each measure throws when an answer was
 * not the right one: a wrong answer may be as cheap as it likes.
 */
import type { Counts } from '../stand/control-api.ts'
import { inParallel, sleep, steadily, zipf } from './pace.ts'
import type { Random } from './random.ts'
import type { Scene } from './scene.ts'

const CREATE_WIDTH = 16
const ATTEMPTS = 10

export interface Member {
  readonly subject: string
  readonly sid: string
  readonly token: string
}

/** Sessions of as many people, made at the last edge and known to every copy. */
export async function makeMembers(scene: Scene, count: number, name: string): Promise<Member[]> {
  const operator = scene.operators.at(-1)
  if (operator === undefined) throw new Error('a scene has at least one edge')
  const members: Member[] = []
  await inParallel(count, CREATE_WIDTH, async (index) => {
    const subject = `${name}-${index}`
    members[index] = { subject, ...(await operator.createSession({ subject })) }
  })
  await sleep(scene.longestLagMs + 100)
  return members
}

/** Asks for a page; the origin must have been told who it is. */
export async function visit(scene: Scene, edge: number, { subject, token }: Member): Promise<void> {
  const answer = await scene.doors[edge]?.send('GET', '/page', token)
  if (answer?.status !== 200) {
    throw new Error(`${subject}: ${answer?.status} instead of 200: ${answer?.body}`)
  }
  if (!answer.body.includes(JSON.stringify(subject)))
    throw new Error(`${subject}: taken for another`)
}

async function counted(scene: Scene, work: () => Promise<unknown>): Promise<Counts> {
  await scene.control.resetStats()
  await work()
  const { httpRequests, commands } = await scene.control.stats()
  return { httpRequests, commands }
}

/** `visits` of a hot session, within half a bound of the last feed read: what they cost together. */
export async function hotCost(scene: Scene, visits: number, boundMs: number): Promise<Counts> {
  const [member] = await makeMembers(scene, 1, 'hot')
  if (member === undefined) throw new Error('no session')
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // After a pause the first visit reads feed and session; what follows is hot.
    await sleep(boundMs * 1.2)
    const startedAtMs = performance.now()
    await visit(scene, 0, member)
    const cost = await counted(scene, () => inParallel(visits, 4, () => visit(scene, 0, member)))
    // Longer, and a background read was due: that is not the requests' cost.
    if (performance.now() - startedAtMs < boundMs / 2) return cost
  }
  throw new Error(`${visits} visits do not fit into ${boundMs / 2} ms on this machine`)
}

/** The first visit of one session at an edge: with a stale feed, and with a fresh one. */
export async function coldCost(scene: Scene, boundMs: number) {
  const members = await makeMembers(scene, 2, 'cold')
  const [first, second] = members
  if (first === undefined || second === undefined) throw new Error('no session')
  await sleep(boundMs * 1.2)
  const staleFeed = await counted(scene, () => visit(scene, 0, first))
  const freshFeed = await counted(scene, () => visit(scene, 0, second))
  return { staleFeed, freshFeed }
}

export interface ZipfCost {
  readonly requests: number
  readonly perSecond: number
  readonly firstTouches: number
  readonly commands: number
  /** Commands beyond first touches, for 1,000 requests. */
  readonly perThousand: number
}

/** Skewed traffic over edges 0 and 1; `coldCommands` is what one first touch costs (measured before). */
export async function zipfCost(
  scene: Scene,
  options: { sessions: number; requests: number; rate: number; coldCommands: number },
  random: Random,
): Promise<ZipfCost> {
  const { sessions, requests, rate, coldCommands } = options
  const members = await makeMembers(scene, sessions, 'zipf')
  const draw = zipf(sessions, random)
  const touched = new Set<string>()
  let tookMs = 0
  const { commands } = await counted(scene, async () => {
    tookMs = await steadily(requests, rate, (index) => {
      const rank = draw()
      touched.add(`${index % 2} ${rank}`)
      return visit(scene, index % 2, members[rank] as Member)
    })
  })
  const beyond = commands - touched.size * coldCommands
  return {
    requests,
    perSecond: requests / (tookMs / 1000),
    firstTouches: touched.size,
    commands,
    perThousand: (beyond * 1000) / requests,
  }
}
