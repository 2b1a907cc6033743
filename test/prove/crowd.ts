/**
 * More sessions than an isolate remembers, all through one edge: it must answer right and stay in memory.
 * Must never measure the wrong process: the memory is that of the one edge, by its id.
 */
import { existsSync, readFileSync } from 'node:fs'
import { type Member, makeMembers, visit } from './cost-measures.ts'
import { liveHeapMb } from './heap.ts'
import { inParallel, sleep } from './pace.ts'
import type { Random } from './random.ts'
import type { Scene } from './scene.ts'

export interface CrowdResult {
  readonly sessions: number
  readonly visits: number
  readonly revoked: number
  /** The isolate's heap in MB, after a collection. */
  readonly heapBeforeMb: number
  readonly heapAfterMb: number
  /** The most that the edge's process had resident, in MB; null where /proc is not. */
  readonly peakMb: number | null
}

const WIDTH = 32
const SAMPLE_MS = 250

export async function crowd(
  scene: Scene,
  options: { sessions: number; revoked: number; boundMs: number },
  random: Random,
  say: (line: string) => void,
): Promise<CrowdResult> {
  const { sessions, revoked, boundMs } = options
  const [edge] = scene.edges
  if (edge === undefined) throw new Error('a scene has at least one edge')
  const members = await makeMembers(scene, sessions, 'crowd')
  say(`${sessions} sessions made`)
  const heapBeforeMb = await liveHeapMb(edge)
  let peakMb = residentMb(edge.pid)
  const sampling = setInterval(() => {
    const nowMb = residentMb(edge.pid)
    if (nowMb !== null) peakMb = Math.max(peakMb ?? 0, nowMb)
  }, SAMPLE_MS)
  try {
    await inParallel(sessions, WIDTH, (index) => visit(scene, 0, members[index] as Member))
    say('each visited once')
    const again = Math.ceil(sessions / 10)
    await inParallel(again, WIDTH, () => visit(scene, 0, random.pick(members)))
    await revokeSome(scene, members.slice(-revoked), boundMs)
    return {
      sessions,
      visits: sessions + again,
      revoked,
      heapBeforeMb,
      heapAfterMb: await liveHeapMb(edge),
      peakMb,
    }
  } finally {
    clearInterval(sampling)
  }
}

/** The sessions visited last are surely remembered; still they must be dead after the bound. */
async function revokeSome(scene: Scene, members: readonly Member[], boundMs: number) {
  await inParallel(members.length, 8, async (index) => {
    await scene.operators.at(-1)?.call('DELETE', `/sessions/${members[index]?.sid}`, 200)
  })
  await sleep(boundMs + 50)
  for (const { subject, token } of members) {
    const answer = await scene.doors[0]?.send('GET', '/page', token)
    if (answer?.status !== 401) throw new Error(`${subject}: ${answer?.status} after revocation`)
  }
}

function residentMb(pid: number): number | null {
  const path = `/proc/${pid}/status`
  if (!existsSync(path)) return null
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(path, 'utf8'))?.[1]
  return kilobytes === undefined ? null : Number(kilobytes) / 1024
}
