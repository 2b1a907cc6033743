/**
 * Requests as bytes, to the Worker as it is deployed: request lines and headers that no client library would send.
 * What workerd's own HTTP server refuses before the Worker sees it (400, 431, 501) is refused and no finding.
 */
import { connect } from 'node:net'
import { buildWorker } from '../edges/build.ts'
import { startScene } from '../prove/scene.ts'
import { ensure, type Target } from './target.ts'

export interface RawDoor {
  readonly target: Target
  stop(): Promise<void>
}

const PATIENCE_MS = 400
/** A connection that stays open says nothing more. */
const LINGER_MS = 40
const NOT_IMPLEMENTED = 501
const POLICIES = [{ match: '/public/*', access: 'public' }]

/** A Worker of its own with a live session, and the target that knocks at it. */
export async function openRawDoor(): Promise<RawDoor> {
  const bundle = await buildWorker()
  const scene = await startScene(bundle, {
    regions: [{ name: 'only', lagMs: 0 }],
    edges: 1,
    vars: { POLICIES: JSON.stringify(POLICIES), STORE_DEADLINE_MS: '5000' },
  })
  const stop = async () => {
    await scene.stop()
    bundle.remove()
  }
  const [port, operator] = [scene.edges[0]?.port, scene.operators[0]]
  if (port === undefined || operator === undefined) throw new Error('a scene has an edge')
  const { token, sid } = await operator.createSession({ subject: 'raw-user' })
  const target: Target = {
    name: 'raw request',
    pieces: [
      ...[
        'GET ',
        'POST ',
        'HEAD ',
        'CONNECT ',
        'TRACE ',
        'PRI ',
        'get ',
        ' HTTP/1.1',
        ' HTTP/1.0',
        '\r\n',
        '\n',
        '\r',
      ],
      ...[
        '/',
        '//',
        '/app',
        '/public/',
        '/_session/v1/',
        'sessions',
        'http://evil.test/',
        '*',
        '?',
        '#',
        '%2e',
        '\\',
        '\0',
      ],
      ...[
        'Host: site.test',
        'Host: ',
        'Cookie: ',
        'Authorization: Bearer ',
        '__Host-session=',
        'sess_A',
        ': ',
        'Session-Id: a',
      ],
      ...[
        'Transfer-Encoding: chunked',
        'Content-Length: 5',
        'Content-Length: -1',
        'Upgrade: websocket',
        'Expect: 100-continue',
      ],
      ...[
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
        '0',
        '5\r\nhello',
      ],
    ],
    seeds: [
      'GET /app HTTP/1.1\r\nHost: site.test',
      'GET /public/page HTTP/1.1\r\nHost: site.test',
      `GET /app HTTP/1.1\r\nHost: site.test\r\nAuthorization: Bearer x${token.slice(1)}`,
      `GET /app HTTP/1.1\r\nHost: site.test\r\nCookie: __Host-session=${token.slice(0, -1)}`,
      'GET /app HTTP/1.1\r\nHost: site.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      'POST /_session/v1/sessions HTTP/1.1\r\nHost: site.test\r\nContent-Length: 2\r\n\r\n{}',
      'POST /_session/v1/introspect HTTP/1.1\r\nHost: site.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0',
      'GET http://site.test/app HTTP/1.1\r\nHost: other.test',
    ],
    async check(input) {
      const answer = await knock(port, `${input}\r\nConnection: close\r\n\r\n`)
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)
      ensure(status < 500 || status === NOT_IMPLEMENTED || !isPlain(input), `status ${status}`)
      ensure(!answer.includes(sid) && !answer.includes('"session-assertion"'), 'somebody is let in')
      const reached = status === 200 && answer.includes('"headers"')
      ensure(!reached || /public/i.test(input), 'the origin is reached')
    },
  }
  return { target, stop }
}

/**
 * workerd answers 500 by itself, before any Worker, where target and Host make no URL (two Hosts make none either),
 * and to a body whose length it can't read: all seen with a Worker of one line. Anything else with a 500 is ours.
 */
function isPlain(input: string): boolean {
  const [requestLine = '', ...headers] = input.split(/\r?\n|\r/)
  const target = /^\S+ (\S*)/.exec(requestLine)?.[1] ?? ''
  const hosts = headers.flatMap((line) => /^host:\s*(.*?)\s*$/i.exec(line)?.[1] ?? [])
  return (
    /^\/[\x21-\x7e]*$/.test(target) &&
    !requestLine.startsWith('CONNECT') &&
    headers.every((line) => !/^(?:transfer-encoding|content-length):/i.test(line)) &&
    hosts.length < 2 &&
    hosts.every((host) => /^[a-z0-9.-]+(?::\d{1,4})?$/.test(host))
  )
}

/** The whole answer as text; '' where none comes in time: the request was not whole. */
function knock(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from(text, 'utf8')))
    const end = () => {
      socket.destroy()
      resolve(Buffer.concat(chunks).toString('latin1'))
    }
    socket.setTimeout(PATIENCE_MS, end)
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      socket.setTimeout(LINGER_MS)
    })
    socket.on('end', end)
    socket.on('error', end)
  })
}
