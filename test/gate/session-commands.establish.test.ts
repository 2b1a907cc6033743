/**
 * `Session-Command: establish`: an origin logs people in with one header and never sees a token.
 */
import { describe, expect, it } from 'vitest'
import { COOKIE, seenBy, startWorker, uniqueSubject } from '../support/worker.ts'
import {
  ACCESSES,
  answering,
  commanded,
  cookieOf,
  eventsOf,
  isAlive,
  POLICIES,
  problemOf,
  sessionsOf,
  statusFor,
  tokenIn,
  visit,
  worker,
} from './commanded.ts'

describe('establish', () => {
  it.each(['optional', 'public'])('logs a visitor of a route that is %s in', async (access) => {
    const subject = uniqueSubject()
    const response = await commanded(
      `/listed/${access}/login`,
      `establish; subject="${subject}"; permissions="read write"`,
      { method: 'POST', body: 'name=…', headers: { 'user-agent': 'Test/1.0' } },
    )
    expect(response.status).toBe(200)
    const token = tokenIn(response)
    expect(response.headers.has('clear-site-data')).toBe(false)
    const next = await visit('/app', { cookie: cookieOf(token) })
    const seen = await seenBy(next)
    expect(seen.all('session-subject')).toEqual([subject])
    expect(seen.all('session-permissions')).toEqual(['read write'])
    const [session, ...others] = await sessionsOf(subject)
    expect(others).toEqual([])
    expect(session).toMatchObject({ subject, amr: [], acr: null, labels: {} })
    expect(session?.device).toMatchObject({ user_agent: 'Test/1.0' })
    expect(seen.all('session-id')).toEqual([session?.sid])
    expect(await eventsOf(subject)).toMatchObject([
      {
        type: 'session-established',
        sid: session?.sid,
        initiator: 'user',
        operator: null,
        reason: 'session_command',
      },
    ])
  })

  it.each([{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.test' }])(
    'is refused where another site sent the form, cookie or not: nobody is logged in as somebody else (%o)',
    async (headers) => {
      const subject = uniqueSubject()
      const form = { method: 'POST', body: 'name=…', headers }
      const establish = `establish; subject="${subject}"`
      const response = await commanded('/listed/public/login', establish, form)
      expect([response.status, response.headers.has('set-cookie')]).toEqual([403, false])
      expect(await problemOf(response)).toMatchObject({ code: 'cross_site_request' })
      expect(await sessionsOf(subject)).toEqual([])
      const allowed = await commanded('/embedded/acs', establish, form)
      expect(await statusFor(tokenIn(allowed))).toBe(200)
    },
  )

  it('lives as long as the deployment says, and so does its cookie', async () => {
    const own = await startWorker({
      POLICIES,
      SESSION_LIFETIME_SECONDS: 1000,
      SESSION_IDLE_SECONDS: 100,
    })
    const subject = uniqueSubject()
    const before = Date.now()
    const response = await commanded(
      '/listed/public/login',
      `establish; subject="${subject}"`,
      {},
      own,
    )
    expect(response.headers.get('set-cookie')).toContain('; Max-Age=1000;')
    const [session] = await sessionsOf(subject)
    const endsIn = (name: string) => Date.parse(String(session?.[name])) - before
    for (const [name, ms] of [
      ['expires_at', 1_000_000],
      ['idle_expires_at', 100_000],
      ['auth_time', 0],
    ] as const) {
      expect(endsIn(name) - ms).toBeGreaterThanOrEqual(0)
      expect(endsIn(name) - ms).toBeLessThan(10_000)
    }
  })

  it('replaces permissions where it names them, and leaves them where it does not', async () => {
    const subject = uniqueSubject()
    const establish = async (parameters: string) => {
      await commanded('/listed/public/login', `establish; subject="${subject}"${parameters}`)
      return (await worker.api('GET', `/subjects/${subject}`)).body.permissions
    }
    expect(await establish('')).toEqual([])
    expect(await establish('; permissions="b a"')).toEqual(['b', 'a'])
    expect(await establish('')).toEqual(['b', 'a'])
    expect(await establish('; permissions=""')).toEqual([])
  })

  it('knows names that are not ASCII', async () => {
    const subject = `${uniqueSubject('Zoë')}`
    const said = [...new TextEncoder().encode(subject)].map((byte) =>
      byte < 0x7f ? String.fromCharCode(byte) : `%${byte.toString(16)}`,
    )
    const response = await commanded(
      '/listed/public/login',
      `establish; subject=%"${said.join('')}"`,
    )
    const seen = await seenBy(await visit('/app', { token: tokenIn(response) }))
    expect(seen.all('session-subject')).toEqual([encodeURIComponent(subject)])
  })

  it.each([...ACCESSES])(
    'ends the session that the visitor came with (ASVS 7.2.4; %s)',
    async (access) => {
      const old = await worker.login()
      const other = await worker.login({ subject: old.subject })
      const subject = uniqueSubject()
      const response = await commanded(
        `/listed/${access}/login`,
        `establish; subject="${subject}"`,
        { cookie: cookieOf(old.token) },
      )
      const token = tokenIn(response)
      expect(token).not.toBe(old.token)
      expect(await isAlive(old)).toBe(false)
      expect(await isAlive(other)).toBe(true)
      expect(await statusFor(old.token)).toBe(401)
      expect(await statusFor(token)).toBe(200)
      expect(await eventsOf(old.subject)).toContainEqual(
        expect.objectContaining({
          type: 'session-revoked',
          sid: old.sid,
          initiator: 'user',
          reason: 'replaced_by_login',
        }),
      )
    },
  )

  it('of the same person leaves one session, the new one', async () => {
    const { token, subject } = await worker.login()
    const establish = `establish; subject="${subject}"`
    const response = await commanded('/listed/required/x', establish, { token })
    expect(await sessionsOf(subject)).toHaveLength(1)
    expect(await statusFor(tokenIn(response))).toBe(200)
    expect(await statusFor(token)).toBe(401)
  })

  it('never takes up a token that the visitor brought (session fixation)', async () => {
    const planted = await worker.login()
    await worker.api('DELETE', `/sessions/${planted.sid}`)
    const response = await commanded(
      '/listed/optional/login',
      `establish; subject="${uniqueSubject()}"`,
      { cookie: cookieOf(planted.token) },
    )
    // One cookie line, though the dead one would have been cleared.
    expect(tokenIn(response)).not.toBe(planted.token)
    expect(await statusFor(planted.token)).toBe(401)
  })

  it('of a disabled person is a denial, changes nothing and keeps the visitor’s session', async () => {
    const subject = uniqueSubject('disabled')
    await worker.api('PUT', `/subjects/${subject}`, { permissions: ['read'] })
    await worker.api('PATCH', `/subjects/${subject}`, { disabled: true })
    const visitor = await worker.login()
    const response = await commanded(
      '/listed/optional/login',
      `establish; subject="${subject}"; permissions="admin"`,
      { cookie: cookieOf(visitor.token) },
    )
    expect(response.status).toBe(401)
    expect(response.headers.has('set-cookie')).toBe(false)
    expect(await problemOf(response)).toMatchObject({ status: 401, code: 'invalid_token' })
    expect((await worker.api('GET', `/subjects/${subject}`)).body).toMatchObject({
      permissions: ['read'],
      disabled: true,
    })
    expect(await sessionsOf(subject)).toEqual([])
    expect(await isAlive(visitor)).toBe(true)
  })

  it('of a disabled person does not send a browser in circles', async () => {
    const own = await startWorker({ POLICIES, LOGIN_URL: '/login' })
    const subject = uniqueSubject('disabled')
    await own.api('PUT', `/subjects/${subject}`, { disabled: true })
    const response = await commanded(
      '/listed/public/login',
      `establish; subject="${subject}"`,
      { method: 'POST', headers: { 'sec-fetch-mode': 'navigate' } },
      own,
    )
    expect([response.status, response.headers.has('location')]).toEqual([401, false])
  })

  it('goes with a redirect and with an empty answer, the origin’s own cookies kept', async () => {
    const subject = uniqueSubject()
    const redirect = await commanded(
      `/listed/public/redirect?${answering('set-cookie:a=1', 'cdn-cache-control:max-age=9')}`,
      `establish; subject="${subject}"`,
    )
    expect([redirect.status, redirect.headers.get('location')]).toEqual([302, '/elsewhere'])
    const cookies = redirect.headers.getSetCookie()
    expect(cookies).toEqual(['a=1', expect.stringMatching(`^${COOKIE}=sess_`)])
    expect(redirect.headers.get('cache-control')).toBe('no-store')
    expect(redirect.headers.has('cdn-cache-control')).toBe(false)
    const head = await commanded('/listed/public/x', `establish; subject="${subject}"`, {
      method: 'HEAD',
    })
    expect(await statusFor(tokenIn(head))).toBe(200)
  })

  it('is never cached, though the origin says that it may be', async () => {
    const response = await commanded(
      `/listed/public/x?${answering('cache-control:public, max-age=600')}`,
      `establish; subject="${uniqueSubject()}"`,
    )
    tokenIn(response)
  })
})
