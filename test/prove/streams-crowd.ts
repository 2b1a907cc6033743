/**
 * Thousands of idle WebSockets at one edge: what they cost while nothing happens, and how fast they end. Must never
 * count a socket that was not open, at both ends.
 */
import { readdirSync } from 'node:fs'
import { cpuMicros, residentBytes } from '../bench/process-use.ts'
import { type Member, makeMembers } from './cost-measures.ts'
import { liveHeapMb } from './heap.ts'
import { inParallel, sleep } from './pace.ts'
import type { Scene } from './scene.ts'
import { at, type OpenStream, openStream } from './streams-open.ts'

export interface CrowdOptions {
  /** Tells this crowd from another in what is noted. */
  readonly name: string
  /** The place of the edge. */
  readonly place: number
  /** Where the visitor of each comes in. */
  readonly urlFor: (index: number) => string
  readonly sockets: number
  /** That many of them belong to one session, and each other has its own. */
  readonly shared: number
  /** That many sessions are revoked one by one. */
  readonly revoked: number
  readonly seconds: number
  readonly boundMs: number
}

export type Note = (what: string, measured: string, holds: boolean) => void

const OPEN_WIDTH = 24
const OPEN_ATTEMPTS = 10
const CLOSE_ALL_MS = 60_000
/** Of the 128 MB an isolate may use. */
const MAX_HEAP_MB = 96
const ENDED = '4001 invalid_token'

const stillOpen = (streams: readonly OpenStream[]) =>
  streams.filter(({ end }) => end === null).length
const latestEndMs = (streams: readonly OpenStream[]) =>
  Math.max(...streams.map(({ end }) => end?.atMs ?? Number.POSITIVE_INFINITY))

export async function crowdOfSockets(
  scene: Scene,
  options: CrowdOptions,
  note: Note,
): Promise<void> {
  const { name, place, urlFor, sockets, shared, revoked, seconds, boundMs } = options
  const edge = at(scene.edges, place)
  const operator = at(scene.operators, scene.operators.length - 1)
  const [witness, ...members] = await makeMembers(scene, sockets - shared + 2, `${name}-socket`)
  const memberOf = (index: number) => at(members, Math.max(0, index - shared + 1))
  const openAtOrigin = async () => {
    const answer = await scene.doors[place]?.send('GET', '/open', witness?.token ?? '')
    if (answer?.status !== 200) throw new Error(`/open: ${answer?.status} ${answer?.body}`)
    return Number(answer.body)
  }

  await openAtOrigin()
  const [heapBeforeMb, residentBefore] = [await liveHeapMb(edge), residentBytes(edge.pid)]
  const filesBefore = filesOf(edge.pid)
  const open: OpenStream[] = []
  await inParallel(sockets, OPEN_WIDTH, async (index) => {
    open[index] = await openPatiently(urlFor(index), memberOf(index))
  })
  await sleep(2 * boundMs)
  const files = filesOf(edge.pid) - filesBefore
  const atOrigin = await openAtOrigin()
  console.log(`${name}: ${stillOpen(open)} sockets open, ${atOrigin} at the origin`)

  await sleep(boundMs)
  await scene.control.resetStats()
  const [startedAtMs, cpuBefore] = [performance.now(), cpuMicros(edge.pid)]
  await sleep(seconds * 1000)
  const tookMs = performance.now() - startedAtMs
  const { httpRequests } = await scene.control.stats()
  const cpu = (cpuMicros(edge.pid) - cpuBefore) / 1000 / tookMs
  const halfBounds = tookMs / (boundMs / 2)
  note(
    `${sockets} idle sockets at one edge, ${name}: at most one request to the store in half a bound`,
    `${httpRequests} in ${halfBounds.toFixed(0)} half bounds; ${(100 * cpu).toFixed(0)}% of a core`,
    atOrigin === sockets && stillOpen(open) === sockets && httpRequests <= halfBounds + 1,
  )
  const residentMb = (residentBytes(edge.pid) - residentBefore) / 2 ** 20
  const heapMb = await liveHeapMb(edge)
  const each = (megabytes: number) => ((megabytes * 1024) / sockets).toFixed(1)
  note(
    `the heap of the isolate with them, of at most ${MAX_HEAP_MB} MB`,
    `${heapBeforeMb.toFixed(0)} MB before, ${heapMb.toFixed(0)} MB: ${each(heapMb - heapBeforeMb)} KB a socket; the process grew by ${residentMb.toFixed(0)} MB (${each(residentMb)} KB a socket) and ${(files / sockets).toFixed(2)} files a socket`,
    heapMb <= MAX_HEAP_MB,
  )

  const alone = open.slice(sockets - revoked)
  let revokedAtMs = 0
  await inParallel(revoked, 8, async (index) => {
    await operator.call('DELETE', `/sessions/${memberOf(sockets - revoked + index).sid}`, 200)
    revokedAtMs = Math.max(revokedAtMs, performance.now())
  })
  await sleep(boundMs + 1000)
  await noteEnded(`${revoked} sessions revoked one by one`, alone, revokedAtMs, sockets - revoked)

  const together = open.slice(0, shared)
  await operator.call('DELETE', `/sessions/${memberOf(0).sid}`, 200)
  revokedAtMs = performance.now()
  await sleep(boundMs + 1000)
  await noteEnded(
    `one session with ${shared} sockets revoked`,
    together,
    revokedAtMs,
    sockets - revoked - shared,
  )

  async function noteEnded(
    what: string,
    dead: readonly OpenStream[],
    sinceMs: number,
    left: number,
  ): Promise<void> {
    const lastMs = latestEndMs(dead) - sinceMs
    const atOrigin = await openAtOrigin()
    note(
      `${what}: ended within ${boundMs} ms of the last receipt, and no other`,
      `${dead.filter(({ end }) => end?.how === ENDED).length} ended, the last after ${lastMs.toFixed(0)} ms; ${stillOpen(open)} open, ${atOrigin} at the origin`,
      lastMs <= boundMs && stillOpen(open) === left && atOrigin === left,
    )
  }

  const left = open.slice(shared, sockets - revoked)
  await operator.call('POST', '/revocations', 200, { all: true })
  const allAtMs = performance.now()
  // How fast thousands can be closed is a matter of the machine, which their clients share.
  while (stillOpen(left) > 0 && performance.now() - allAtMs < CLOSE_ALL_MS) await sleep(200)
  const endsMs = left.map(({ end }) => (end?.atMs ?? Number.POSITIVE_INFINITY) - allAtMs)
  const within = endsMs.filter((ms) => ms <= boundMs).length
  note(
    `${left.length} sessions revoked at once: every socket closed by 4001`,
    `${left.filter(({ end }) => end?.how === ENDED).length}: ${within} within ${boundMs} ms of the receipt, the last after ${Math.max(...endsMs).toFixed(0)} ms (their clients share the machine)`,
    left.every(({ end }) => end?.how === ENDED),
  )
  for (const stream of open) stream.drop()
}

/** Opening is not what is measured: a store that was too busy is asked again. */
async function openPatiently(url: string, { token }: Member): Promise<OpenStream> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await openStream('websocket', url, token)
    } catch (error) {
      if (attempt === OPEN_ATTEMPTS) throw error
      await sleep(500)
    }
  }
}

const filesOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length
