/** RFC 6750, Bearer Token Usage: each requirement on a resource server, at the door and at the operator API. */
import { expect, it } from 'vitest'
import { ALL_KEY, API, onlyKey, SITE, startWorker } from '../support/worker.ts'
import { elapse, jsonOf } from './clients.ts'

const POLICIES = JSON.stringify([{ match: '/admin/*', permissions: ['admin', 'x:y'] }])
const worker = await startWorker({ POLICIES, MAX_STALENESS_MS: 100 })
const challengeOf = (response: Response) => response.headers.get('www-authenticate')

it('2.1: the Authorization header MUST be supported, its scheme in any case', async () => {
  const { token } = await worker.login()
  for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
    const headers = { authorization: `${scheme} ${token}` }
    expect((await worker.visit('/', { headers })).status).toBe(200)
  }
})

it('2.2, 2.3: a token in a form or in the query is none: both ways leak, and are optional', async () => {
  const { token } = await worker.login()
  const inQuery = await worker.visit(`/?access_token=${token}`)
  const inForm = await worker.visit('/', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `access_token=${token}`,
  })
  expect([inQuery.status, inForm.status]).toEqual([401, 401])
  expect((await worker.visit(`${API}/events?access_token=${ALL_KEY}`)).status).toBe(401)
})

it('2: more than one token in a request is 400 invalid_request', async () => {
  const { token } = await worker.login()
  const response = await worker.visit('/', {
    headers: { authorization: `Bearer ${token}, Bearer x` },
  })
  expect(response.status).toBe(400)
  expect(challengeOf(response)).toBe('Bearer error="invalid_request"')
})

it('3, 3.1: no token: a challenge with a parameter and, SHOULD NOT, no error code', async () => {
  for (const path of ['/', `${API}/events`]) {
    const response = await worker.visit(path)
    expect(response.status).toBe(401)
    expect(challengeOf(response)).toMatch(/^Bearer realm="[^"]+"$/)
  }
})

it('3.1: expired, revoked, malformed or otherwise invalid: 401 invalid_token', async () => {
  const expired = await worker.login({ lifetime_seconds: 1 })
  const revoked = await worker.login()
  await worker.api('DELETE', `/sessions/${revoked.sid}`)
  await elapse(1000)
  for (const token of [expired.token, revoked.token, 'x']) {
    const response = await worker.visit('/', { token })
    expect([response.status, challengeOf(response)]).toEqual([401, 'Bearer error="invalid_token"'])
  }
  const response = await worker.visit(`${API}/events`, { token: 'wrong' })
  expect([response.status, challengeOf(response)]).toEqual([401, 'Bearer error="invalid_token"'])
})

it('3.1: not enough: 403 insufficient_scope, MAY name the scope that is needed', async () => {
  const { token } = await worker.login({ permissions: ['admin'] })
  const atDoor = await worker.visit('/admin/', { token })
  expect([atDoor.status, challengeOf(atDoor)]).toEqual([
    403,
    'Bearer error="insufficient_scope", scope="admin x:y"',
  ])
  const atApi = await worker.visit(`${API}/events`, { token: onlyKey('sessions:read') })
  expect([atApi.status, challengeOf(atApi)]).toEqual([
    403,
    'Bearer error="insufficient_scope", scope="events:read"',
  ])
})

it('5.3: tokens come in no URL, and answers with one are not stored', async () => {
  const response = await worker.send(
    new Request(`${SITE}${API}/sessions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ALL_KEY}` },
      body: JSON.stringify({ subject: 'rfc6750' }),
    }),
  )
  const { token } = await jsonOf(response)
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(response.headers.get('location')).not.toContain(token)
})

it('5.2: a token in a cookie goes over TLS only, and to this host only', async () => {
  const { body } = await worker.api('POST', '/sessions', { subject: 'rfc6750' })
  expect(body.set_cookie).toMatch(/^__Host-.*; Path=\/; Secure; HttpOnly; SameSite=Lax$/)
  expect(body.set_cookie).not.toMatch(/domain/i)
})
