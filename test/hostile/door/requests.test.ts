/**
 * Hostile requests through the whole Worker in workerd: every entry at once, in one request. None is answered with
 * a 5xx, none is let in, none says who anybody is. Seeded, so that a run can be repeated.
 */
import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { API, COOKIE, type Login, SITE, startWorker, type Worker } from '../../support/worker.ts'

const RUNS = 1500
const POLICIES = [
  { match: '/public/*', access: 'public' },
  { match: '/optional/*', access: 'optional' },
  { match: '/strong/*', consistency: 'strong' },
]

let worker: Worker
let live: Login
beforeAll(async () => {
  worker = await startWorker({ POLICIES })
  live = await worker.login()
})

const words = (...pieces: string[]) =>
  fc
    .array(
      fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...pieces) }, fc.string({ maxLength: 3 })),
      {
        maxLength: 8,
      },
    )
    .map((parts) => parts.join(''))

/** Never the live token whole: a piece of it, or one of nobody's. */
const forged = fc.oneof(
  words('sess_', 'MYXev', 'A', '-', '_', '='),
  fc.nat({ max: 80 }).map((at) => `${live.token.slice(0, at)}${live.token.slice(at + 1)}`),
  fc.constant('x'.repeat(8000)),
)
const path = words(
  '/',
  '//',
  '.',
  '..',
  '%2e',
  '%2F',
  '%5C',
  ';',
  '%00',
  '%25',
  'public',
  'app',
  'strong',
  '?',
  '#',
  'é',
)
const apiPath = words(
  '/',
  'sessions',
  'subjects',
  'revocations',
  'introspect',
  'events',
  'export',
  'rotate',
  '%ff',
  '..',
  '?',
  '&',
  'a=b',
)
const headers = fc.array(
  fc.oneof(
    fc.tuple(
      fc.constant('authorization'),
      fc.oneof(
        forged.map((t) => `Bearer ${t}`),
        words('Bearer ', 'Basic ', 'sess_', ',', ' ', '='),
      ),
    ),
    fc.tuple(
      fc.constant('cookie'),
      fc.oneof(
        forged.map((t) => `a=1; ${COOKIE}=${t}`),
        words(COOKIE, '=', ';', ',', ' ', '"', 'sess_'),
      ),
    ),
    fc.tuple(
      fc.constantFrom('session-id', 'session_subject', 'session-command', 'x-forwarded-host'),
      words('a', 'revoke', ';'),
    ),
    fc.tuple(fc.constant('upgrade'), fc.constantFrom('websocket', 'WebSocket, h2c', 'h2c', '')),
    fc.tuple(
      fc.constantFrom(
        'origin',
        'sec-fetch-site',
        'sec-fetch-mode',
        'accept',
        'prefer',
        'content-type',
        'content-length',
        'range',
        'expect',
        'te',
      ),
      words(
        'https://evil.test',
        'cross-site',
        'navigate',
        'text/html',
        'wait',
        '=',
        '1',
        'null',
        'application/json',
      ),
    ),
  ),
  { maxLength: 5 },
)
const request = fc.record({
  method: fc.constantFrom(
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'PROPFIND',
    'PURGE',
  ),
  path: fc.oneof(
    path,
    path.map((p) => `public/${p}`),
    apiPath.map((p) => `${API.slice(1)}${p}`),
  ),
  headers,
  body: fc.option(words('{', '}', '"subject":', '"a"', '[', ',', 'token=', '&', '\0')),
})

it('no 5xx, nobody let in, nobody named', { timeout: 120_000 }, async () => {
  let sent = 0
  const statuses = new Map<number, number>()
  await fc.assert(
    fc.asyncProperty(request, async ({ method, path, headers, body }) => {
      const isBodiless = method === 'GET' || method === 'HEAD'
      let made: Request
      try {
        made = new Request(`${SITE}/${path.replace(/^\/+/, '')}`, {
          method,
          headers: headers.map(([name, value]) => [name, value] as [string, string]),
          redirect: 'manual',
          ...(body !== null && !isBodiless && { body }),
        })
      } catch {
        return
      }
      sent++
      const response = await worker.open(made)
      response.webSocket?.accept()
      response.webSocket?.close()
      const text = response.webSocket ? '' : await response.text()
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
      expect(response.status === 503 || response.status < 500, `${response.status}: ${text}`).toBe(
        true,
      )
      expect(response.status, text).not.toBe(503)
      expect(text).not.toContain('"session-assertion"')
      expect(text).not.toContain(live.sid)
      expect(text).not.toContain(live.subject)
      if (response.status === 200 && text.includes('"method"')) {
        expect(made.url, 'only public and optional routes reach the origin').toMatch(
          /\/(?:public|optional)/i,
        )
      }
    }),
    { numRuns: RUNS, seed: 20261124 },
  )
  expect(sent).toBeGreaterThan(RUNS / 2)
  // Not all refused in the same way, or one check hid all others.
  expect(statuses.size).toBeGreaterThanOrEqual(6)
})
