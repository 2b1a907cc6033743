/**
 * What the operator API refuses before anything reaches the registry, and in which order.
 * The registry here only ever throws: a refusal that touches it fails as a 500.
 */
import { Hono } from 'hono/tiny'
import { describe, expect, it } from 'vitest'
import { pathParameters } from '../../src/control/call-input.ts'
import type { ControlDependencies, ControlRegistry } from '../../src/control/dependencies.ts'
import { controlPlane } from '../../src/control/routes.ts'
import { sha256, utf8 } from '../../src/foundation/encoding.ts'
import type { LogEntry } from '../../src/foundation/log.ts'
import { StoreUnavailable } from '../../src/foundation/redis.ts'
import type { Config, Scope } from '../../src/vocabulary/config.ts'

const BASE = 'https://h.test/_session/v1'
const SUBJECT_SESSIONS = '/subjects/:subject/sessions'
const key = async (id: string, ...scopes: Scope[]) => ({
  id,
  scopes,
  sha256: await sha256(utf8(id)),
})
const apiKeys = [
  await key('all', 'sessions:create', 'sessions:read', 'sessions:revoke'),
  await key('reader', 'sessions:read'),
]

function planeThat(thrown: () => unknown) {
  const lines: LogEntry[] = []
  const fail = () => Promise.reject(thrown())
  const registry = {
    create: fail,
    read: fail,
    list: fail,
    revokeSession: fail,
    revokeSubject: fail,
    ping: fail,
    readsReachPrimary: fail,
  } as unknown as ControlRegistry
  const config = { apiKeys, sessionLifetimeSeconds: 60, sessionIdleSeconds: 0 } as unknown as Config
  const deps: ControlDependencies = {
    config,
    registry,
    subjects: { read: fail, put: fail, patch: fail, erase: fail },
    events: { read: fail, latestId: fail, sightings: fail },
    denials: () => ({}),
    feedAgeMs: () => null,
    now: Date.now,
    log: (line) => lines.push(line),
  }
  return { plane: controlPlane(deps), lines }
}

const { plane } = planeThat(() => new Error('touched the registry'))
const call = async (method: string, path: string, apiKey?: string, body?: string, app = plane) => {
  const headers: HeadersInit = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
  const response = await app.fetch(
    new Request(BASE + path, { method, headers, ...(body !== undefined && { body }) }),
  )
  expect(response.headers.get('cache-control')).toBe('no-store')
  return response
}
const refusal = async (...args: Parameters<typeof call>) => {
  const response = await call(...args)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const problem = (await response.json()) as { code: string; status: number; errors?: unknown[] }
  expect(problem.status).toBe(response.status)
  return { ...problem, headers: response.headers }
}

describe('the order of refusals', () => {
  const tooLarge = 'x'.repeat(70_000)

  it.each([
    ['404 before 405', 'PATCH', '/nothing', undefined, tooLarge, 404],
    ['405 before 401', 'PUT', '/sessions', undefined, tooLarge, 405],
    ['401 before 403', 'POST', '/sessions', 'wrong', tooLarge, 401],
    ['403 before 413', 'POST', '/sessions', 'reader', tooLarge, 403],
    ['413 before 400', 'POST', '/sessions', 'all', tooLarge, 413],
    ['400 before 422', 'POST', '/sessions?x=1', 'all', '{', 400],
    ['422 before the registry', 'POST', '/sessions', 'all', '{}', 422],
    ['422 for a query nobody reads', 'POST', '/sessions?dry_run=1', 'all', '{"subject":"a"}', 422],
  ] as const)('%s', async (_, method, path, apiKey, body, status) => {
    expect(await refusal(method, path, apiKey, body)).toMatchObject({ status })
  })

  it('names what a path takes', async () => {
    expect((await refusal('POST', '/sessions/x')).headers.get('allow')).toBe('GET, HEAD, DELETE')
    expect((await refusal('GET', '/sessions')).headers.get('allow')).toBe('POST')
  })

  it.each(['', '/', '/sessionsx', '/subjects//sessions', '/Sessions', '/sessions/a/b', '/../v2'])(
    'knows nothing at %j',
    async (path) => expect(await refusal('GET', path, 'all')).toMatchObject({ code: 'not_found' }),
  )
})

describe('a key', () => {
  it('is asked for without an error code, and a wrong one is called invalid', async () => {
    const none = await refusal('GET', '/sessions/x')
    expect(none.headers.get('www-authenticate')).toBe('Bearer realm="operators"')
    const wrong = await refusal('GET', '/sessions/x', 'al')
    expect(wrong.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
  })

  it('lacks a scope that the challenge names', async () => {
    const { headers, code } = await refusal('DELETE', '/sessions/x', 'reader')
    expect(code).toBe('insufficient_scope')
    expect(headers.get('www-authenticate')).toContain('scope="sessions:revoke"')
  })

  it.each(['Basic YWxs', 'all', 'Bearer', 'Bearer all all', 'Bearer all, Bearer all'])(
    'is not heard in %j',
    async (authorization) => {
      const request = new Request(`${BASE}/sessions/x`, { headers: { authorization } })
      expect((await plane.fetch(request)).status).toBe(401)
    },
  )

  it('is heard in any case of the scheme, and for HEAD too', async () => {
    const headers = { authorization: 'bEARER  all' }
    const request = new Request(`${BASE}/sessions/x`, { method: 'HEAD', headers })
    expect((await plane.fetch(request)).status).toBe(404)
  })
})

describe('a path', () => {
  const subjectOf = (segment: string) =>
    pathParameters(SUBJECT_SESSIONS, new URL(`${BASE}/subjects/${segment}/sessions`).pathname)
      .subject

  it.each(['a', 'a/b', 'a%2Fb', '%', '100%25', '名前', 'a b', 'a?b#c', 'a;b', '😀', '%ff', 'a\\b'])(
    'gives back the subject %j exactly, as Hono would',
    async (subject) => {
      const segment = encodeURIComponent(subject)
      expect(subjectOf(segment)).toBe(subject)
      const app = new Hono().get(`/_session/v1${SUBJECT_SESSIONS}`, (c) =>
        c.json(c.req.param('subject')),
      )
      const response = await app.fetch(new Request(`${BASE}/subjects/${segment}/sessions`))
      expect(await response.json()).toBe(subject)
    },
  )

  it.each(['%ff', '%', '%zz', 'a%C3', '%ED%A0%80'])(
    'does not guess a subject at %j',
    async (segment) => {
      expect(await refusal('DELETE', `/subjects/${segment}/sessions`, 'all')).toMatchObject({
        code: 'invalid_input',
        errors: [{ pointer: '/subject' }],
      })
    },
  )

  it.each(['%00', 'a%0Ab', 'x'.repeat(257)])('refuses the subject %j', async (segment) => {
    expect((await refusal('GET', `/subjects/${segment}/sessions`, 'all')).status).toBe(422)
  })

  it.each(['x', '%ff', '%zz', 'A'.repeat(42), `${'A'.repeat(43)}=`])(
    'has no session at %j',
    async (sid) => {
      expect((await refusal('GET', `/sessions/${sid}`, 'all')).status).toBe(404)
      expect((await refusal('DELETE', `/sessions/${sid}`, 'all')).status).toBe(404)
    },
  )
})

it.each(['except=x', 'except=', 'excpet=x', 'except', 'except=x&except=y', 'x=1'])(
  'logs nobody out for the query %j',
  async (query) => {
    expect((await refusal('DELETE', `/subjects/a/sessions?${query}`, 'all')).status).toBe(422)
  },
)

it('refuses an authentication in the future, beyond a minute of drift', async () => {
  const body = (aheadMs: number) =>
    JSON.stringify({ subject: 'a', auth_time: new Date(Date.now() + aheadMs).toISOString() })
  expect(await refusal('POST', '/sessions', 'all', body(90_000))).toMatchObject({
    errors: [{ pointer: '/auth_time' }],
  })
  expect((await refusal('POST', '/sessions', 'all', body(30_000))).status).toBe(500)
})

describe('what is thrown', () => {
  it('is 503 with Retry-After where the store is in trouble', async () => {
    const { plane: app } = planeThat(() => new StoreUnavailable('timeout'))
    const answer = await refusal('POST', '/sessions', 'all', '{"subject":"a"}', app)
    expect(answer.code).toBe('session_store_unavailable')
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
  })

  it('is 507 where it is full', async () => {
    const { plane: app } = planeThat(() => new StoreUnavailable('full'))
    expect((await refusal('POST', '/sessions', 'all', '{"subject":"a"}', app)).status).toBe(507)
  })

  it.each([() => new TypeError('SECRET\n    at SECRET'), () => 'SECRET', () => undefined])(
    'is a bare 500 otherwise, and the log says where but not what',
    async (thrown) => {
      const { plane: app, lines } = planeThat(thrown)
      const answer = await refusal('GET', '/subjects/a/sessions', 'all', undefined, app)
      expect(answer.code).toBe('internal_error')
      expect(lines).toMatchObject([{ level: 'error', code: 'internal_error' }])
      expect(lines[0]).toHaveProperty('instance', (answer as unknown as LogEntry).instance)
      expect(JSON.stringify([answer, lines])).not.toContain('SECRET')
    },
  )
})

describe('health', () => {
  it('says one word without a valid key, and everything with any', async () => {
    const { plane: app } = planeThat(() => new StoreUnavailable('timeout'))
    const visitor = await call('GET', '/health?cache-buster=1', 'wrong', undefined, app)
    expect([visitor.status, await visitor.json()]).toEqual([503, { status: 'unavailable' }])
    const operator = await call('GET', '/health', 'reader', undefined, app)
    expect(await operator.json()).toEqual({
      status: 'unavailable',
      store: 'unavailable',
      primary_reads: null,
      feed_age_ms: null,
      denials: {},
      config: { ok: true, problems: [] },
    })
  })
})
