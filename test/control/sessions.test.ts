/**
 * What operators do with sessions, end to end: create, look at, list, end one, end all, end all but one.
 * What edges then do is read from another isolate, as it would be.
 */
import { describe, expect, it } from 'vitest'
import { slotOf } from '../../src/session/token.ts'
import { redis } from '../support/stand.ts'
import {
  API,
  COOKIE,
  type Login,
  SITE,
  startWorker,
  uniqueSubject,
  type Worker,
} from '../support/worker.ts'

const worker = await startWorker()

/** Whether an isolate that remembers nothing lets the token in. */
async function admits(token: string): Promise<boolean> {
  const response = await (await startWorker()).visit('/app', { token })
  await response.body?.cancel()
  expect([200, 401]).toContain(response.status)
  return response.status === 200
}

const path = (subject: string) => `/subjects/${encodeURIComponent(subject)}/sessions`

async function listed(subject: string, by: Worker = worker): Promise<string[]> {
  const { status, body } = await by.api('GET', path(subject))
  expect(status).toBe(200)
  return body.sessions.map(({ sid }: { sid: string }) => sid)
}

/** Sessions made one after the other, each in a millisecond of its own: their order is then certain. */
async function loginsInOrder(by: Worker, subject: string, count: number): Promise<Login[]> {
  const logins: Login[] = []
  while (logins.length < count) {
    const at = Date.now()
    logins.push(await by.login({ subject }))
    while (Date.now() === at) await scheduler.wait(1)
  }
  return logins
}

describe('POST /sessions', () => {
  it('answers the session with all that was said of it', async () => {
    const subject = uniqueSubject('Zoë')
    const before = Date.now()
    const { status, body } = await worker.api('POST', '/sessions', {
      subject,
      permissions: ['write', 'read'],
      claims: { plan: 'pro', nested: { a: [1, null] } },
      labels: { tenant: 'acme' },
      lifetime_seconds: 3600,
      idle_seconds: 600,
      auth_time: '2026-11-24T08:30:00.5+01:00',
      amr: ['pwd', 'otp'],
      acr: 'aal2',
      device: { name: 'Phone', ip: '2001:db8::1', user_agent: 'x/1' },
    })
    const after = Date.now()
    expect(status).toBe(201)
    expect(Object.keys(body).sort()).toEqual(['session', 'set_cookie', 'token'])
    const { session } = body
    expect(session).toEqual({
      sid: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      subject,
      created_at: expect.any(String),
      expires_at: expect.any(String),
      idle_expires_at: expect.any(String),
      auth_time: '2026-11-24T07:30:00.500Z',
      amr: ['pwd', 'otp'],
      acr: 'aal2',
      labels: { tenant: 'acme' },
      device: { name: 'Phone', ip: '2001:db8::1', user_agent: 'x/1' },
      last_seen: null,
    })
    const created = Date.parse(session.created_at)
    expect(created).toBeGreaterThanOrEqual(before)
    expect(created).toBeLessThanOrEqual(after)
    for (const time of [session.created_at, session.expires_at, session.idle_expires_at]) {
      expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    }
    expect(Date.parse(session.expires_at) - created).toBe(3_600_000)
    expect(Date.parse(session.idle_expires_at) - created).toBe(600_000)
    expect(body.token).toMatch(/^sess_[A-Za-z0-9_-]{82}$/)
    expect(body.set_cookie).toBe(
      `${COOKIE}=${body.token}; Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=Lax`,
    )
  })

  it('fills in the deployment’s defaults, and takes what set_cookie says', async () => {
    const own = await startWorker({
      SESSION_LIFETIME_SECONDS: 100,
      SESSION_IDLE_SECONDS: 0,
      COOKIE_NAME: 'sid',
      TOKEN_PREFIX: 'acme',
    })
    const { body } = await own.api('POST', '/sessions', { subject: uniqueSubject() })
    const { session, set_cookie: setCookie, token } = body
    expect(Date.parse(session.expires_at) - Date.parse(session.created_at)).toBe(100_000)
    expect(session).toMatchObject({
      idle_expires_at: null,
      auth_time: session.created_at,
      amr: [],
      acr: null,
      labels: {},
      device: null,
    })
    expect(token).toMatch(/^acme_/)
    const cookie = setCookie.split(';')[0]
    expect(cookie).toBe(`sid=${token}`)
    expect((await own.visit('/app', { cookie })).status).toBe(200)
    expect((await own.visit('/app', { cookie: `${COOKIE}=${token}` })).status).toBe(401)
  })

  it('leaves permissions as they are where none are given, and replaces them where some are', async () => {
    const subject = uniqueSubject()
    const seen = async () => {
      const { token } = await worker.login({ subject })
      const response = await (await startWorker()).visit('/app', { token })
      const { headers } = (await response.json()) as { headers: [string, string][] }
      return new Map(headers).get('session-permissions')
    }
    await worker.login({ subject, permissions: ['a', 'b'] })
    expect(await seen()).toBe('a b')
    await worker.login({ subject, permissions: ['c'] })
    expect(await seen()).toBe('c')
    await worker.login({ subject, permissions: [] })
    expect(await seen()).toBe('')
  })

  it('ends the session when its time is over', async () => {
    const { token, sid, subject } = await worker.login({ lifetime_seconds: 1 })
    expect(await admits(token)).toBe(true)
    const until = Date.now() + 1001
    while (Date.now() < until) await scheduler.wait(until - Date.now())
    expect(await admits(token)).toBe(false)
    expect((await worker.api('GET', `/sessions/${sid}`)).status).toBe(404)
    expect(await listed(subject)).toEqual([])
    // Redis forgets it by itself: nothing of a session outlives it.
    expect(await redis('EXISTS', `sessions:${await slotOf(subject)}`)).toBe(0)
  })
})

describe('the cap', () => {
  it('the oldest session goes, and its token is refused', async () => {
    const capped = await startWorker({ MAX_SESSIONS_PER_SUBJECT: 2 })
    const subject = uniqueSubject()
    const [first, second, third] = await loginsInOrder(capped, subject, 3)
    expect(await listed(subject)).toEqual([second?.sid, third?.sid])
    expect(await admits(first?.token ?? '')).toBe(false)
    expect(await admits(second?.token ?? '')).toBe(true)
    expect(await admits(third?.token ?? '')).toBe(true)
    expect((await worker.api('GET', `/sessions/${first?.sid}`)).status).toBe(404)
  })

  it('holds when many log in at once', async () => {
    const capped = await startWorker({ MAX_SESSIONS_PER_SUBJECT: 3 })
    const subject = uniqueSubject()
    const logins = await Promise.all(Array.from({ length: 10 }, () => capped.login({ subject })))
    const left = await listed(subject)
    expect(left.length).toBeLessThanOrEqual(3)
    for (const { sid, token } of logins) expect(await admits(token)).toBe(left.includes(sid))
  })
})

describe('GET', () => {
  it('of a session and of the list tell the same, and never a token', async () => {
    const subject = uniqueSubject()
    const [first, second] = await loginsInOrder(worker, subject, 2)
    expect(await listed(subject)).toEqual([first?.sid, second?.sid])
    const { body } = await worker.api('GET', path(subject))
    for (const session of body.sessions) {
      expect((await worker.api('GET', `/sessions/${session.sid}`)).body).toEqual(session)
    }
    expect(JSON.stringify(body)).not.toContain('sess_')
  })

  it('of a subject nobody knows is an empty list', async () => {
    expect(await listed(uniqueSubject())).toEqual([])
  })
})

describe('DELETE /sessions/{sid}', () => {
  it('ends that session and no other, with a receipt', async () => {
    const subject = uniqueSubject()
    const [ended, kept] = await loginsInOrder(worker, subject, 2)
    const before = Date.now()
    const { status, body, headers } = await worker.api('DELETE', `/sessions/${ended?.sid}`)
    expect(status).toBe(200)
    expect(body).toEqual({
      revocation_id: expect.any(String),
      sessions_revoked: 1,
      acknowledged_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      enforced_within_ms: 1000,
      enforced: false,
    })
    expect(Date.parse(body.acknowledged_at)).toBeGreaterThanOrEqual(before)
    expect(headers.has('preference-applied')).toBe(false)
    expect(await admits(ended?.token ?? '')).toBe(false)
    expect(await admits(kept?.token ?? '')).toBe(true)
    expect(await listed(subject)).toEqual([kept?.sid])
  })

  it('is safe to repeat, and ends nothing twice', async () => {
    const { sid } = await worker.login()
    const first = await worker.api('DELETE', `/sessions/${sid}`)
    const second = await worker.api('DELETE', `/sessions/${sid}`)
    expect([first.body.sessions_revoked, second.body.sessions_revoked]).toEqual([1, 0])
    expect(second.status).toBe(200)
    expect(second.body.revocation_id).not.toBe(first.body.revocation_id)
  })

  it('of a session that never was is 200 with 0', async () => {
    const { status, body } = await worker.api('DELETE', `/sessions/${'A'.repeat(43)}`)
    expect([status, body.sessions_revoked]).toEqual([200, 0])
  })
})

describe('DELETE /subjects/{subject}/sessions', () => {
  it('ends every session of the subject and of nobody else', async () => {
    const subject = uniqueSubject()
    const logins = await loginsInOrder(worker, subject, 3)
    const other = await worker.login()
    const { status, body } = await worker.api('DELETE', path(subject))
    expect([status, body.sessions_revoked, body.enforced]).toEqual([200, 3, false])
    for (const { token } of logins) expect(await admits(token)).toBe(false)
    expect(await admits(other.token)).toBe(true)
    expect(await listed(subject)).toEqual([])
    expect((await worker.api('DELETE', path(subject))).body.sessions_revoked).toBe(0)
    // The person may log in again at once.
    expect(await admits((await worker.login({ subject })).token)).toBe(true)
  })

  it('with except ends all others', async () => {
    const subject = uniqueSubject()
    const [a, kept, b] = await loginsInOrder(worker, subject, 3)
    const call = () => worker.api('DELETE', `${path(subject)}?except=${kept?.sid}`)
    expect((await call()).body.sessions_revoked).toBe(2)
    expect(await listed(subject)).toEqual([kept?.sid])
    expect(await admits(kept?.token ?? '')).toBe(true)
    for (const ended of [a, b]) expect(await admits(ended?.token ?? '')).toBe(false)
    expect((await call()).body.sessions_revoked).toBe(0)
  })

  it('with except of somebody else’s session ends all', async () => {
    const subject = uniqueSubject()
    const { token } = await worker.login({ subject })
    const other = await worker.login()
    const { body } = await worker.api('DELETE', `${path(subject)}?except=${other.sid}`)
    expect(body.sessions_revoked).toBe(1)
    expect(await admits(token)).toBe(false)
    expect(await admits(other.token)).toBe(true)
  })

  it('ends what was created while it was under way, or leaves it whole', async () => {
    const subject = uniqueSubject()
    await worker.login({ subject })
    const [created] = await Promise.all([
      worker.login({ subject }),
      worker.api('DELETE', path(subject)),
      worker.login({ subject }),
    ])
    expect(await admits(created.token)).toBe((await listed(subject)).includes(created.sid))
  })
})

describe('names of subjects', () => {
  it.each([
    'a/b',
    'a%2Fb',
    '%',
    '%25',
    'a b',
    '日本語/👩‍👩‍👧',
    'a?b#c',
    'a\'b"c',
    'é',
    'a+b',
    '~',
    '..a',
  ])('%s is found under its own name, and under no other', async (name) => {
    const subject = `${uniqueSubject()}:${name}`
    const { sid, token } = await worker.login({ subject })
    expect(await listed(subject)).toEqual([sid])
    expect(
      await listed(
        encodeURIComponent(subject) === subject ? `${subject}x` : encodeURIComponent(subject),
      ),
    ).toEqual([])
    expect((await worker.api('DELETE', path(subject))).body.sessions_revoked).toBe(1)
    expect(await admits(token)).toBe(false)
  })

  it('that look alike are different people', async () => {
    const base = uniqueSubject()
    const names = [`${base}é`, `${base}e\u0301`, `${base}É`, `${base} `, base]
    const logins = await Promise.all(names.map((subject) => worker.login({ subject })))
    await worker.api('DELETE', path(names[0] ?? ''))
    const alive = await Promise.all(logins.map(({ token }) => admits(token)))
    expect(alive).toEqual([false, true, true, true, true])
  })
})

describe('Prefer: wait', () => {
  const MAX_STALENESS_MS = 100

  it('answers when no edge admits it any more, and says so', async () => {
    const own = await startWorker({ MAX_STALENESS_MS })
    const edge = await startWorker({ MAX_STALENESS_MS })
    const { token, sid } = await own.login()
    expect((await edge.visit('/app', { token })).status).toBe(200)
    const startedAt = Date.now()
    const { body, headers } = await own.api('DELETE', `/sessions/${sid}`, undefined, undefined, {
      prefer: 'wait',
    })
    const denied = await edge.visit('/app', { token })
    expect(denied.status).toBe(401)
    await denied.body?.cancel()
    expect(body).toMatchObject({
      sessions_revoked: 1,
      enforced_within_ms: MAX_STALENESS_MS,
      enforced: true,
    })
    expect(headers.get('preference-applied')).toBe('wait')
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(MAX_STALENESS_MS)
    expect(Date.now() - Date.parse(body.acknowledged_at)).toBeGreaterThanOrEqual(MAX_STALENESS_MS)
  })

  it('waits for the grace of an outage as well, and no longer than somebody wants to', async () => {
    const own = await startWorker({ MAX_STALENESS_MS, OUTAGE_GRACE_MS: 5000 })
    const { sid } = await own.login()
    const startedAt = Date.now()
    const { body, headers } = await own.api('DELETE', `/sessions/${sid}`, undefined, undefined, {
      prefer: 'wait=1',
    })
    expect(body).toMatchObject({ enforced_within_ms: 5100, enforced: false })
    expect(headers.has('preference-applied')).toBe(false)
    expect(Date.now() - startedAt).toBeLessThan(4000)
  })

  it('is not read into other preferences', async () => {
    const own = await startWorker({ MAX_STALENESS_MS })
    for (const prefer of ['return=minimal', 'respond-async', 'x="wait"', 'await']) {
      const { body } = await own.api(
        'DELETE',
        `/sessions/${'A'.repeat(43)}`,
        undefined,
        undefined,
        {
          prefer,
        },
      )
      expect(body.enforced, prefer).toBe(false)
    }
  })
})

it('the API is under the site’s own origin and nothing of it reaches the site', async () => {
  const response = await worker.send(new Request(`${SITE}${API}/health`))
  expect(await response.json()).toEqual({ status: 'ok' })
})
