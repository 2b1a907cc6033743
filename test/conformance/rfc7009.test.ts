/** RFC 7009, OAuth 2.0 Token Revocation: each requirement on the server, by section. */
import { expect, it } from 'vitest'
import { stand } from '../support/stand.ts'
import { BOUND_MS, basic, CLIENT, elapse, jsonOf, only, post, worker } from './clients.ts'

const visit = async (token: string) => (await worker.visit('/', { token })).status

it.each([only('sessions:revoke'), basic(CLIENT.id, CLIENT.key)])(
  '2.1: a client that authenticates with %s ends the session of a token',
  async (authorization) => {
    const { token, sid } = await worker.login()
    const response = await post('/revoke', { token }, { authorization })
    expect([response.status, await response.text()]).toEqual([200, ''])
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect((await worker.api('GET', `/sessions/${sid}`)).status).toBe(404)
    await elapse(BOUND_MS)
    expect(await visit(token)).toBe(401)
  },
)

it('2.1: ends all tokens of the same grant, whichever of a rotation is given', async () => {
  const { token, sid } = await worker.login()
  const { body } = await worker.api('POST', `/sessions/${sid}/rotate`, { grace_seconds: 60 })
  await post('/revoke', { token })
  await elapse(BOUND_MS)
  expect([await visit(token), await visit(body.token)]).toEqual([401, 401])
})

it('2.1: the hint is only a hint, and may be unknown', async () => {
  const { token } = await worker.login()
  const response = await post('/revoke', { token, token_type_hint: 'no_such_type' })
  expect(response.status).toBe(200)
  await elapse(BOUND_MS)
  expect(await visit(token)).toBe(401)
})

it.each(['x', `sess_${'A'.repeat(103)}`])('2.2: 200 for the invalid token %s', async (token) => {
  const response = await post('/revoke', { token })
  expect([response.status, await response.text()]).toEqual([200, ''])
})

it('2.2: 200 again for a token already revoked', async () => {
  const { token } = await worker.login()
  for (const _ of [1, 2]) expect((await post('/revoke', { token })).status).toBe(200)
})

it.each(['', 'token=', 'token=a&token=b'])('2.2.1: %j is 400 invalid_request', async (form) => {
  const response = await post('/revoke', form)
  expect(response.status).toBe(400)
  expect(await jsonOf(response)).toMatchObject({
    error: 'invalid_request',
    error_description: expect.any(String),
  })
})

it('2.1: a client that does not authenticate, or may not, ends nothing', async () => {
  const { token } = await worker.login()
  const wrong = await post('/revoke', { token }, { authorization: basic(CLIENT.id, 'wrong') })
  expect([wrong.status, (await jsonOf(wrong)).error]).toEqual([401, 'invalid_client'])
  expect(wrong.headers.get('www-authenticate')).toContain('Basic realm=')
  const reader = await post('/revoke', { token }, { authorization: only('sessions:read') })
  expect([reader.status, (await jsonOf(reader)).error]).toEqual([403, 'insufficient_scope'])
  await elapse(BOUND_MS)
  expect(await visit(token)).toBe(200)
})

it('2.2.1: 503 with Retry-After where it could not be done', async () => {
  const { token } = await worker.login()
  await stand().fault('*', { resetAfter: true })
  const response = await post('/revoke', { token }).finally(() => stand().clearFaults())
  expect(response.status).toBe(503)
  expect(response.headers.has('retry-after')).toBe(true)
  expect((await post('/revoke', { token })).status).toBe(200)
})

it('with Prefer: wait the answer comes when it is true everywhere', async () => {
  const { token } = await worker.login()
  await visit(token)
  const authorization = only('sessions:revoke')
  const response = await post('/revoke', { token }, { authorization, prefer: 'wait' })
  expect(response.headers.get('preference-applied')).toBe('wait')
  expect(await visit(token)).toBe(401)
})
