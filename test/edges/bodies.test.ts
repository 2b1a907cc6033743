/**
 * A request's method and body reach the origin as they came, through the Worker as it is deployed; those too that
 * the Fetch standard does not know, which only come off a wire. And a compressed answer the visitor, untouched.
 */
import { randomBytes } from 'node:crypto'
import { createServer, get, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAX_UNWATCHED_BODY_BYTES } from '../../src/vocabulary/limits.ts'
import { makeSecrets } from '../stand/dev-vars.ts'
import { type Stand, startStand } from '../stand/http-redis.ts'
import { type BuiltWorker, buildWorker } from './build.ts'
import { type Edge, serveEdge } from './serve.ts'

const BODY = JSON.stringify({ query: { match_all: {} } })
/** Nothing in it can be made smaller, so it stays beyond what goes by unwatched. */
const COMPRESSED = gzipSync(randomBytes(MAX_UNWATCHED_BODY_BYTES + 1))

let stand: Stand
let worker: BuiltWorker
let origin: Server
let edge: Edge
let token: string
/** What reached the origin last. */
let seen: { method?: string; url?: string; body: string; headers: NodeJS.Dict<string | string[]> }

beforeAll(async () => {
  origin = createServer(async (incoming, answer) => {
    const { method = '', url = '', headers } = incoming
    seen = { method, url, headers, body: await text(incoming) }
    if (url !== '/base/compressed') {
      answer.end('ok')
      return
    }
    const length = { 'content-length': COMPRESSED.length }
    answer.writeHead(200, { 'content-encoding': 'gzip', ...length }).end(COMPRESSED)
  })
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve))
  stand = await startStand({ backend: 'memory', regions: [{ name: 'one', lagMs: 0 }] })
  const { vars, apiKey } = await makeSecrets(stand.regions[0]?.url ?? '', stand.token)
  worker = await buildWorker()
  const { port } = origin.address() as AddressInfo
  edge = await serveEdge(worker, {
    vars: {
      ...vars,
      ORIGIN_URL: `http://127.0.0.1:${port}/base`,
      POLICIES: JSON.stringify([{ match: '/public', access: 'public' }]),
    },
  })
  const created = await fetch(`${edge.url}/_session/v1/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ subject: 'ada' }),
  })
  token = ((await created.json()) as { token: string }).token
})

afterAll(async () => {
  await edge?.stop()
  worker?.remove()
  await stand?.stop()
  origin?.close()
})

function send(method: string, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(`${edge.url}${path}`, { method, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
    call.once('error', reject)
    call.end(BODY)
  })
}

const FRAMINGS: readonly [string, Record<string, string>][] = [
  ['of a declared length', { 'content-length': String(BODY.length) }],
  ['in chunks', { 'transfer-encoding': 'chunked' }],
]

describe.each(FRAMINGS)('a body %s', (_, framing) => {
  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'])(
    'goes on with %s, and so does all else',
    async (method) => {
      const credentials = { authorization: `Bearer ${token}`, 'session-subject': 'mallory' }
      expect(await send(method, '/search?q=1', { ...framing, ...credentials })).toBe(200)
      expect(seen).toMatchObject({ method, url: '/base/search?q=1', body: BODY })
      expect(seen.headers).toMatchObject({ 'session-subject': 'ada' })
      expect(seen.headers).not.toHaveProperty('authorization')
      expect(await send(method, '/public', { ...framing, 'session-subject': 'mallory' })).toBe(200)
      expect(seen).toMatchObject({ method, url: '/base/public', body: BODY })
      expect(seen.headers).not.toHaveProperty('session-subject')
    },
  )
})

it('a compressed answer that is watched arrives byte for byte, as long as it says', async () => {
  const headers = { authorization: `Bearer ${token}`, 'accept-encoding': 'gzip' }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${edge.url}/compressed`, { headers }, resolve).once('error', reject)
  })
  expect(response.headers).toMatchObject({
    'content-encoding': 'gzip',
    'content-length': String(COMPRESSED.length),
  })
  expect((await buffer(response)).equals(COMPRESSED)).toBe(true)
})
