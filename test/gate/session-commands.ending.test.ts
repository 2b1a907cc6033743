/**
 * `Session-Command: rotate`, `revoke`, `revoke-all`: what they do to the session the visitor came with, and that
 * they do nothing where there is none.
 */
import { describe, expect, it } from 'vitest'
import { commandsOf } from '../support/stand.ts'
import { COOKIE, startWorker } from '../support/worker.ts'
import {
  ACCESSES,
  answering,
  CLEARED,
  commanded,
  cookieOf,
  eventsOf,
  isAlive,
  POLICIES,
  refusals,
  sessionsOf,
  statusFor,
  tokenIn,
  visit,
  worker,
} from './commanded.ts'

describe('rotate', () => {
  it.each(ACCESSES)('gives the session a new token (%s)', async (access) => {
    const { token, sid, subject } = await worker.login({ permissions: ['read'] })
    const response = await commanded(`/listed/${access}/x`, 'rotate', { cookie: cookieOf(token) })
    expect(response.status).toBe(200)
    const rotated = tokenIn(response)
    expect(rotated).not.toBe(token)
    // The old one has its grace.
    expect([await statusFor(token), await statusFor(rotated)]).toEqual([200, 200])
    const [session, ...others] = await sessionsOf(subject)
    expect(others).toEqual([])
    expect(session?.sid).not.toBe(sid)
    expect(await eventsOf(subject)).toContainEqual(
      expect.objectContaining({ type: 'session-rotated', reason: 'session_command' }),
    )
  })

  it('twice at once hands out one token: the visitor must not be left with the dying one', async () => {
    const { token, subject } = await worker.login()
    const visits = [1, 2, 3].map(() =>
      commanded('/listed/required/x', 'rotate', { cookie: cookieOf(token) }),
    )
    const responses = await Promise.all(visits)
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200])
    const set = responses.filter(({ headers }) => headers.has('set-cookie'))
    expect(set).toHaveLength(1)
    const later = await commanded('/listed/required/x', 'rotate', { cookie: cookieOf(token) })
    expect([later.status, later.headers.has('set-cookie')]).toEqual([200, false])
    expect(await sessionsOf(subject)).toHaveLength(1)
    expect(await statusFor(tokenIn(set[0] as Response))).toBe(200)
  })
})

describe.each(['revoke', 'revoke-all'])('%s', (command) => {
  it.each(ACCESSES)('ends the session, and clears the cookie (%s)', async (access) => {
    const mine = await worker.login()
    const elsewhere = await worker.login({ subject: mine.subject })
    const stranger = await worker.login()
    const response = await commanded(`/listed/${access}/logout`, command, {
      cookie: cookieOf(mine.token),
      method: 'POST',
    })
    expect(response.status).toBe(200)
    expect(response.headers.getSetCookie()).toEqual([CLEARED])
    expect(response.headers.get('cache-control')).toBe('no-store')
    // Else the back button would show what the browser kept.
    expect(response.headers.get('clear-site-data')).toBe('"cache"')
    expect(await isAlive(mine)).toBe(false)
    expect(await isAlive(elsewhere)).toBe(command === 'revoke')
    expect(await isAlive(stranger)).toBe(true)
    expect(await statusFor(mine.token)).toBe(401)
    expect(await eventsOf(mine.subject)).toContainEqual(
      expect.objectContaining({
        type: 'session-revoked',
        initiator: 'user',
        operator: null,
        reason: 'session_command',
      }),
    )
  })

  it('ends it for the edge that still remembers it too, within the bound', async () => {
    const own = await startWorker({ POLICIES, MAX_STALENESS_MS: 100 })
    const { token } = await own.login()
    expect((await visit('/app', { token }, own)).status).toBe(200)
    await commanded('/listed/required/logout', command, { token }, own)
    await new Promise((resolve) => setTimeout(resolve, 110))
    expect((await visit('/app', { token }, own)).status).toBe(401)
  })

  it('ends it by a token in the grace of a rotation, with the new one', async () => {
    const { token, sid } = await worker.login()
    const rotated = (await worker.api('POST', `/sessions/${sid}/rotate`)).body.token as string
    await commanded('/listed/optional/logout', command, { token })
    expect([await statusFor(token), await statusFor(rotated)]).toEqual([401, 401])
  })

  it('leaves what the origin itself has the browser clear', async () => {
    const { token } = await worker.login()
    const query = answering('clear-site-data:"storage"')
    const response = await commanded(`/listed/required/logout?${query}`, command, { token })
    expect(response.headers.get('clear-site-data')).toBe('"storage", "cache"')
  })

  it('of a session that is over writes nothing, and clears the cookie', async () => {
    const { token, sid, subject } = await worker.login()
    await worker.api('DELETE', `/sessions/${sid}`)
    const before = await eventsOf(subject)
    for (const init of [{ cookie: cookieOf(token) }, { cookie: `${COOKIE}=sess_forged` }]) {
      const response = await commanded('/listed/public/logout', command, init)
      expect([response.status, response.headers.getSetCookie()]).toEqual([200, [CLEARED]])
    }
    expect(await eventsOf(subject)).toEqual(before)
  })
})

describe('without a session', () => {
  it.each(['rotate', 'revoke', 'revoke-all'])(
    '%s does nothing, and is recorded',
    async (command) => {
      const own = await startWorker({ POLICIES })
      for (const access of ['optional', 'public']) {
        const commands = await commandsOf(async () => {
          const response = await commanded(`/listed/${access}/x`, command, {}, own)
          expect([response.status, response.headers.has('set-cookie')]).toEqual([200, false])
        })
        expect(commands).toEqual([])
      }
      expect(await refusals(own)).toEqual({ 'session_command/no_session': 2 })
    },
  )

  it('a dead one is not rotated', async () => {
    const { token, sid } = await worker.login()
    await worker.api('DELETE', `/sessions/${sid}`)
    const response = await commanded('/listed/public/x', 'rotate', { token })
    expect([response.status, response.headers.has('set-cookie')]).toEqual([200, false])
    expect(await statusFor(token)).toBe(401)
  })
})
