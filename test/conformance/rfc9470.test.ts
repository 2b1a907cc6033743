/** RFC 9470, OAuth 2.0 Step Up Authentication Challenge: each requirement on a resource server. */
import { expect, it } from 'vitest'
import { seenBy, startWorker } from '../support/worker.ts'
import { jsonOf } from './clients.ts'

const POLICIES = JSON.stringify([{ match: '/danger/*', max_auth_age_seconds: 300 }])
const worker = await startWorker({ POLICIES })
const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString()

it('3: too old an authentication is 401 insufficient_user_authentication with max_age', async () => {
  const { token } = await worker.login({ auth_time: secondsAgo(301) })
  const response = await worker.visit('/danger/x', { token })
  expect(response.status).toBe(401)
  const challenge = response.headers.get('www-authenticate') ?? ''
  expect(challenge).toMatch(/^Bearer /)
  expect(challenge).toContain('error="insufficient_user_authentication"')
  expect(challenge).toContain('error_description="')
  // "max_age: … a non-negative integer", as a quoted-string like the other parameters.
  expect(challenge).toMatch(/max_age="300"/)
  expect((await jsonOf(response)).code).toBe('insufficient_user_authentication')
})

it('3: the session is kept, for the rest of the site is still open to it', async () => {
  const { token } = await worker.login({ auth_time: secondsAgo(301) })
  const refused = await worker.visit('/danger/x', { cookie: `__Host-session=${token}` })
  expect(refused.headers.has('set-cookie')).toBe(false)
  expect((await worker.visit('/other', { token })).status).toBe(200)
})

it('4, 5: after a new authentication a session with a new auth_time passes', async () => {
  const { token } = await worker.login({ auth_time: secondsAgo(299), amr: ['hwk'], acr: 'urn:a' })
  expect((await worker.visit('/danger/x', { token })).status).toBe(200)
})

it('6.2: auth_time, amr and acr are told by introspection, auth_time to the origin too', async () => {
  const auth_time = secondsAgo(60)
  const { token } = await worker.login({ auth_time, amr: ['hwk'], acr: 'urn:a' })
  const { body } = await worker.api('POST', '/introspect', `token=${token}`, undefined, {
    'content-type': 'application/x-www-form-urlencoded',
  })
  const expected = Math.floor(Date.parse(auth_time) / 1000)
  expect(body).toMatchObject({ auth_time: expected, amr: ['hwk'], acr: 'urn:a' })
  const [assertion = ''] = (await seenBy(await worker.visit('/', { token }))).all(
    'session-assertion',
  )
  const claims = JSON.parse(
    atob((assertion.split('.')[1] ?? '').replace(/-/g, '+').replace(/_/g, '/')),
  )
  expect(claims.auth_time).toBe(expected)
})

it('a browser is sent to log in again, and told how fresh it has to be', async () => {
  const own = await startWorker({ POLICIES, LOGIN_URL: '/login' })
  const { token } = await own.login({ auth_time: secondsAgo(301) })
  const headers = { 'sec-fetch-mode': 'navigate' }
  const response = await own.visit('/danger/x', { cookie: `__Host-session=${token}`, headers })
  expect(response.status).toBe(302)
  expect(response.headers.get('location')).toMatch(/\/login\?return_to=.*&max_age=300$/)
})
