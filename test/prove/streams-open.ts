/**
 * A stream as its client holds it: a WebSocket, an event stream or a download, and how and when it ended.
 * Must never end one by itself, but for `drop`.
 */
import { once } from 'node:events'
import { type ClientRequest, get, type IncomingMessage } from 'node:http'
import WebSocket from 'ws'

export type StreamKind = 'websocket' | 'events' | 'stalled'

/** `how`: the close code and reason of a WebSocket; `whole` or `broken off` for a body. */
export interface StreamEnd {
  readonly atMs: number
  readonly how: string
}

export interface OpenStream {
  readonly id: string
  readonly kind: StreamKind
  /** Null while it is open. */
  readonly end: StreamEnd | null
  /** Bytes or messages so far. */
  readonly received: number
  readonly ended: Promise<StreamEnd>
  /** Only a WebSocket can. */
  send(text: string): void
  drop(): void
}

const STALLED_BYTES = 4 * 1024 * 1024

/** Resolves when it is open: switched, or the first byte is there. */
export async function openStream(
  kind: StreamKind,
  edgeUrl: string,
  token: string,
  path = '',
): Promise<OpenStream> {
  const id = crypto.randomUUID()
  const headers = { authorization: `Bearer ${token}` }
  const url = `${edgeUrl}${path}/${kind}?id=${id}&bytes=${STALLED_BYTES}`
  let received = 0
  let end: StreamEnd | null = null
  let tell: (end: StreamEnd) => void = () => undefined
  const ended = new Promise<StreamEnd>((resolve) => {
    tell = resolve
  })
  const over = (how: string) => {
    end ??= { atMs: performance.now(), how }
    tell(end)
  }
  const count = () => {
    received++
  }
  let socket: WebSocket | null = null
  let request: ClientRequest | null = null
  if (kind === 'websocket') {
    socket = new WebSocket(url.replace('http', 'ws'), { headers })
    socket.on('message', count)
    socket.on('close', (code, reason) => over(`${code} ${reason}`))
    await once(socket, 'open')
  } else {
    request = get(url, { headers, agent: false })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    if (response.statusCode !== 200) throw new Error(`${kind}: ${response.statusCode}`)
    response.on('data', count)
    response.on('error', () => undefined)
    response.on('close', () => over(response.complete ? 'whole' : 'broken off'))
    await once(response, 'data')
  }
  return {
    id,
    kind,
    get end() {
      return end
    },
    get received() {
      return received
    },
    ended,
    send: (text) => socket?.send(text),
    drop: () => {
      socket?.terminate()
      request?.destroy()
    },
  }
}

/** The list's entry; an error where there is none. */
export function at<T>(list: readonly T[], index: number): T {
  const entry = list[index]
  if (entry === undefined) throw new Error(`nothing at ${index}`)
  return entry
}
