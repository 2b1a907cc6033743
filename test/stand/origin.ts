/**
 * A small origin that shows what it received, for the demo and the tests: the site behind the door. It also has
 * a login, on pages of their own (login-pages.ts).
 * Must never trust anything but what the Worker told it: it has no session store and sees no token.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { pageFor } from './login-pages.ts'

export interface Origin {
  readonly url: string
  stop(): Promise<void>
}

const KEEP_ALIVE_MS = 65_000

/** Listens on loopback. 0 takes any free port. */
export async function startOrigin(port = 0): Promise<Origin> {
  // Longer than a test is idle: a connection that closes just as a request is sent on it would be a 502.
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, answer)
  const sockets = new WebSocketServer({ server })
  sockets.on('headers', (lines, request) => {
    for (const [name, value] of saidIn(request)) lines.push(`${name}: ${value}`)
  })
  sockets.on('connection', (socket, request) => {
    socket.send(JSON.stringify(seen(request)))
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets.clients) socket.terminate()
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

/** What came in: raw headers, so that nothing is hidden by a parser. */
const seen = ({ method, url, rawHeaders }: IncomingMessage) => ({
  method,
  url,
  headers: Array.from({ length: rawHeaders.length / 2 }, (_, i) => [
    rawHeaders[i * 2]?.toLowerCase() ?? '',
    rawHeaders[i * 2 + 1] ?? '',
  ]),
})

const urlOf = ({ url = '/' }: IncomingMessage): URL => new URL(url, 'http://origin')

/** `?answer-header=name:value` makes the origin say it, so that tests can have it say anything. */
const saidIn = (request: IncomingMessage): (readonly [name: string, value: string])[] =>
  urlOf(request)
    .searchParams.getAll('answer-header')
    .map((header) => {
      const colon = header.indexOf(':')
      return [header.slice(0, colon), header.slice(colon + 1)]
    })

function answer(request: IncomingMessage, response: ServerResponse): void {
  const page = pageFor(request)
  if (page !== null) {
    // A visitor who hangs up in the middle of a form.
    page(request, response).catch(() => response.destroy())
    return
  }
  const { pathname } = urlOf(request)
  for (const [name, value] of saidIn(request)) response.appendHeader(name, value)
  switch (pathname.slice(pathname.lastIndexOf('/') + 1)) {
    case 'redirect':
      response.writeHead(302, { location: '/elsewhere' }).end()
      return
    case 'mirror':
      response.writeHead(200, { 'content-type': 'application/octet-stream' })
      request.pipe(response)
      return
    case 'events':
      streamEvents(response)
      return
    default:
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(`${JSON.stringify(seen(request), null, 2)}\n`)
  }
}

function streamEvents(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  let count = 0
  const tick = setInterval(() => response.write(`data: ${count++}\n\n`), 100)
  response.on('close', () => clearInterval(tick))
}
