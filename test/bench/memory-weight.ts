/**
 * What one remembered session weighs in an isolate: heap after garbage collection, before and after many.
 * Must never be measured with the memory's bounds in place: what was evicted weighs nothing.
 */
import { Agent, request } from 'node:http'
import { contenders, OURS_HOT } from './contenders.ts'
import { inspect } from './inspector.ts'
import { residentBytes } from './process-use.ts'
import { openScene } from './scene.ts'
import { headersOf, PATH } from './visitor.ts'
import type { Workerd } from './workerd.ts'

export interface Weight {
  readonly remembered: number
  readonly heapBytesEach: number
  readonly residentBytesEach: number
}

const BOUNDLESS = { MAX_REMEMBERED_BYTES: 1e12, MAX_REMEMBERED_SESSIONS: 1e9 }
const CONNECTIONS = 16

/** Lets `count` sessions visit once each; twice over, as an inspector's snapshot takes much memory itself. */
export async function weighMemory(count: number): Promise<Weight> {
  // What the first thousand leave behind is warming up: code, caches, connections.
  const warm = Math.min(1000, count >> 1)
  const growth = async (inspector: boolean, measure: (worker: Workerd) => Promise<number>) => {
    const hot = contenders.filter(({ name }) => name === OURS_HOT)
    const boundless = hot.map((contender) => ({ ...contender, limits: BOUNDLESS }))
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
    heapBytesEach: await growth(true, heapBytes),
    residentBytesEach: await growth(false, async ({ pid }) => residentBytes(pid)),
  }
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
