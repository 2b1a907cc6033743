/**
 * The essentials of WebSockets (RFC 6455) as a list of things one end does, and a transcript of what both ends
 * saw: to be run against an origin directly and through the Worker. Must never judge; the test compares.
 */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import WebSocket from 'ws'

export interface Essential {
  readonly name: string
  readonly act: (socket: WebSocket) => unknown
  /** How many things the client sees before all is said. */
  readonly sees: number
  readonly compressed?: boolean
}

const MB = 1024 * 1024
const CLOSE_CODES = [1000, 1001, 1003, 1007, 1009, 1011, 1012, 1013, 3000, 4001, 4999]

export const ESSENTIALS: readonly Essential[] = [
  { name: 'text', act: (socket) => socket.send('häl\u0000lo 🐢'), sees: 1 },
  { name: 'empty text', act: (socket) => socket.send(''), sees: 1 },
  { name: 'binary', act: (socket) => socket.send(Buffer.from([0, 255, 7])), sees: 1 },
  { name: 'empty binary', act: (socket) => socket.send(Buffer.alloc(0)), sees: 1 },
  { name: 'order', act: (socket) => countTo(socket, 300), sees: 300 },
  { name: '16 MB binary', act: (socket) => socket.send(Buffer.alloc(16 * MB, 'bin')), sees: 1 },
  { name: '16 MB text', act: (socket) => socket.send('é'.repeat(8 * MB)), sees: 1 },
  {
    name: '16 MB uncompressed',
    act: (socket) => socket.send(Buffer.alloc(16 * MB, 'raw')),
    sees: 1,
    compressed: false,
  },
  { name: 'fragments', act: inFragments, sees: 1 },
  { name: 'ping', act: (socket) => socket.ping('are you there'), sees: 1 },
  { name: 'ping of the origin', act: (socket) => socket.send('ping'), sees: 1 },
  ...CLOSE_CODES.flatMap((code): Essential[] => [
    { name: `close ${code}`, act: (socket) => socket.close(code, 'bye'), sees: 1 },
    { name: `close ${code} of the origin`, act: (socket) => socket.send(`close ${code}`), sees: 1 },
  ]),
  { name: 'close without a code', act: (socket) => socket.close(), sees: 1 },
  { name: 'close without a code of the origin', act: (socket) => socket.send('close'), sees: 1 },
  { name: 'disconnect', act: (socket) => socket.terminate(), sees: 1 },
  { name: 'disconnect of the origin', act: (socket) => socket.send('terminate'), sees: 1 },
]

const WITHIN_MS = 10_000

/** What both ends saw, in a form that can be compared. `endOf` is how the origin saw it end. */
export async function transcriptOf(
  { act, sees, compressed = true }: Essential,
  url: string,
  headers: Readonly<Record<string, string>>,
  endOf: (id: string) => string | undefined,
): Promise<readonly string[]> {
  const id = crypto.randomUUID()
  const socket = new WebSocket(`${url.replace('http', 'ws')}?id=${id}`, ['one', 'two'], {
    headers,
    maxPayload: 64 * MB,
    perMessageDeflate: compressed,
  })
  const seen: string[] = []
  socket.on('message', (data, isBinary) => seen.push(described(data as Buffer, isBinary)))
  socket.on('pong', (data) => seen.push(`pong ${data}`))
  socket.on('close', (code, reason) => seen.push(`close ${code} ${reason}`))
  await once(socket, 'open')
  await act(socket)
  const untilMs = performance.now() + WITHIN_MS
  while (seen.length < sees && performance.now() < untilMs) await sleep(5)
  const wasOpen = socket.readyState === WebSocket.OPEN
  if (wasOpen) socket.close(1000)
  while (endOf(id) === undefined && performance.now() < untilMs) await sleep(5)
  const { protocol, extensions } = socket
  socket.terminate()
  return [
    `protocol ${protocol}, extensions ${extensions}`,
    ...seen.slice(0, sees),
    `origin: ${endOf(id)}`,
  ]
}

/** Long messages by their length and their ends. */
const described = (data: Buffer, isBinary: boolean): string =>
  `${isBinary ? 'binary' : 'text'} ${data.length} ${data.subarray(0, 30)}…${data.subarray(-4)}`

function countTo(socket: WebSocket, count: number): void {
  for (let i = 1; i <= count; i++) socket.send(i % 2 ? `number ${i}` : Buffer.from(`number ${i}`))
}

function inFragments(socket: WebSocket): void {
  socket.send('frag', { fin: false })
  socket.send('men', { fin: false })
  socket.send('ted', { fin: true })
}
