/**
 * Who may call what, and how the operator API refuses: by the documented status, with a problem document,
 * never stored by a cache, and with nothing written. Every endpoint of the OpenAPI document is asked.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import openApi from '../../src/control/openapi.json' with { type: 'json' }
import { slotOf } from '../../src/session/token.ts'
import { SCOPES, type Scope } from '../../src/vocabulary/config.ts'
import { redis, stand } from '../support/stand.ts'
import {
  type Answer,
  API,
  type Login,
  onlyKey,
  startWorker,
  uniqueSubject,
  type Worker,
} from '../support/worker.ts'

/** Section 8's scopes, written down a second time. null needs no key. */
const SCOPE_OF: Readonly<Record<string, Scope | null>> = {
  'POST /sessions': 'sessions:create',
  'GET /sessions/{sid}': 'sessions:read',
  'POST /sessions/{sid}/rotate': 'sessions:create',
  'DELETE /sessions/{sid}': 'sessions:revoke',
  'GET /subjects/{subject}': 'subjects:read',
  'PUT /subjects/{subject}': 'subjects:write',
  'PATCH /subjects/{subject}': 'subjects:write',
  'DELETE /subjects/{subject}': 'subjects:write',
  'GET /subjects/{subject}/sessions': 'sessions:read',
  'DELETE /subjects/{subject}/sessions': 'sessions:revoke',
  'GET /subjects/{subject}/export': 'subjects:read',
  'POST /revocations': 'sessions:revoke',
  'POST /introspect': 'sessions:read',
  'POST /revoke': 'sessions:revoke',
  'GET /events': 'events:read',
  'GET /health': null,
  'GET /openapi.json': null,
}
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** What the Worker says it has. */
const operations = Object.entries(openApi.paths).flatMap(([path, byMethod]) =>
  Object.keys(byMethod).map((method): [string, string] => [method.toUpperCase(), path]),
)
const scoped = operations.filter(([method, path]) => SCOPE_OF[`${method} ${path}`] !== null)

/** A path with names that nobody has. */
const concrete = (path: string) =>
  path.replace('{sid}', 'A'.repeat(43)).replace('{subject}', uniqueSubject('nobody'))

let worker: Worker
let login: Login
beforeAll(async () => {
  // What other files left may end by itself meanwhile.
  await stand().flush()
  worker = await startWorker()
  login = await worker.login()
})
afterAll(() => worker.api('DELETE', `/sessions/${login.sid}`))

/** Everything that a change would change. */
const state = async () => [
  await redis('DBSIZE'),
  await redis('GET', 'feed:head'),
  await redis('XLEN', 'feed'),
  await redis('XLEN', 'events'),
]

function expectProblem({ status, headers, body }: Answer, expected: number) {
  expect(status).toBe(expected)
  // RFC 6749 5.2 wants application/json of the two OAuth endpoints.
  expect(headers.get('content-type')).toBe(
    body.error === undefined ? 'application/problem+json' : 'application/json',
  )
  expect(headers.get('cache-control')).toBe('no-store')
  expect(body).toMatchObject({ type: 'about:blank', status: expected })
  expect(body.title).toEqual(expect.any(String))
  expect(body.code).toMatch(/^[a-z_]+$/)
}

const pointers = ({ body }: Answer): string[] =>
  body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()

describe('keys and scopes', () => {
  it('every endpoint is one whose scope is written down here', () => {
    expect(
      operations.map(([method, path]) => `${method} ${path}`).filter((name) => !(name in SCOPE_OF)),
    ).toEqual([])
    expect(operations.length).toBeGreaterThanOrEqual(7)
  })

  it.each(scoped)('%s %s needs a key that is ours: 401', async (method, path) => {
    const before = await state()
    for (const key of [null, 'wrong', 'test-key-al', 'test-key-all2', login.token]) {
      const answer = await worker.api(method, concrete(path), undefined, key)
      expectProblem(answer, 401)
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
    }
    expect(await state()).toEqual(before)
  })

  it.each(scoped)(
    '%s %s takes a key with its one scope, and no other: 403',
    async (method, path) => {
      const needed = SCOPE_OF[`${method} ${path}`]
      for (const scope of SCOPES) {
        const answer = await worker.api(method, concrete(path), undefined, onlyKey(scope))
        if (scope === needed) {
          expect([401, 403], scope).not.toContain(answer.status)
        } else {
          expectProblem(answer, 403)
          expect(answer.headers.get('www-authenticate')).toContain('error="insufficient_scope"')
          expect(answer.headers.get('www-authenticate')).toContain(`scope="${needed}"`)
        }
      }
    },
  )

  it('a visitor’s cookie is no key', async () => {
    const { sid, token } = login
    const answer = await worker.api('GET', `/sessions/${sid}`, undefined, null, {
      cookie: `__Host-session=${token}`,
    })
    expectProblem(answer, 401)
  })

  it('a key is taken with the scheme in any case, and only alone', async () => {
    const ask = (authorization: string) =>
      worker.api('GET', `/sessions/${login.sid}`, undefined, null, { authorization })
    expect((await ask('bearer test-key-all')).status).toBe(200)
    for (const wrong of [
      'test-key-all',
      'Bearer test-key-all, Bearer test-key-all',
      'Bearertest-key-all',
      'Digest test-key-all',
    ]) {
      expect((await ask(wrong)).status, wrong).toBe(401)
    }
  })
})

describe('paths and methods', () => {
  it.each([
    '/',
    '/nope',
    '/sessions/a/b/c',
    '/subjects',
    '/Sessions',
    '/sessions//x',
    '/subjects//sessions',
  ])('%s is nothing: 404, and nothing of it reaches the origin', async (path) => {
    for (const method of METHODS) expectProblem(await worker.api(method, path), 404)
  })

  it.each(['/_session//', '/_session/v1', '/_session/v2/sessions', '/_session/x'])(
    '%s is nothing either',
    async (path) => {
      const response = await worker.visit(path, { token: login.token })
      expect(response.status).toBe(404)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
    },
  )

  it.each(Object.keys(openApi.paths))('%s tells which methods it takes: 405', async (path) => {
    const has = operations.filter(([, other]) => other === path).map(([method]) => method)
    const others = METHODS.filter((method) => !has.includes(method))
    expect(others.length).toBeGreaterThan(0)
    for (const method of others) {
      const answer = await worker.api(method, concrete(path), undefined)
      expectProblem(answer, 405)
      const allow = answer.headers.get('allow')?.split(', ') ?? []
      expect(allow.filter((allowed) => allowed !== 'HEAD').sort()).toEqual([...has].sort())
    }
  })
})

describe('bodies', () => {
  it.each([
    ['nothing', ''],
    ['half an object', '{"subject":"a"'],
    ['text', 'subject=a'],
    ['two values', '{}{}'],
    ['a prototype', '{"subject":"a","claims":{"__proto__":{}}}'],
    ['a pit', `{"subject":"a","claims":{"a":${'['.repeat(5000)}${']'.repeat(5000)}}}`],
  ])('that are %s are no JSON: 400', async (_, body) => {
    const before = await state()
    expectProblem(await worker.api('POST', '/sessions', body), 400)
    expect(await state()).toEqual(before)
  })

  it('that are not UTF-8 are no JSON: 400', async () => {
    const bytes = new Uint8Array([0x22, 0xff, 0x22])
    const response = await worker.visit(`${API}/sessions`, {
      method: 'POST',
      token: 'test-key-all',
      body: bytes,
    })
    expect(response.status).toBe(400)
  })

  it.each([
    ['with a length', false],
    ['in chunks without one', true],
  ])('over 64 KB are not read, %s: 413', async (_, isChunked) => {
    const text = JSON.stringify({ subject: uniqueSubject(), claims: { a: 'x'.repeat(65_536) } })
    const bytes = new TextEncoder().encode(text)
    let pulled = 0
    const body = isChunked
      ? new ReadableStream({
          pull(controller) {
            // Far more than is needed: whoever reads it all shows in `pulled`.
            if (pulled >= 10_000_000) return controller.close()
            controller.enqueue(bytes.subarray(0, 10_000))
            pulled += 10_000
          },
        })
      : text
    const before = await state()
    const response = await worker.visit(`${API}/sessions`, {
      method: 'POST',
      token: 'test-key-all',
      body,
    })
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ status: 413, code: 'content_too_large' })
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(pulled).toBeLessThan(200_000)
    expect(await state()).toEqual(before)
  })

  it('of just under 64 KB are read', async () => {
    const text = `{"subject":"${uniqueSubject()}"${' '.repeat(65_000)}}`
    const { status } = await worker.api('POST', '/sessions', text)
    expect(status).toBe(201)
  })

  const VALID = { subject: 'user-42' }
  it.each<[string, unknown, string[]]>([
    ['not an object', [], ['']],
    ['null', null, ['']],
    ['without a subject', {}, ['/subject']],
    ['with unknown fields', { ...VALID, a: 1, 'b/c~d': 2 }, ['/a', '/b~1c~0d']],
    ['with unknown fields within', { ...VALID, device: { os: 'x' } }, ['/device/os']],
    ['with a subject of no characters', { subject: '' }, ['/subject']],
    ['with a subject that is a number', { subject: 42 }, ['/subject']],
    ['with a subject too long', { subject: 'x'.repeat(257) }, ['/subject']],
    ['with a control character', { subject: 'a\u0000b' }, ['/subject']],
    ['with half a character', { subject: 'a\ud800' }, ['/subject']],
    ['with permissions as text', { ...VALID, permissions: 'admin' }, ['/permissions']],
    ['with a permission that is none', { ...VALID, permissions: ['a', 1] }, ['/permissions/1']],
    ['with claims as an array', { ...VALID, claims: [] }, ['/claims']],
    ['with claims too large', { ...VALID, claims: { a: 'x'.repeat(5000) } }, ['/claims']],
    ['with labels that are no text', { ...VALID, labels: { a: 1 } }, ['/labels/a']],
    ['with no lifetime', { ...VALID, lifetime_seconds: 0 }, ['/lifetime_seconds']],
    ['with half a second', { ...VALID, lifetime_seconds: 1.5 }, ['/lifetime_seconds']],
    ['with a lifetime as text', { ...VALID, lifetime_seconds: '60' }, ['/lifetime_seconds']],
    ['with negative idle time', { ...VALID, idle_seconds: -1 }, ['/idle_seconds']],
    ['with a time without offset', { ...VALID, auth_time: '2026-11-24T00:00:00' }, ['/auth_time']],
    ['with a time in the future', { ...VALID, auth_time: '2999-01-01T00:00:00Z' }, ['/auth_time']],
    ['with a time that is none', { ...VALID, auth_time: 1_700_000_000 }, ['/auth_time']],
    ['with amr as text', { ...VALID, amr: 'pwd' }, ['/amr']],
    ['with acr as a number', { ...VALID, acr: 1 }, ['/acr']],
    ['with a device as text', { ...VALID, device: 'phone' }, ['/device']],
    [
      'with everything wrong',
      { permissions: 1, claims: 1, labels: 1, amr: 1, x: 1 },
      ['/amr', '/claims', '/labels', '/permissions', '/subject', '/x'],
    ],
  ])('%s name every field: 422', async (_, body, expected) => {
    const before = await state()
    const answer = await worker.api('POST', '/sessions', JSON.stringify(body))
    expectProblem(answer, 422)
    expect(pointers(answer)).toEqual(expected)
    for (const { detail } of answer.body.errors) expect(detail).toEqual(expect.any(String))
    expect(await state()).toEqual(before)
  })

  it('that are refused are not quoted: they may be personal', async () => {
    const planted = 'planted-secret'
    const answer = await worker.api('POST', '/sessions', {
      subject: { name: planted },
      permissions: planted,
      acr: [planted],
      lifetime_seconds: planted,
      auth_time: planted,
      labels: { a: [planted] },
    })
    expect(answer.status).toBe(422)
    expect(JSON.stringify(answer.body)).not.toContain(planted)
  })
})

describe('parameters', () => {
  it('of the query that are not known, broken or there twice: 422', async () => {
    const before = await state()
    const path = `/subjects/${uniqueSubject()}/sessions`
    for (const [query, expected] of [
      ['?exept=x', ['/exept']],
      ['?except=not-a-sid', ['/except']],
      ['?except=', ['/except']],
      [`?except=${login.sid}&except=${login.sid}`, ['/except']],
    ] as const) {
      const answer = await worker.api('DELETE', path + query)
      expectProblem(answer, 422)
      expect(pointers(answer)).toEqual(expected)
    }
    expectProblem(await worker.api('GET', `/sessions/${login.sid}?x=1`), 422)
    expect(await state()).toEqual(before)
  })

  it('that are no sid name no session: 404', async () => {
    const { sid } = login
    for (const wrong of [
      'x',
      `${sid}A`,
      sid.slice(1),
      `${sid.slice(0, -1)}%2F`,
      '%ff',
      login.token,
    ]) {
      expectProblem(await worker.api('GET', `/sessions/${wrong}`), 404)
      expectProblem(await worker.api('DELETE', `/sessions/${wrong}`), 404)
    }
    expect((await worker.api('GET', `/sessions/${sid}`)).status).toBe(200)
  })

  it('that are no subject in UTF-8 are refused', async () => {
    for (const wrong of ['%ff', '%00', 'a%0ab', 'x'.repeat(257)]) {
      const { status } = await worker.api('GET', `/subjects/${wrong}/sessions`)
      expect([400, 422], wrong).toContain(status)
    }
  })
})

describe('a disabled subject', () => {
  it('gets no session: 409, and nothing is written', async () => {
    const subject = uniqueSubject('disabled')
    await worker.login({ subject })
    await redis('HSET', `subject:${await slotOf(subject)}`, 'disabled', '1')
    const before = await state()
    const answer = await worker.api('POST', '/sessions', { subject })
    expectProblem(answer, 409)
    expect(answer.body.code).toBe('subject_disabled')
    expect(await state()).toEqual(before)
  })

  it('has no session that works, whatever stands in the store', async () => {
    const subject = uniqueSubject('disabled')
    const { token, sid } = await worker.login({ subject })
    await redis('HSET', `subject:${await slotOf(subject)}`, 'disabled', '1')
    const fresh = await startWorker()
    expect((await fresh.visit('/app', { token })).status).toBe(401)
    expectProblem(await fresh.api('GET', `/sessions/${sid}`), 404)
  })
})

it('a success is never stored either', async () => {
  for (const [method, path, body] of [
    ['POST', '/sessions', { subject: uniqueSubject() }],
    ['GET', `/sessions/${login.sid}`],
    ['GET', `/subjects/${login.subject}/sessions`],
    ['DELETE', `/subjects/${uniqueSubject()}/sessions`],
    ['GET', '/health'],
    ['GET', '/openapi.json'],
  ] as const) {
    const { status, headers } = await worker.api(method, path, body)
    expect(Math.floor(status / 100)).toBe(2)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('content-type')).toBe('application/json')
  }
})
