/**
 * Header hygiene, byte by byte: what a visitor puts on the wire against what the origin gets off it, through the
 * Worker as it is deployed. Raw sockets on both sides, so that no client and no server tidies anything up.
 */
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OUR_HEADERS } from '../../src/vocabulary/headers.ts'
import { makeSecrets } from '../stand/dev-vars.ts'
import { type Stand, startStand } from '../stand/http-redis.ts'
import { type BuiltWorker, buildWorker } from './build.ts'
import { type Edge, serveEdge } from './serve.ts'

const NAME = '__Host-session'
const POLICIES = [
  { match: '/public', access: 'public' },
  { match: '/optional', access: 'optional' },
  { match: '/strong', consistency: 'strong' },
  { match: '/admin', permissions: ['admin'] },
]

let stand: Stand
let worker: BuiltWorker
let origin: Server
let edges: { readonly enforce: Edge; readonly monitor: Edge }
let apiKey: string
let session: { token: string; sid: string }
/** The heads of the requests that reached the origin: one byte, one character. */
const heads: string[] = []

beforeAll(async () => {
  origin = createServer((socket) => {
    let head = ''
    socket.setEncoding('latin1').on('data', (text: string) => {
      head += text
      if (!head.includes('\r\n\r\n')) return
      heads.push(head)
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok')
    })
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve))
  stand = await startStand({ backend: 'memory', regions: [{ name: 'one', lagMs: 0 }] })
  const secrets = await makeSecrets(stand.regions[0]?.url ?? '', stand.token)
  apiKey = secrets.apiKey
  worker = await buildWorker()
  const { port } = origin.address() as AddressInfo
  const vars = {
    ...secrets.vars,
    ORIGIN_URL: `http://127.0.0.1:${port}`,
    POLICIES: JSON.stringify(POLICIES),
  }
  const [enforce, monitor] = await Promise.all([
    serveEdge(worker, { vars }),
    serveEdge(worker, { vars: { ...vars, ENFORCEMENT: 'monitor' } }),
  ])
  edges = { enforce, monitor }
  const created = await fetch(`${enforce.url}/_session/v1/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ subject: 'ada', permissions: ['read'] }),
  })
  const { token, session: made } = (await created.json()) as {
    token: string
    session: { sid: string }
  }
  session = { token, sid: made.sid }
})

afterAll(async () => {
  await Promise.all(Object.values(edges ?? {}).map((edge) => edge.stop()))
  worker?.remove()
  await stand?.stop()
  origin?.close()
})

/** Sends these lines as they are; the status, and the heads that reached the origin meanwhile. */
async function send(edge: Edge, path: string, lines: readonly string[]) {
  const before = heads.length
  const head = [`GET ${path} HTTP/1.1`, 'Host: site.test', ...lines, '', ''].join('\r\n')
  const answer = await new Promise<string>((resolve, reject) => {
    let text = ''
    const socket = connect(edge.port, '127.0.0.1', () => socket.write(Buffer.from(head, 'latin1')))
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part
      if (!text.includes('\r\n\r\n')) return
      resolve(text)
      socket.destroy()
    })
    socket.on('error', reject)
  })
  return { status: Number(answer.split(' ')[1]), heads: heads.slice(before) }
}

const headersOf = (head: string): [name: string, value: string][] =>
  head
    .split('\r\n')
    .slice(1, -2)
    .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])

/** As CGI and its heirs read a name, and so every spelling that could be taken for it. */
const read = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-')

/** What the origin is told in our names. */
const told = (head: string) =>
  headersOf(head)
    .filter(([name]) => OUR_HEADERS.has(read(name)))
    .map(([name, value]) => [name.toLowerCase(), value] as const)

const cookieOf = (head: string) => headersOf(head).find(([name]) => name === 'Cookie')?.[1]

/** Every tchar that is neither letter nor digit (RFC 9110 5.6.2) may stand for the hyphen. */
const SEPARATORS = [..."-_.!#$%&'*+^`|~"]
const CASES = [
  (name: string) => name,
  (name: string) => name.toUpperCase(),
  (name: string) => name.replaceAll(/(^|-)./g, (letters) => letters.toUpperCase()),
  (name: string) => [...name].map((c, at) => (at % 2 ? c.toUpperCase() : c)).join(''),
]
/** Ways to say one header, or two that a parser may take for one, and what workerd makes of the line. */
const FORMS: readonly [string, 200 | 400, (name: string, other: string) => string[]][] = [
  ['once', 200, (name) => [`${name}: forged`]],
  ['twice', 200, (name) => [`${name}: forged`, `${name}: forged`]],
  ['in two spellings', 200, (name, other) => [`${name}: forged`, `${other}: forged`]],
  ['empty', 200, (name) => [`${name}:`]],
  ['without a blank', 200, (name) => [`${name}:forged`]],
  ['among tabs', 200, (name) => [`${name}:\t forged\t`]],
  ['after a bare line feed', 200, (name) => [`X-Other: 1\n${name}: forged`]],
  ['after a bare carriage return', 200, (name) => [`X-Other: 1\r${name}: forged`]],
  // Refused before the Worker (RFC 9112 5.1 and 5.2).
  ['folded', 400, (name) => [`${name}: forged`, ' forged']],
  ['folded into another', 400, (name) => ['X-Other: 1', ` ${name}: forged`]],
  ['with a blank before the colon', 400, (name) => [`${name} : forged`]],
]

const bearer = () => `Authorization: Bearer ${session.token}`
const KINDS: readonly [string, string, keyof typeof edges, () => string[], boolean][] = [
  ['public', '/public', 'enforce', () => [bearer()], false],
  ['optional, nobody', '/optional', 'enforce', () => [], false],
  ['optional, somebody', '/optional', 'enforce', () => [bearer()], true],
  ['required', '/app', 'enforce', () => [bearer()], true],
  ['strong', '/strong', 'enforce', () => [bearer()], true],
  ['monitor mode, nobody', '/app', 'monitor', () => [], false],
  ['monitor mode, somebody', '/app', 'monitor', () => [bearer()], true],
  ['monitor mode, not permitted', '/admin', 'monitor', () => [bearer()], false],
]

describe.each(KINDS)('on a route that is %s', (_, path, mode, credential, isKnown) => {
  it.each(FORMS)('nobody speaks in our name: %s', async (name, expected, form) => {
    // One way is enough to try them all with; the others are about lines, not about spellings.
    const separators = name === 'once' ? SEPARATORS : ['-', '_', '.']
    for (const separator of separators) {
      for (const write of CASES) {
        const spelt = (plain: string) => write(plain).replaceAll('-', () => separator)
        const forged = [...OUR_HEADERS].flatMap((plain) => form(spelt(plain), plain))
        const { status, heads: reached } = await send(edges[mode], path, [
          ...forged,
          ...credential(),
        ])
        expect(status).toBe(expected)
        expect(reached).toHaveLength(status === 200 ? 1 : 0)
        for (const head of reached) {
          expect(head).not.toContain('forged')
          const names = told(head).map(([header]) => header)
          expect(names.sort()).toEqual(isKnown ? IDENTITY : [])
          if (isKnown) expect(told(head)).toContainEqual(['session-id', session.sid])
        }
      }
    }
  })

  it('no proxy is told to drop what we say', async () => {
    const options = [...OUR_HEADERS].flatMap((name) => [name, name.replaceAll('-', '_')])
    for (const connection of [options.join(', '), `keep-alive, ${options.join(',')}`, ...options]) {
      const lines = [`Connection: ${connection}`, ...credential()]
      const { status, heads: reached } = await send(edges[mode], path, lines)
      expect(status).toBe(200)
      const [head = ''] = reached
      expect(told(head)).toHaveLength(isKnown ? IDENTITY.length : 0)
      const named = headersOf(head).filter(([name]) => name.toLowerCase() === 'connection')
      expect(named.join().toLowerCase()).not.toMatch(/session/)
    }
  })
})

const IDENTITY = ['session-assertion', 'session-id', 'session-permissions', 'session-subject']

it('names that are not ours pass', async () => {
  const others = [
    'Session-Ids: 1',
    'X-Session-Id: 2',
    'Session: 3',
    'SessionId: 4',
    'Session--Id: 5',
  ]
  const { heads: reached } = await send(edges.enforce, '/public', others)
  for (const line of others) expect(reached[0]).toContain(`\r\n${line}\r\n`)
})

it('a call of the operator API is ours: whatever it says, nothing of it reaches the origin', async () => {
  const lines = [...OUR_HEADERS].flatMap((name) => [`${name}: revoke`, `${name}: forged`])
  for (const path of [
    `/_session/v1/sessions/${session.sid}`,
    '/_session/',
    '/_session/v1/health',
  ]) {
    const key = `Authorization: Bearer ${apiKey}`
    const { status, heads: reached } = await send(edges.enforce, path, [...lines, key])
    expect([status, reached]).toEqual([200, []])
  }
})

describe('the cookie', () => {
  const own = () => `${NAME}=${session.token}`

  it.each<[string, (own: string) => string, string | undefined]>([
    ['alone', (cookie) => cookie, undefined],
    ['first', (cookie) => `${cookie}; a=1; b=2`, 'a=1; b=2'],
    ['last', (cookie) => `a=1; b=2; ${cookie}`, 'a=1; b=2'],
    ['between', (cookie) => `a=1; ${cookie}; b=2`, 'a=1; b=2'],
    ['without blanks', (cookie) => `a=1;${cookie};b=2`, 'a=1;b=2'],
    [
      'among odd ones',
      (cookie) => `a="1, 2"; =x;; ${cookie};  c=%20; d`,
      'a="1, 2"; =x;;  c=%20; d',
    ],
    ['among its like', (cookie) => `x${NAME}=1; ${cookie}; ${NAME}x=2`, `x${NAME}=1; ${NAME}x=2`],
    [
      'among UTF-8',
      (cookie) => `a=\xc3\xa9; ${cookie}; b=\xe2\x82\xac`,
      'a=\xc3\xa9; b=\xe2\x82\xac',
    ],
    ['among tabs', (cookie) => `a=1\t2; ${cookie}`, 'a=1\t2'],
  ])('goes, and every other byte stays: %s', async (_, header, left) => {
    for (const [edge, path] of [
      [edges.enforce, '/app'],
      [edges.enforce, '/public'],
      [edges.enforce, '/optional'],
      [edges.monitor, '/admin'],
    ] as const) {
      const { status, heads: reached } = await send(edge, path, [`Cookie: ${header(own())}`])
      expect(status).toBe(200)
      expect(cookieOf(reached[0] ?? '')).toBe(left)
      expect(reached[0]).not.toContain(session.token.slice(5))
    }
  })

  it('stays as it is, whatever the bytes, where ours is not in it', async () => {
    for (const header of [
      'a=\xff\xfe; b=\xe9',
      ' a=1 ;;b ',
      `a=${NAME}`,
      `${NAME.toLowerCase()}=1`,
    ]) {
      const { heads: reached } = await send(edges.enforce, '/public', [`Cookie: ${header}`])
      expect(cookieOf(reached[0] ?? '')).toBe(header.trim())
    }
  })
})
