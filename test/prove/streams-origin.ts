/**
 * An origin of streams: WebSockets that echo or do as they are told, event streams, and bodies of any length in
 * both directions. Notes how each stream ended. Must never hold a body in memory.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { type WebSocket, WebSocketServer } from 'ws'

export interface StreamsOrigin {
  readonly url: string
  /** How streams ended, by the `id` of their query, as this end saw it. */
  readonly ends: Map<string, string>
  /** Breaks off all that is open. */
  breakOff(): void
  stop(): Promise<void>
}

const EVENT_MS = 50
const CHUNK = Buffer.alloc(64 * 1024, 7)
export const COMPRESSED = gzipSync('compressed '.repeat(1000))

export async function startStreamsOrigin(): Promise<StreamsOrigin> {
  const ends = new Map<string, string>()
  const server = createServer((request, response) => {
    answer(request, response, ends, sockets.clients.size)
  })
  const sockets = new WebSocketServer({
    server,
    maxPayload: 64 * 1024 * 1024,
    perMessageDeflate: true,
    handleProtocols: (names) => [...names].at(-1) ?? false,
  })
  sockets.on('connection', (socket, request) => {
    const id = urlOf(request).searchParams.get('id') ?? ''
    socket.on('message', (data, isBinary) => obey(socket, data as Buffer, isBinary))
    socket.on('close', (code, reason) => ends.set(id, `${code} ${reason}`))
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const breakOff = () => {
    for (const socket of sockets.clients) socket.terminate()
    server.closeAllConnections()
  }
  return {
    breakOff,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ends,
    stop: () =>
      new Promise((resolve) => {
        breakOff()
        server.close(() => resolve())
      }),
  }
}

const urlOf = ({ url }: IncomingMessage) => new URL(url ?? '/', 'http://origin')

/** Echoes, unless the text is an order. */
function obey(socket: WebSocket, data: Buffer, isBinary: boolean): void {
  const [order, code] = isBinary ? [] : data.toString().split(' ')
  if (order === 'close' && code === undefined) socket.close()
  else if (order === 'close') socket.close(Number(code), 'from the origin')
  else if (order === 'terminate') socket.terminate()
  else if (order === 'ping') socket.once('pong', (said) => socket.send(`pong ${said}`)).ping('42')
  else socket.send(data, { binary: isBinary })
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  ends: Map<string, string>,
  open: number,
): void {
  const { pathname, searchParams } = urlOf(request)
  const bytes = Number(searchParams.get('bytes') ?? 0)
  response.on('close', () => {
    ends.set(searchParams.get('id') ?? '', response.writableFinished ? 'whole' : 'broken off')
  })
  switch (pathname.slice(pathname.lastIndexOf('/') + 1)) {
    case 'events': {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      let count = 0
      const timer = setInterval(() => response.write(`data: ${count++}\n\n`), EVENT_MS)
      response.on('close', () => clearInterval(timer))
      return
    }
    case 'stalled':
      // A first byte, and then nothing for as long as anybody waits.
      response.writeHead(200, { 'content-length': bytes }).write('.')
      return
    case 'download':
      response.writeHead(200, searchParams.has('chunked') ? {} : { 'content-length': bytes })
      send(response, bytes)
      return
    case 'upload':
      count(request).then((received) => response.end(String(received)))
      return
    case 'compressed':
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'text/plain' })
      response.write(COMPRESSED.subarray(0, 20))
      response.end(COMPRESSED.subarray(20))
      return
    case 'open':
      response.end(String(open))
      return
    default:
      response.end('short')
  }
}

function send(response: ServerResponse, bytes: number): void {
  let left = bytes
  const more = () => {
    while (left > 0) {
      const chunk = CHUNK.subarray(0, Math.min(left, CHUNK.length))
      left -= chunk.length
      if (!response.write(chunk) && left > 0) {
        response.once('drain', more)
        return
      }
    }
    response.end()
  }
  more()
}

async function count(request: IncomingMessage): Promise<number> {
  let bytes = 0
  for await (const chunk of request) bytes += (chunk as Buffer).length
  return bytes
}
