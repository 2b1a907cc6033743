/**
 * Publicly reported ways in which a session that was ended came back, or never ended: better-auth #11073,
 * connect-redis #328, Keycloak CVE-2026-8922. Each fails on the behaviour that was reported.
 * The stand holds answers back, so that the order of events is the one the name says.
 */
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { slotOf } from '../../src/session/token.ts'
import { commandsOf, redis, stand } from '../support/stand.ts'
import { type Login, startWorker, uniqueSubject } from '../support/worker.ts'

const BOUND_MS = 100
const POLICIES = [{ match: '/commands/*', session_commands: ['rotate', 'revoke', 'revoke-all'] }]
/** A busy machine must not turn what is tested into an outage. */
const PATIENT = { STORE_DEADLINE_MS: 10_000 }
const worker = await startWorker({ MAX_STALENESS_MS: BOUND_MS, POLICIES, ...PATIENT })
const elapse = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
/** What the primary says: an isolate that remembers nothing. */
const statusOf = async ({ token }: Pick<Login, 'token'>) =>
  (await (await startWorker(PATIENT)).visit('/', { token })).status
const isStored = async ({ subject }: Login) =>
  (await redis('EXISTS', `sessions:${await slotOf(subject)}`)) === 1
/** Until the store was asked, by a command with this name, about this person; since the last `resetStats`. */
async function asked({ subject }: Login, name = ''): Promise<void> {
  const slot = await slotOf(subject)
  for (;;) {
    const { commands } = await stand().stats()
    const seen = commands === 0 ? [] : await stand().commands(commands)
    const isIt = ([first = '', ...rest]: string[]) =>
      first.startsWith(name) && rest.join(' ').includes(slot)
    if (seen.some(({ command }) => isIt(command))) return
    await elapse(10)
  }
}
const answering = (header: string) => `answer-header=${encodeURIComponent(header)}`

afterEach(() => stand().clearFaults())

describe('better-auth #11073: a refresh in flight undoes a revocation', () => {
  it.each([
    ['of the session', ({ sid }: Login) => `/sessions/${sid}`],
    ['of all sessions', ({ subject }: Login) => `/subjects/${subject}/sessions`],
    ['of the person', ({ subject }: Login) => `/subjects/${subject}`],
  ])(
    'a use seen before the end %s, and written down after it, brings nothing back',
    async (_, path) => {
      const login = await worker.login({ idle_seconds: 4 })
      // A use is due to be written.
      await elapse(420)
      const commands = await commandsOf(async () => {
        const cold = await startWorker({ MAX_STALENESS_MS: 60_000, ...PATIENT })
        await stand().fault('*', { delayMs: 800, times: 1 })
        const visit = cold.visit('/', { token: login.token })
        // The store has answered; the answer is on its way.
        await asked(login)
        expect((await worker.api('DELETE', path(login))).body.sessions_revoked).toBe(1)
        // It was alive when this was read, within the bound: it passes, and its use is written.
        expect((await visit).status).toBe(200)
      })
      const names = commands.map(({ command }) => command.slice(0, 2).join(' '))
      const slot = await slotOf(login.subject)
      const ended = names.findIndex((name) => name.endsWith(`DEL sessions:${slot}`))
      expect(ended).toBeGreaterThanOrEqual(0)
      expect(names.lastIndexOf(`HSET seen:${slot}`)).toBeGreaterThan(ended)
      expect(await statusOf(login)).toBe(401)
      expect(await isStored(login)).toBe(false)
      // Nor does the place where somebody was outlive the session.
      expect(await redis('EXISTS', `seen:${slot}`)).toBe(0)
    },
  )

  it('a new token asked for before the end is not handed out after it', async () => {
    const login = await worker.login()
    await stand().resetStats()
    await stand().fault('*', { delayMs: 800, times: 1 })
    const rotating = worker.api('POST', `/sessions/${login.sid}/rotate`)
    await asked(login)
    await worker.api('DELETE', `/subjects/${login.subject}/sessions`)
    expect((await rotating).status).toBe(404)
    expect(await isStored(login)).toBe(false)
  })

  it('sessions begun at once are all listed, and all end', async () => {
    const subject = uniqueSubject()
    const logins = await Promise.all(Array.from({ length: 20 }, () => worker.login({ subject })))
    const { body } = await worker.api('GET', `/subjects/${subject}/sessions`)
    const listed = body.sessions.map(({ sid }: Login) => sid).sort()
    expect(listed).toEqual(logins.map(({ sid }) => sid).sort())
    await worker.api('DELETE', `/subjects/${subject}/sessions`)
    expect(new Set(await Promise.all(logins.map(statusOf)))).toEqual(new Set([401]))
  })
})

describe('connect-redis #328: a slow request ends after the logout and saves its session again', () => {
  it.each([
    ['a plain answer', 200, ''],
    ['an answer that refreshes the session', 200, `?${answering('Session-Command:rotate')}`],
  ])('undoes no logout: %s', async (_, status, query) => {
    const login = await worker.login({ idle_seconds: 4 })
    await elapse(420)
    await stand().resetStats()
    const body = new TransformStream<Uint8Array, Uint8Array>()
    const slow = worker.visit(`/commands/mirror${query}`, {
      method: 'POST',
      token: login.token,
      body: body.readable,
    })
    // It was admitted: its use is written down.
    await asked(login, 'HSET')
    const logout = `/commands/x?${answering('Session-Command:revoke')}`
    const out = await worker.visit(logout, { method: 'POST', token: login.token })
    expect([out.status, out.headers.get('set-cookie')]).toEqual([
      200,
      expect.stringContaining('Max-Age=0'),
    ])
    const writer = body.writable.getWriter()
    await writer.write(new TextEncoder().encode('done'))
    await writer.close()
    const late = await slow
    expect(late.status).toBe(status)
    // No token is handed out, and nothing is left in the store.
    expect(late.headers.get('set-cookie') ?? '').not.toContain('sess_')
    await late.body?.cancel()
    expect(await isStored(login)).toBe(false)
    expect(await statusOf(login)).toBe(401)
  })
})

describe('Keycloak CVE-2026-8922, CVE-2026-18218: one level of revocation hides another', () => {
  const clear = () => redis('DEL', 'epochs')
  beforeEach(clear)
  afterAll(clear)

  const LONG_AGO = '2020-01-01T00:00:00Z'
  it.each([
    ['all, where a label has an older one', { label: LONG_AGO, all: null }],
    ['a label, where all have an older one', { label: null, all: LONG_AGO }],
    ['all, where no label has one', { all: null }],
    ['a label, where all have none', { label: null }],
  ])(
    'the newer is that of %s',
    async (_, levels: { label?: null | string; all?: null | string }) => {
      const tenant = uniqueSubject('tenant')
      // More labels than one: the epoch must be found whichever it is.
      const login = await worker.login({ labels: { aa: '1', tenant, zz: '1' } })
      expect((await worker.visit('/', { token: login.token })).status).toBe(200)
      await elapse(2)
      const revoke = (level: 'label' | 'all', before: string | null | undefined) =>
        before === undefined
          ? undefined
          : worker.api('POST', '/revocations', {
              ...(level === 'all' ? { all: true } : { labels: { tenant } }),
              ...(before !== null && { issued_before: before }),
            })
      // Both orders of setting them are met: the older first, then the newer, then the older again.
      await revoke('label', levels.label)
      await revoke('all', levels.all)
      await revoke('label', levels.label === null ? undefined : levels.label)
      const told = await worker.api('POST', '/introspect', `token=${login.token}`, undefined, {
        'content-type': 'application/x-www-form-urlencoded',
      })
      expect(told.body).toEqual({ active: false })
      expect(await statusOf(login)).toBe(401)
      await elapse(BOUND_MS)
      // The isolate that still remembers it.
      expect((await worker.visit('/', { token: login.token })).status).toBe(401)
      expect(
        (await worker.api('GET', `/subjects/${login.subject}/sessions`)).body.sessions,
      ).toEqual([])
    },
  )
})
