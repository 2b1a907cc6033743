/**
 * What one remembered session weighs in an isolate: heap after garbage collection, before and after many, with
 * the assertion that one in use has, and without. Must never be measured with the memory's bounds in place: what
 * was evicted weighs nothing.
 */
import { Agent, request } from 'node:http'
import { Memory } from '../../src/session/memory.ts'
import { statement } from '../../src/session/statement.ts'
import { type Contender, contenders, OURS_HOT } from './contenders.ts'
import { inspect } from './inspector.ts'
import { residentBytes } from './process-use.ts'
import { openScene } from './scene.ts'
import { headersOf, PATH } from './visitor.ts'
import type { Workerd } from './workerd.ts'

export interface Weight {
  readonly remembered: number
  /** Without an assertion: not used within the last minute. */
  readonly heapBytesEach: number
  readonly heapBytesInUse: number
  /** In use, garbage and all. */
  readonly residentBytesInUse: number
}

const BOUNDLESS = { MAX_REMEMBERED_BYTES: 1e12, MAX_REMEMBERED_SESSIONS: 1e9 }
const IN_USE = { ...BOUNDLESS, MAX_ASSERTIONS_HELD: 1e9 }
/** Each assertion drives the one before last out, as time would. */
const IDLE = { ...BOUNDLESS, MAX_ASSERTIONS_HELD: 2 }
/** So that a machine of any speed measures the same. */
const VARS = { ASSERTION_LIFETIME_SECONDS: '3600' }
const CONNECTIONS = 16

/** Lets `count` sessions visit once each; a Worker for each measure, as a snapshot takes much memory itself. */
export async function weighMemory(count: number): Promise<Weight> {
  // What the first thousand leave behind is warming up: code, caches, connections.
  const warm = Math.min(1000, count >> 1)
  const growth = async (
    limits: Readonly<Record<string, number>>,
    inspector: boolean,
    measure: (worker: Workerd) => Promise<number>,
  ) => {
    const hot = contenders.filter(({ name }) => name === OURS_HOT)
    const boundless = hot.map((contender) => ({
      ...contender,
      limits,
      prepare: withVars(contender),
    }))
    const scene = await openScene(boundless, { storedSessions: count, inspector })
    try {
      const [runner] = scene.runners
      if (runner === undefined) throw new Error('nobody to weigh')
      const { tokens } = scene.sessions
      await scene.sessions.refresh()
      await visitAll(runner.worker.url, tokens.slice(0, warm))
      const before = await measure(runner.worker)
      await visitAll(runner.worker.url, tokens.slice(warm))
      return ((await measure(runner.worker)) - before) / (count - warm)
    } finally {
      await scene.stop()
    }
  }
  return {
    remembered: count - warm,
    heapBytesEach: await growth(IDLE, true, heapBytes),
    heapBytesInUse: await growth(IN_USE, true, heapBytes),
    residentBytesInUse: await growth(IN_USE, false, async ({ pid }) => residentBytes(pid)),
  }
}

/** What the memory's own bound counts for one of these sessions: never less than it weighs. */
export function countedBytes(): number {
  const memory = new Memory({ maxEntries: 1, maxBytes: Number.POSITIVE_INFINITY })
  const atMs = Date.now()
  const [slot, digest] = ['A'.repeat(22), `${'Q'.repeat(21)}A`]
  const session = {
    address: { slot, digest },
    root: digest,
    createdAtMs: atMs,
    issuedAtMs: atMs,
    expiresAtMs: atMs,
    idleMs: 0,
    authTimeMs: atMs,
    labels: { tenant: 'acme' },
  }
  const known = statement({
    address: session.address,
    head: 0,
    askedAtMs: atMs,
    source: 'primary',
    stored: { session, graceUntilMs: null },
    subject: {
      subject: 'bench-12345',
      permissions: ['orders:read', 'orders:write'],
      disabled: false,
    },
    lastSeen: { atMs },
  })
  memory.put(`sess_${'t'.repeat(82)}`, known)
  return memory.bytes
}

const withVars =
  ({ prepare }: Contender): Contender['prepare'] =>
  async (setting) => {
    const prepared = await prepare(setting)
    return { ...prepared, vars: { ...prepared.vars, ...VARS } }
  }

/** Taking a snapshot collects all garbage first; workerd never answers `HeapProfiler.collectGarbage`. */
async function heapBytes({ inspectorPort }: Workerd): Promise<number> {
  const inspector = await inspect(inspectorPort)
  await inspector.call('HeapProfiler.takeHeapSnapshot')
  const { usedSize } = (await inspector.call('Runtime.getHeapUsage')) as { usedSize: number }
  inspector.close()
  return usedSize
}

async function visitAll(url: string, tokens: readonly string[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const queue = tokens.values()
  const visitor = async () => {
    for (const token of queue) await visit(url, token, agent)
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, visitor))
  agent.destroy()
}

function visit(url: string, token: string, agent: Agent): Promise<void> {
  const headers = headersOf({ cookies: [`__Host-session=${token}`] })
  return new Promise((resolve, reject) => {
    const call = request(url + PATH, { agent, headers }, (response) => {
      response.resume()
      if (response.statusCode !== 200) reject(new Error(`answered ${response.statusCode}`))
      response.once('end', resolve)
    })
    call.once('error', reject)
    call.end()
  })
}
