/**
 * A small origin that shows what it received, for the demo and the tests: the site behind the door.
 * Must never trust anything but what the Worker told it: it has no session store and sees no token.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'

export interface Origin {
  readonly url: string
  stop(): Promise<void>
}

/** Listens on loopback. 0 takes any free port. */
export async function startOrigin(port = 0): Promise<Origin> {
  const server = createServer(answer)
  const sockets = new WebSocketServer({ server })
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

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://origin')
  // `?answer-header=name:value` makes the origin say it, so that tests can have it say anything.
  for (const header of searchParams.getAll('answer-header')) {
    const colon = header.indexOf(':')
    response.appendHeader(header.slice(0, colon), header.slice(colon + 1))
  }
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
