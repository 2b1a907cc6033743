/**
 * Monitor mode for somebody who is about to switch on: the built Worker passes everything and logs what it would
 * have refused, and `npm run monitor-report` makes the table of it, whichever way the logs came home.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { operatorClient } from '../../src/client/client.js'
import { type BuiltWorker, buildWorker } from '../edges/build.ts'
import { type Edge, serveEdge } from '../edges/serve.ts'
import { makeSecrets } from '../stand/dev-vars.ts'
import { type Stand, startStand } from '../stand/http-redis.ts'
import { type Origin, startOrigin } from '../stand/origin.ts'
import { ROOT } from './processes.ts'

const POLICIES = [
  { match: '/public/*', access: 'public' },
  { match: '/admin/*', permissions: ['admin'] },
]
const AT = Date.UTC(2026, 10, 24, 9, 30)

let folder: string
let stand: Stand
let origin: Origin
let worker: BuiltWorker
let edge: Edge
let token: string
/** All that the Worker printed. */
let logged: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'monitor-'))
  stand = await startStand({ backend: 'memory', regions: [{ name: 'local', lagMs: 0 }] })
  origin = await startOrigin()
  const { vars, apiKey: key } = await makeSecrets(stand.regions[0]?.url ?? '', stand.token)
  worker = await buildWorker()
  const file = openSync(join(folder, 'log'), 'w')
  edge = await serveEdge(worker, {
    vars: {
      ...vars,
      ORIGIN_URL: origin.url,
      ENFORCEMENT: 'monitor',
      POLICIES: JSON.stringify(POLICIES),
    },
    log: file,
  })
  const client = operatorClient({ url: edge.url, key })
  const { data } = await client.POST('/sessions', { body: { subject: 'ada' } })
  token = data?.token ?? ''
  const bearer = { authorization: `Bearer ${token}` }
  const visits: [path: string, init: RequestInit][] = [
    ['/public/x', {}],
    ['/app', { headers: bearer }],
    ['/app?code=not-for-reports', {}],
    ['/app', {}],
    ['/admin/x', { headers: bearer, method: 'POST' }],
    ['/admin%2Fx', { headers: bearer }],
    ['/app', { headers: { authorization: 'Bearer sess_forged' } }],
  ]
  for (const [path, init] of visits) {
    const response = await fetch(edge.url + path, init)
    expect([path, response.status]).toEqual([path, 200])
    await response.body?.cancel()
  }
  await edge.stop()
  closeSync(file)
  logged = readFileSync(join(folder, 'log'), 'utf8')
})

afterAll(async () => {
  await edge?.stop()
  worker?.remove()
  await origin?.stop()
  await stand?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function report(logs: string): Promise<string[]> {
  const child = spawn('npm', ['run', '--silent', 'monitor-report'], { cwd: ROOT })
  child.stdin.end(logs)
  const [said] = await Promise.all([text(child.stdout), once(child, 'exit')])
  return said.trimEnd().split('\n')
}

/** Each would-be denial with the request that it was of, in the order of the visits. */
const wouldDeny = () => logged.split('\n').filter((line) => line.includes('"would_deny"'))
const PATHS = ['/app?code=not-for-reports', '/app', '/admin/x', '/admin%2Fx', '/app']

const COUNTS = [
  /^2 +login_required +no_token +\(default\) +GET /,
  /^1 +insufficient_scope +missing_permission +\/admin\/\* +POST /,
  /^1 +invalid_request +path_readings_disagree +- +GET /,
  /^1 +invalid_token +forged +\(default\) +GET /,
]

it('logs one line for each request that would have been refused, without its token', () => {
  expect(wouldDeny()).toHaveLength(PATHS.length)
  expect(logged).not.toContain(token)
  expect(logged).not.toContain('sess_')
})

it('makes the table from the bare lines of a Worker', async () => {
  const [head, ...lines] = await report(`something else\n${logged}\n{ "broken": \n`)
  expect(head).toMatch(/^requests +code +reason +policy/)
  for (const [at, row] of COUNTS.entries()) expect(lines[at]).toMatch(row)
  expect(lines.at(-1)).toBe('5 requests would have been refused.')
})

it('makes it from `wrangler tail --format json`, with times, paths and the share', async () => {
  const tail = (url: string, message: string[], atMs: number) =>
    JSON.stringify(
      {
        outcome: 'ok',
        eventTimestamp: atMs,
        logs: [{ message, level: 'info', timestamp: atMs }],
        event: { request: { url, method: 'GET', headers: {} }, response: { status: 200 } },
      },
      null,
      2,
    )
  const documents = wouldDeny().map((line, at) => tail(PATHS[at] ?? '', [line], AT + at * 60_000))
  const lines = await report([...documents, tail('/public/x', [], AT), ''].join('\n'))
  expect(lines[1]).toMatch(/ 2026-11-24T09:30Z +2026-11-24T09:31Z +\/app \(2\)$/)
  expect(lines.at(-1)).toBe('5 requests of 6 (83.3 %) would have been refused.')
  expect(lines.join()).not.toContain('not-for-reports')
})

it('makes it from Logpush', async () => {
  const documents = wouldDeny().map((line, at) =>
    JSON.stringify({
      EventTimestampMs: AT,
      Event: { Request: { URL: PATHS[at], Method: 'GET' }, Response: { Status: 200 } },
      Logs: [{ Level: 'info', Message: [line], TimestampMs: AT }],
    }),
  )
  const lines = await report(documents.join('\n'))
  for (const [at, row] of COUNTS.entries()) expect(lines[at + 1]).toMatch(row)
  expect(lines.at(-1)).toBe('5 requests of 5 (100.0 %) would have been refused.')
})

it('says so where nothing would have been refused', async () => {
  expect(await report('')).toEqual(['0 requests would have been refused.'])
})
