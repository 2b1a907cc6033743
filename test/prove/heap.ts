/**
 * The heap of an edge as V8 itself counts it, after a garbage collection: what an isolate's limit is about
 * (a process is larger: it keeps what V8 may use again). Must never look while a measurement of time runs.
 */
import { once } from 'node:events'
import WebSocket from 'ws'
import type { Edge } from '../edges/serve.ts'

interface HeapUsage {
  readonly usedSize: number
  readonly embedderHeapUsedSize?: number
  readonly backingStorageSize?: number
}

const POKE_MS = 50

/** In MB: objects, what the platform holds for them, and buffers. */
export async function liveHeapMb({ inspectorPort, url }: Edge): Promise<number> {
  if (inspectorPort === null) throw new Error('the edge was started without an inspector')
  const targets = await fetch(`http://127.0.0.1:${inspectorPort}/json`)
  const isolates = (await targets.json()) as { webSocketDebuggerUrl: string }[]
  const target = isolates.find((isolate) => isolate.webSocketDebuggerUrl.endsWith('/worker'))
  if (target === undefined) throw new Error('the inspector shows no isolate of the Worker')
  const socket = new WebSocket(target.webSocketDebuggerUrl)
  await once(socket, 'open')
  // workerd answers after a collection only when the isolate next has something to do.
  const poke = setInterval(() => fetch(url).catch(() => undefined), POKE_MS)
  try {
    await ask(socket, 1, 'HeapProfiler.collectGarbage')
    const usage = (await ask(socket, 2, 'Runtime.getHeapUsage')) as HeapUsage
    const { usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 } = usage
    return (usedSize + embedderHeapUsedSize + backingStorageSize) / 2 ** 20
  } finally {
    clearInterval(poke)
    socket.terminate()
  }
}

function ask(socket: WebSocket, id: number, method: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    socket.on('close', () => reject(new Error('the inspector hung up')))
    socket.on('message', (data) => {
      const answer = JSON.parse(String(data)) as { id?: number; result?: unknown; error?: unknown }
      if (answer.id !== id) return
      if (answer.error) reject(new Error(`${method}: ${JSON.stringify(answer.error)}`))
      else resolve(answer.result)
    })
    socket.send(JSON.stringify({ id, method }))
  })
}
