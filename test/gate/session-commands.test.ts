/**
 * `Session-Command` between a visitor, monitor mode and a store in trouble: two-step attacks, and that nothing is
 * said to be done which is not.
 */
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../src/app.ts'
import type { Fault } from '../stand/control-api.ts'
import { commandsOf, redis, stand } from '../support/stand.ts'
import {
  environment,
  SITE,
  seenBy,
  startWorker,
  uniqueSubject,
  type Worker,
} from '../support/worker.ts'
import {
  answering,
  CLEARED,
  commanded,
  cookieOf,
  isAlive,
  POLICIES,
  problemOf,
  refusals,
  sessionsOf,
  statusFor,
  tokenIn,
  visit,
  worker,
} from './commanded.ts'

afterEach(() => stand().clearFaults())

describe('a visitor', () => {
  it('cannot give a command', async () => {
    const session = await worker.login()
    for (const name of ['session-command', 'Session_Command', 'SESSION-COMMAND']) {
      const response = await visit('/listed/required/x', {
        token: session.token,
        headers: { [name]: 'revoke' },
      })
      expect(response.status).toBe(200)
      expect((await seenBy(response)).headers.map(([header]) => header)).not.toContain(name)
    }
    expect(await isAlive(session)).toBe(true)
  })

  it('who logs out and goes on with the old cookie is nobody (two steps)', async () => {
    const subject = uniqueSubject()
    const login = await commanded('/listed/optional/login', `establish; subject="${subject}"`)
    const stolen = tokenIn(login)
    const rotated = tokenIn(await commanded('/listed/required/x', 'rotate', { token: stolen }))
    await commanded('/listed/required/logout', 'revoke', { token: rotated })
    for (const token of [stolen, rotated]) {
      const again = await commanded('/listed/optional/x', 'rotate', { token })
      expect(again.headers.getSetCookie().filter((line) => line.includes('sess_'))).toEqual([])
      expect(await statusFor(token)).toBe(401)
    }
    expect(await sessionsOf(subject)).toEqual([])
  })

  it('whose session dies while the origin thinks is not brought back by a rotation', async () => {
    const { token, sid, subject } = await worker.login()
    expect((await visit('/app', { token })).status).toBe(200)
    await worker.api('DELETE', `/sessions/${sid}`)
    // This edge still remembers the session, for the bound: it is the primary that is asked.
    const response = await commanded('/listed/required/x', 'rotate', { token })
    expect(response.headers.getSetCookie().filter((line) => line.includes('sess_'))).toEqual([])
    expect(await sessionsOf(subject)).toEqual([])
  })
})

describe('in monitor mode', () => {
  let monitor: Worker
  beforeAll(async () => {
    monitor = await startWorker({ POLICIES, ENFORCEMENT: 'monitor' })
  })

  it('commands are obeyed, for whom they would be', async () => {
    const subject = uniqueSubject()
    const establish = `establish; subject="${subject}"`
    const token = tokenIn(await commanded('/listed/optional/login', establish, {}, monitor))
    const rotated = tokenIn(await commanded('/listed/required/x', 'rotate', { token }, monitor))
    const out = await commanded('/listed/required/logout', 'revoke', { token: rotated }, monitor)
    expect(out.headers.getSetCookie()).toEqual([CLEARED])
    expect(await sessionsOf(subject)).toEqual([])
  })

  it('nobody gets a session out of a request that would have been refused', async () => {
    const subject = uniqueSubject()
    const before = (await refusals(monitor))['session_command/request_refused'] ?? 0
    for (const command of [`establish; subject="${subject}"`, 'revoke']) {
      const response = await commanded('/listed/required/x', command, {}, monitor)
      expect([response.status, response.headers.has('set-cookie')]).toEqual([200, false])
    }
    expect(await sessionsOf(subject)).toEqual([])
    expect((await refusals(monitor))['session_command/request_refused']).toBe(before + 2)
  })

  it('nobody is blocked by what cannot be obeyed', async () => {
    const { token } = await monitor.login()
    for (const [command, fault] of [
      ['nonsense', null],
      ['revoke', { reset: true }],
    ] as const) {
      expect((await visit('/app', { token }, monitor)).status).toBe(200)
      if (fault) await stand().fault('*', fault)
      const response = await commanded('/listed/public/x', command, { token }, monitor)
      expect([response.status, response.headers.has('set-cookie')]).toEqual([200, false])
    }
  })
})

describe('trouble with the store', () => {
  const DEADLINE_MS = 250

  const troubles: [string, Fault][] = [
    ['down', { reset: true }],
    ['hanging', { hang: true }],
    ['answering pages', { garbage: 'text' }],
    ['refusing our token', { unauthorized: true }],
  ]
  it.each(troubles)('%s: no command passes for done, and the cookie is kept', async (_, fault) => {
    const own = await startWorker({ POLICIES, STORE_DEADLINE_MS: DEADLINE_MS })
    const session = await own.login()
    const subject = uniqueSubject()
    await stand().fault('*', fault)
    const orders = [`establish; subject="${subject}"`, 'rotate', 'revoke', 'revoke-all']
    for (const command of orders) {
      const response = await commanded(
        `/listed/public/x?${answering('set-cookie:a=1')}`,
        command,
        { cookie: cookieOf(session.token) },
        own,
      )
      expect(response.status).toBe(503)
      expect(response.headers.has('set-cookie')).toBe(false)
      expect(response.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
      expect(await problemOf(response)).toMatchObject({ code: 'session_store_unavailable' })
    }
    await stand().clearFaults()
    expect(await isAlive(session)).toBe(true)
    expect(await sessionsOf(subject)).toEqual([])
    // And a repeat does it.
    const again = await commanded('/listed/public/x', 'revoke', { token: session.token }, own)
    expect(again.headers.getSetCookie()).toEqual([CLEARED])
    expect(await isAlive(session)).toBe(false)
  })

  it('a logout whose outcome is unknown is not said to be done, and a repeat makes it so', async () => {
    const own = await startWorker({ POLICIES, STORE_DEADLINE_MS: DEADLINE_MS })
    const session = await own.login()
    await stand().fault('*', { resetAfter: true })
    const response = await commanded('/listed/public/x', 'revoke', { token: session.token }, own)
    expect([response.status, response.headers.has('set-cookie')]).toEqual([503, false])
    await stand().clearFaults()
    const again = await commanded('/listed/public/x', 'revoke', { token: session.token }, own)
    expect(again.headers.getSetCookie()).toEqual([CLEARED])
    expect(await isAlive(session)).toBe(false)
  })

  it('a full database: no login, and a logout that the edges were not told of says so', async () => {
    const session = await worker.login()
    const subject = uniqueSubject()
    await stand().fullDatabase(true)
    try {
      for (const command of [`establish; subject="${subject}"`, 'rotate', 'revoke']) {
        const response = await commanded('/listed/public/x', command, { token: session.token })
        expect([response.status, response.headers.has('set-cookie')]).toEqual([503, false])
      }
    } finally {
      await stand().fullDatabase(false)
    }
    expect(await isAlive(session)).toBe(false)
    expect(await sessionsOf(subject)).toEqual([])
  })
})

describe('a visitor who hangs up', () => {
  it('does not stop a logout half-way', async () => {
    const work: Promise<unknown>[] = []
    const session = await worker.login()
    const app = createApp(await environment({ POLICIES }))
    const context = {
      waitUntil: (promise: Promise<unknown>) => work.push(promise),
      passThroughOnException: () => undefined,
      props: {},
    } as unknown as ExecutionContext
    await stand().fault('*', { delayMs: 100 })
    const query = answering('Session-Command:revoke')
    const headers = { authorization: `Bearer ${session.token}` }
    const answered = app(new Request(`${SITE}/listed/public/x?${query}`, { headers }), context)
    await expect.poll(() => work.length).toBe(1)
    // The platform ends what a visitor left behind, but for what it was told to wait for.
    await work[0]
    await stand().clearFaults()
    expect(await isAlive(session)).toBe(false)
    await (await answered).body?.cancel()
  })
})

describe('what it costs', () => {
  it('a response without a command nothing', async () => {
    const { token } = await worker.login()
    await visit('/app', { token })
    const commands = await commandsOf(() => visit('/listed/public/x', { token }))
    expect(commands).toEqual([])
  })

  it('no token of a session is in the store', async () => {
    const subject = uniqueSubject()
    const token = tokenIn(
      await commanded('/listed/public/login', `establish; subject="${subject}"`),
    )
    const keys = (await redis('KEYS', '*')) as string[]
    expect(keys.filter((key) => key.includes(token.slice(5, 40)))).toEqual([])
  })
})
