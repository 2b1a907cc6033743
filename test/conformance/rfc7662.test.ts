/** RFC 7662, OAuth 2.0 Token Introspection: each requirement on the server, by section. */
import { expect, it } from 'vitest'
import { commandsOf, stand } from '../support/stand.ts'
import { uniqueSubject } from '../support/worker.ts'
import { basic, bearer, CLIENT, elapse, ISSUER, jsonOf, only, post, worker } from './clients.ts'

const inactive = async (token: string) => {
  const response = await post('/introspect', { token })
  expect([response.status, await response.text()]).toEqual([200, '{"active":false}'])
}

it('2.1: takes a form with the token, ignores the hint and what it does not know', async () => {
  const { token } = await worker.login()
  const form = { token, token_type_hint: 'refresh_token', extra: 'ignored' }
  expect(await jsonOf(await post('/introspect', form))).toMatchObject({ active: true })
})

it.each(['', 'token=', 'token_type_hint=x', 'token=a&token=b'])(
  '2.1: REQUIRED token: %j is 400 invalid_request',
  async (form) => {
    const response = await post('/introspect', form)
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await jsonOf(response)).toMatchObject({ error: 'invalid_request' })
  },
)

it('2.1: a body that is no form is 400 invalid_request, and a token in the query is none', async () => {
  const { token } = await worker.login()
  for (const [path, body] of [
    ['/introspect', JSON.stringify({ token })],
    [`/introspect?token=${token}`, ''],
  ] as const) {
    const answer = await worker.api('POST', path, body, undefined, {
      'content-type': 'application/json',
    })
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request'])
  }
})

it('2.1: MUST require authorization: none is 401, of neither scheme', async () => {
  const { token } = await worker.login()
  for (const headers of [
    {},
    { authorization: basic(CLIENT.id, 'wrong') },
    { authorization: basic('other', CLIENT.key) },
    { authorization: bearer('wrong') },
    { authorization: 'Basic !' },
    { authorization: `Basic ${btoa('%zz:%zz')}` },
  ]) {
    const response = await post('/introspect', { token }, headers)
    expect(response.status).toBe(401)
    const challenge = response.headers.get('www-authenticate')
    expect(challenge).toMatch(/^Bearer (?:realm|error)="\w+", Basic realm="\w+"$/)
    expect(await jsonOf(response)).toMatchObject({ error: 'invalid_client' })
  }
})

it('2.3: an authorization that is not enough is refused and named', async () => {
  const response = await post('/introspect', { token: 'x' }, { authorization: only('events:read') })
  expect(response.status).toBe(403)
  expect(response.headers.get('www-authenticate')).toContain('scope="sessions:read"')
  expect(await jsonOf(response)).toMatchObject({ error: 'insufficient_scope' })
})

it.each([bearer(CLIENT.key), basic(CLIENT.id, CLIENT.key)])(
  '2.2: an active token, asked with %s, is described',
  async (authorization) => {
    const subject = uniqueSubject()
    const { token, sid } = await worker.login({
      subject,
      permissions: ['read', 'x:y'],
      lifetime_seconds: 600,
      idle_seconds: 300,
      auth_time: '2026-01-01T00:00:00Z',
      amr: ['pwd'],
      acr: 'urn:a',
    })
    const response = await post('/introspect', { token }, { authorization })
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('cache-control')).toBe('no-store')
    const body = await jsonOf(response)
    expect(body).toEqual({
      active: true,
      token_type: 'Bearer',
      iss: ISSUER,
      sub: subject,
      sid,
      iat: expect.any(Number),
      exp: body.iat + 300,
      auth_time: Date.parse('2026-01-01T00:00:00Z') / 1000,
      amr: ['pwd'],
      acr: 'urn:a',
      scope: 'read x:y',
      permissions: ['read', 'x:y'],
    })
    expect(Number.isInteger(body.iat)).toBe(true)
  },
)

it('2.2: scope is left out where permissions are no scope-tokens', async () => {
  const { token } = await worker.login({ permissions: ['a b', 'ü'] })
  const body = await jsonOf(await post('/introspect', { token }))
  expect(body).not.toHaveProperty('scope')
  expect(body.permissions).toEqual(['a b', 'ü'])
})

it('2.2: forged, foreign, expired, revoked, disabled: SHOULD NOT say more than inactive', async () => {
  await inactive('x')
  await inactive(`sess_${'A'.repeat(103)}`)
  const expired = await worker.login({ lifetime_seconds: 1 })
  const revoked = await worker.login()
  await worker.api('DELETE', `/sessions/${revoked.sid}`)
  await inactive(revoked.token)
  const disabled = await worker.login()
  await worker.api('PATCH', `/subjects/${disabled.subject}`, { disabled: true })
  await inactive(disabled.token)
  await elapse(1000)
  await inactive(expired.token)
})

it('4: is answered by the primary now, whatever an edge remembers, and is no use of the session', async () => {
  const { token, sid } = await worker.login({ idle_seconds: 1 })
  await worker.visit('/', { token })
  await elapse(120)
  const commands = await commandsOf(() => post('/introspect', { token }))
  expect(commands.every(({ servedBy }) => servedBy === 'primary')).toBe(true)
  expect(commands.map(({ command: [name] }) => name)).not.toContain('HSET')
  await worker.api('DELETE', `/sessions/${sid}`)
  await inactive(token)
})

it('a token within the grace of a rotation is active until that ends', async () => {
  const { token, sid } = await worker.login()
  const { body } = await worker.api('POST', `/sessions/${sid}/rotate`, { grace_seconds: 1 })
  const old = await jsonOf(await post('/introspect', { token }))
  expect(old).toMatchObject({ active: true, sid: body.session.sid })
  expect(old.exp).toBeLessThanOrEqual(Date.now() / 1000 + 1)
  await elapse(1000)
  await inactive(token)
  expect(await jsonOf(await post('/introspect', { token: body.token }))).toMatchObject({
    active: true,
  })
})

it('2.3: an outage is said to be one: 503, not inactive', async () => {
  const { token } = await worker.login()
  await stand().fault('*', { reset: true })
  const response = await post('/introspect', { token }).finally(() => stand().clearFaults())
  expect(response.status).toBe(503)
  expect(response.headers.get('retry-after')).toMatch(/^\d+$/)
  expect(await jsonOf(response)).toMatchObject({ error: 'temporarily_unavailable' })
})

it('GET is no way to ask: tokens do not belong into URLs', async () => {
  expect((await worker.api('GET', '/introspect')).status).toBe(405)
})
