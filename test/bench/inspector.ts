/**
 * workerd's inspector over its WebSocket: a call, its answer. Must never stay open when its user is done:
 * an attached inspector slows the isolate down.
 */
import { once } from 'node:events'
import { WebSocket } from 'ws'

export interface Inspector {
  call(method: string, params?: object): Promise<unknown>
  close(): void
}

/** Some methods workerd never answers; the longest that it does is a snapshot of a large heap. */
const ANSWER_WITHIN_MS = 60_000

export async function inspect(port: number): Promise<Inspector> {
  const listed = await fetch(`http://127.0.0.1:${port}/json`)
  const targets = (await listed.json()) as readonly { webSocketDebuggerUrl: string; id: string }[]
  const target = targets.find(({ id }) => id.includes('worker')) ?? targets[0]
  if (target === undefined) throw new Error('the inspector knows no worker')
  const socket = new WebSocket(target.webSocketDebuggerUrl, { perMessageDeflate: false })
  await once(socket, 'open')
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let last = 0
  socket.on('message', (data) => {
    const { id, result, error } = JSON.parse(String(data)) as {
      id?: number
      result?: unknown
      error?: { message: string }
    }
    const answer = waiting.get(id ?? 0)
    waiting.delete(id ?? 0)
    if (error) answer?.reject(new Error(error.message))
    else answer?.resolve(result)
  })
  return {
    call(method, params = {}) {
      const answer = Promise.withResolvers<unknown>()
      waiting.set(++last, answer)
      socket.send(JSON.stringify({ id: last, method, params }))
      const late = () => answer.reject(new Error(`${method} was not answered`))
      const timer = setTimeout(late, ANSWER_WITHIN_MS)
      return answer.promise.finally(() => clearTimeout(timer))
    },
    close: () => socket.terminate(),
  }
}
