/**
 * What is not obeyed: commands the policy does not list, and such as make no sense. Nobody takes the answer for a
 * success, and nobody but the Worker sees the header.
 */
import { describe, expect, it } from 'vitest'
import { SITE, seenBy, startWorker, uniqueSubject, type VisitInit } from '../support/worker.ts'
import {
  ACCESSES,
  ALL,
  answering,
  commanded,
  cookieOf,
  isAlive,
  POLICIES,
  problemOf,
  refusals,
  sessionsOf,
  tokenIn,
  visit,
  worker,
} from './commanded.ts'

describe('where the policy does not list it', () => {
  it.each(ACCESSES)('nothing is done, and it is recorded (%s)', async (access) => {
    const own = await startWorker({ POLICIES })
    const session = await own.login()
    const subject = uniqueSubject()
    const orders = [`establish; subject="${subject}"`, 'rotate', 'revoke', 'revoke-all', 'nonsense']
    for (const command of orders) {
      const response = await commanded(
        `/unlisted/${access}/x`,
        command,
        { token: session.token },
        own,
      )
      expect([response.status, response.headers.has('set-cookie')]).toEqual([200, false])
      const { all } = await seenBy(response)
      expect(all('session-id')).toEqual(access === 'public' ? [] : [session.sid])
    }
    expect(await isAlive(session)).toBe(true)
    expect(await sessionsOf(session.subject)).toHaveLength(1)
    expect(await sessionsOf(subject)).toEqual([])
    expect(await refusals(own)).toEqual({ 'session_command/not_listed': orders.length })
  })

  it.each(ALL)('a list that holds only %s allows nothing else', async (listed) => {
    for (const name of ALL) {
      const session = await worker.login()
      const command = name === 'establish' ? `establish; subject="${uniqueSubject()}"` : name
      const response = await commanded(`/only/${listed}/x`, command, { token: session.token })
      expect(response.status).toBe(200)
      expect(response.headers.has('set-cookie'), name).toBe(name === listed)
      if (name !== listed) expect(await isAlive(session)).toBe(true)
    }
  })

  it('nothing is done where no policy matches', async () => {
    const session = await worker.login()
    const response = await commanded('/app', 'revoke', { token: session.token })
    expect([response.status, response.headers.has('set-cookie')]).toEqual([200, false])
    expect(await isAlive(session)).toBe(true)
  })

  it('the policy of the request decides, not what the path could be taken for', async () => {
    const session = await worker.login()
    for (const path of ['/unlisted/required/..%2F..%2Flisted/required/x', '//listed/required/x']) {
      const response = await commanded(path, 'revoke', { token: session.token })
      expect(response.status).toBe(400)
    }
    expect(await isAlive(session)).toBe(true)
  })
})

describe('what cannot be obeyed', () => {
  it.each([
    ['an unknown command', 'destroy'],
    ['a login of nobody', 'establish'],
    ['an unknown parameter', 'establish; subject="a"; lifetime=60'],
    ['a subject that is too long', `establish; subject="${'x'.repeat(257)}"`],
    ['a list', 'revoke, revoke'],
    ['a logout with a parameter', 'revoke; subject="a"'],
  ])('%s: nothing changes, and the answer does not pass for a success', async (_, command) => {
    const own = await startWorker({ POLICIES })
    const session = await own.login()
    const response = await commanded(
      `/listed/optional/x?${answering('set-cookie:a=1')}`,
      command,
      { cookie: cookieOf(session.token) },
      own,
    )
    expect(response.status).toBe(502)
    expect(response.headers.has('set-cookie')).toBe(false)
    const problem = await problemOf(response)
    expect(problem).toMatchObject({ status: 502, code: 'session_command_refused' })
    expect(JSON.stringify(problem)).not.toContain('subject')
    expect(await isAlive(session)).toBe(true)
    expect(await refusals(own)).toEqual({ 'session_command/malformed': 1 })
  })

  it('two commands in two headers are none', async () => {
    const session = await worker.login()
    const query = answering('Session-Command:revoke', 'session-command:rotate')
    const response = await visit(`/listed/required/x?${query}`, { token: session.token })
    expect([response.status, response.headers.has('session-command')]).toEqual([502, false])
    expect(await isAlive(session)).toBe(true)
  })

  it('an answer out of a cache: it was meant for somebody else', async () => {
    for (const header of ['Age:0', 'CF-Cache-Status:HIT', 'cf-cache-status:Revalidated']) {
      const subject = uniqueSubject()
      const response = await commanded(
        `/listed/public/login?${answering(header)}`,
        `establish; subject="${subject}"`,
      )
      expect([response.status, response.headers.has('set-cookie')]).toEqual([502, false])
      expect(await sessionsOf(subject)).toEqual([])
    }
    const fresh = await commanded(
      `/listed/public/login?${answering('CF-Cache-Status:DYNAMIC')}`,
      `establish; subject="${uniqueSubject()}"`,
    )
    tokenIn(fresh)
  })

  it('a HEAD gets no body', async () => {
    const response = await commanded('/listed/public/x', 'nonsense', { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([502, ''])
  })

  it('a WebSocket: once it is open there is no answer a cookie could go with', async () => {
    const { token, sid, subject } = await worker.login()
    const query = answering('Session-Command:revoke')
    const response = await worker.open(
      new Request(`${SITE}/listed/required/socket?${query}`, {
        headers: { upgrade: 'websocket', authorization: `Bearer ${token}` },
      }),
    )
    expect([response.status, response.headers.has('session-command')]).toEqual([101, false])
    response.webSocket?.accept()
    response.webSocket?.close()
    expect(await isAlive({ token, sid, subject })).toBe(true)
  })

  it('a token on a public route that other routes would refuse', async () => {
    const session = await worker.login()
    const cookie = cookieOf(session.token)
    const evil = { origin: 'https://evil.test' }
    const visits: [VisitInit, number][] = [
      [{ cookie: `${cookie}; ${cookie}` }, 400],
      [{ cookie, token: 'sess_other' }, 400],
      [{ cookie, method: 'POST', headers: evil }, 403],
    ]
    for (const [init, status] of visits) {
      for (const command of ['rotate', 'revoke', 'revoke-all']) {
        const response = await commanded('/listed/public/logout', command, init)
        expect([response.status, response.headers.has('set-cookie')]).toEqual([status, false])
      }
      if (status === 403) continue
      // A login needs no token: it leaves alone what it cannot be sure of.
      const establish = `establish; subject="${uniqueSubject()}"`
      tokenIn(await commanded('/listed/public/login', establish, init))
    }
    expect(await isAlive(session)).toBe(true)
    const allowed = { cookie, method: 'POST', headers: evil }
    await commanded('/embedded/logout', 'revoke', allowed)
    expect(await isAlive(session)).toBe(false)
  })
})
