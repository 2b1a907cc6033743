/**
 * What OWASP ASVS 5.0 and NIST SP 800-63B-4 ask of a session that no other test shows: where a token's
 * randomness comes from, who may begin a session, how a token travels, what a new login resets. The tables
 * beside this file (asvs.md, nist-800-63b-4.md) name each of these tests by its title.
 */
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { operatorOf } from '../../src/control/operator.ts'
import { sha256FromHex } from '../../src/foundation/encoding.ts'
import { slotOf, TokenSealer } from '../../src/session/token.ts'
import { redis } from '../support/stand.ts'
import {
  COOKIE,
  seenBy,
  sha256Hex,
  startWorker,
  uniqueSubject,
  type Worker,
} from '../support/worker.ts'

const ALL = ['establish', 'rotate', 'revoke', 'revoke-all']
const POLICIES = [
  { match: '/login/*', access: 'optional', session_commands: ALL },
  { match: '/public/*', access: 'public', session_commands: ALL },
]

let worker: Worker
beforeAll(async () => {
  worker = await startWorker({ POLICIES, STORE_DEADLINE_MS: 10_000 })
})

const commandQuery = (command: string) =>
  `answer-header=${encodeURIComponent(`Session-Command:${command}`)}`
const sessionsOf = async (subject: string) =>
  (await worker.api('GET', `/subjects/${subject}/sessions`)).body.sessions

describe('a token', () => {
  it('is made of 128 random bits from the CSPRNG, and of nothing else', async () => {
    const drawn: Uint8Array[] = []
    const real = crypto.getRandomValues.bind(crypto)
    const spy = vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => {
      real(array)
      drawn.push(new Uint8Array((array as Uint8Array).slice()))
      return array
    })
    const sealer = new TokenSealer('sess', [{ kid: '1', bytes: new Uint8Array(32).fill(7) }])
    const slot = await slotOf('user-42')
    const sealed = await sealer.seal(slot).finally(() => spy.mockRestore())
    const [nonce, secret, ...more] = drawn as Uint8Array<ArrayBuffer>[]
    if (!nonce || !secret) throw new Error('nothing was drawn')
    expect([nonce.length, secret.length, more]).toEqual([12, 16, []])
    // Given the same bytes the same token comes out: there is no other source.
    expect(await sealer.seal(slot, { nonce, secret })).toEqual(sealed)
  })

  it('of many has no two alike, and its session neither', async () => {
    const logins = await Promise.all(Array.from({ length: 100 }, () => worker.login()))
    expect(new Set(logins.map(({ token }) => token)).size).toBe(100)
    expect(new Set(logins.map(({ sid }) => sid)).size).toBe(100)
  })

  it('reaches the visitor in Set-Cookie and nowhere else, and the origin not at all', async () => {
    const subject = uniqueSubject()
    const path = `/login/x?${commandQuery(`establish; subject="${subject}"`)}`
    const response = await worker.visit(path, { method: 'POST' })
    const [line = ''] = response.headers.getSetCookie()
    const token = line.slice(COOKIE.length + 1, line.indexOf(';'))
    expect(token).toMatch(/^sess_/)
    const rest = [...response.headers].filter(([name]) => name !== 'set-cookie')
    expect(JSON.stringify(rest)).not.toContain(token)
    expect(await response.text()).not.toContain('sess_')
    const next = await worker.visit('/app', { cookie: `${COOKIE}=${token}` })
    expect([...next.headers.keys()]).not.toContain('set-cookie')
    const seen = await seenBy(next)
    expect(seen.all('session-subject')).toEqual([subject])
    expect(JSON.stringify(seen.headers)).not.toContain(token)
  })

  it('in the query, in the path or in a form is none', async () => {
    const { token } = await worker.login()
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    for (const [path, init] of [
      [`/app?access_token=${token}&session=${token}`, {}],
      [`/app;jsessionid=${token}`, {}],
      ['/app', { method: 'POST', headers: form, body: `access_token=${token}` }],
      ['/app', { headers: { 'x-session-token': token } }],
    ] as const) {
      expect((await worker.visit(path, init)).status).toBe(401)
    }
  })
})

describe('the cookie', () => {
  it('is far below 4096 bytes with the longest names that can be configured', async () => {
    const vars = { COOKIE_NAME: `__Host-${'n'.repeat(57)}`, TOKEN_PREFIX: `P${'x'.repeat(15)}` }
    const own = await startWorker(vars)
    const { body } = await own.api('POST', '/sessions', { subject: uniqueSubject() })
    const pair = body.set_cookie.split(';')[0]
    expect(pair).toBe(`${vars.COOKIE_NAME}=${body.token}`)
    expect(new TextEncoder().encode(pair).length).toBeLessThanOrEqual(256)
    const response = await own.visit('/app', { cookie: pair })
    expect(response.status).toBe(200)
  })

  it('does not outlive the session, and does not keep it alive', async () => {
    const { body } = await worker.api('POST', '/sessions', {
      subject: uniqueSubject(),
      lifetime_seconds: 1,
    })
    expect(body.set_cookie).toContain('; Max-Age=1;')
    const cookie = `${COOKIE}=${body.token}`
    expect((await worker.visit('/app', { cookie })).status).toBe(200)
    while (Date.now() < Date.parse(body.session.expires_at)) await scheduler.wait(20)
    // A browser that kept it longer gains nothing.
    const late = await worker.visit('/app', { cookie })
    expect([late.status, late.headers.get('set-cookie')]).toEqual([
      401,
      `${COOKIE}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax`,
    ])
  })
})

describe('a session', () => {
  it('begins only when an operator or the origin says so, never by a visit', async () => {
    const stored = async () => ((await redis('KEYS', 'sessions:*')) as string[]).sort()
    const dead = await worker.login()
    await worker.api('DELETE', `/sessions/${dead.sid}`)
    const before = await stored()
    for (const path of ['/app', '/login/x', '/public/x']) {
      for (const init of [
        {},
        { cookie: `${COOKIE}=${dead.token}` },
        { cookie: `${COOKIE}=sess_chosen-by-the-visitor` },
        { token: dead.token },
        // What only the origin may say.
        { headers: { 'session-command': 'establish; subject="eve"' } },
      ]) {
        const response = await worker.visit(path, init)
        expect(response.headers.get('set-cookie') ?? '').not.toContain('sess_')
        await response.body?.cancel()
      }
    }
    expect(await stored()).toEqual(before)
  })

  it('keeps how strongly its person logged in, however often its token is renewed', async () => {
    const draft = {
      subject: uniqueSubject(),
      auth_time: new Date(Date.now() - 60_000).toISOString(),
      amr: ['pwd'],
      acr: 'aal1',
    }
    const { body: first } = await worker.api('POST', '/sessions', draft)
    let { sid } = first.session
    for (let i = 0; i < 3; i++) {
      const { status, body } = await worker.api('POST', `/sessions/${sid}/rotate`)
      expect(status).toBe(200)
      const { auth_time, amr, acr, expires_at } = body.session
      expect({ auth_time, amr, acr, expires_at }).toEqual({
        auth_time: draft.auth_time,
        amr: ['pwd'],
        acr: 'aal1',
        expires_at: first.session.expires_at,
      })
      sid = body.session.sid
    }
    const { body } = await worker.api('POST', `/sessions/${sid}/rotate`, { acr: 'aal3' })
    expect(body).toMatchObject({ status: 422, errors: [{ pointer: '/acr' }] })
  })

  it('is replaced by a new login, with a new token and both times counted anew', async () => {
    const subject = uniqueSubject()
    const { body: old } = await worker.api('POST', '/sessions', {
      subject,
      lifetime_seconds: 100,
      idle_seconds: 50,
      auth_time: new Date(Date.now() - 60_000).toISOString(),
    })
    const before = Date.now()
    const path = `/login/x?${commandQuery(`establish; subject="${subject}"`)}`
    const response = await worker.visit(path, { cookie: `${COOKIE}=${old.token}` })
    expect(response.headers.get('set-cookie')).not.toContain(old.token)
    const [session, ...others] = await sessionsOf(subject)
    expect(others).toEqual([])
    expect(session.sid).not.toBe(old.session.sid)
    expect(Date.parse(session.auth_time)).toBeGreaterThanOrEqual(before)
    expect(Date.parse(session.expires_at) - before).toBeGreaterThanOrEqual(604_800_000)
    expect(Date.parse(session.idle_expires_at) - before).toBeGreaterThanOrEqual(86_400_000)
    const fresh = await startWorker({ POLICIES, STORE_DEADLINE_MS: 10_000 })
    expect((await fresh.visit('/app', { token: old.token })).status).toBe(401)
  })

  it('belongs to one person: nobody’s token shows anybody else', async () => {
    const logins = await Promise.all(Array.from({ length: 20 }, () => worker.login()))
    const seen = await Promise.all(
      logins.map(async ({ token }) => (await seenBy(await worker.visit('/app', { token }))).all),
    )
    expect(seen.map((all) => [all('session-subject')[0], all('session-id')[0]])).toEqual(
      logins.map(({ subject, sid }) => [subject, sid]),
    )
  })
})

describe('an API key', () => {
  it('is compared with every configured one, in constant time, whichever is presented', async () => {
    const keys = await Promise.all(
      ['first', 'second', 'third'].map(async (id) => ({
        id,
        sha256: sha256FromHex(await sha256Hex(`key-${id}`)) ?? new Uint8Array(),
        scopes: [],
      })),
    )
    const spy = vi.spyOn(crypto.subtle, 'timingSafeEqual')
    try {
      for (const [presented, id] of [
        ['key-first', 'first'],
        ['key-third', 'third'],
        ['key-thirs', undefined],
        ['x', undefined],
      ] as const) {
        spy.mockClear()
        expect((await operatorOf(presented, keys))?.id).toBe(id)
        // The digests are compared, so that not even the length of a key is told.
        expect(spy.mock.calls.map(([, expected]) => expected)).toEqual(
          keys.map(({ sha256 }) => sha256),
        )
      }
    } finally {
      spy.mockRestore()
    }
  })
})
