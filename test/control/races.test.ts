/**
 * Two things at once, and answers that are lost: whatever the order, the outcome is the safe one. The stand
 * holds an answer back or loses it after the command has run, so that the order is the one the name says.
 */
import { beforeEach, describe, expect, it } from 'vitest'
import { slotOf } from '../../src/session/token.ts'
import { redis, stand } from '../support/stand.ts'
import { startWorker, uniqueSubject } from '../support/worker.ts'

const BOUND_MS = 100
const worker = await startWorker({ MAX_STALENESS_MS: BOUND_MS })
const path = (subject: string) => `/subjects/${encodeURIComponent(subject)}`
const elapse = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const sessionsOf = async (subject: string) =>
  (await worker.api('GET', `${path(subject)}/sessions`)).body.sessions
const statusOf = async (token: string) => (await worker.visit('/', { token })).status

/** Runs `first` up to its look at the store, then `second` whole, then the rest of `first`. */
async function interleaved<T>(first: () => Promise<T>, second: () => Promise<unknown>): Promise<T> {
  await stand().fault('*', { delayMs: 300, times: 1 })
  const running = first()
  await elapse(100)
  await second()
  return running
}

beforeEach(async () => {
  await stand().clearFaults()
})

describe('rotate', () => {
  it.each([
    ['log out everywhere', 'DELETE', '/sessions', undefined],
    ['disable', 'PATCH', '', { disabled: true }],
    ['erase', 'DELETE', '', undefined],
  ])('loses against %s', async (_, method, suffix, body) => {
    const { sid, subject } = await worker.login()
    const rotated = await interleaved(
      () => worker.api('POST', `/sessions/${sid}/rotate`),
      () => worker.api(method, path(subject) + suffix, body),
    )
    expect(await redis('EXISTS', `sessions:${await slotOf(subject)}`)).toBe(0)
    if (rotated.status === 404) return
    // A slow machine may let it through before the other began: then its token went with the rest.
    expect(rotated.status).toBe(200)
    await elapse(BOUND_MS)
    expect(await statusOf(rotated.body.token)).toBe(401)
  })

  it('whose answer is lost and which is repeated blindly is not its own rival', async () => {
    const { sid, subject } = await worker.login()
    const rotated = await interleaved(
      () => worker.api('POST', `/sessions/${sid}/rotate`),
      () => stand().fault('*', { resetAfter: true, times: 1 }),
    )
    expect(rotated.status).toBe(200)
    expect(await statusOf(rotated.body.token)).toBe(200)
    expect(await sessionsOf(subject)).toMatchObject([{ sid: rotated.body.session.sid }])
  })

  it('racing an epoch gives no token that outlives it', async () => {
    const race = uniqueSubject('race')
    const { sid } = await worker.login({ labels: { race } })
    await elapse(2)
    const rotated = await interleaved(
      () => worker.api('POST', `/sessions/${sid}/rotate`),
      () => worker.api('POST', '/revocations', { labels: { race } }),
    )
    await elapse(BOUND_MS)
    if (rotated.status === 200) expect(await statusOf(rotated.body.token)).toBe(401)
  })
})

describe('create', () => {
  it('after an erasure does not bring back what it had seen before', async () => {
    const { subject } = await worker.login({ permissions: ['admin'] })
    const created = await interleaved(
      () => worker.api('POST', '/sessions', { subject }),
      () => worker.api('DELETE', path(subject)),
    )
    expect(created.status).toBe(201)
    expect((await worker.api('GET', path(subject))).body.permissions).toEqual([])
    expect((await sessionsOf(subject)).length).toBe(1)
  })

  it('that nobody heard of is ended with all others', async () => {
    const subject = uniqueSubject()
    await stand().fault('*', { resetAfter: true })
    expect((await worker.api('POST', '/sessions', { subject })).status).toBe(503)
    await stand().clearFaults()
    expect((await worker.api('POST', '/sessions', { subject })).status).toBe(201)
    await worker.api('DELETE', `${path(subject)}/sessions`)
    expect(await sessionsOf(subject)).toEqual([])
  })
})

describe('two operators', () => {
  it('one disables, one grants: the subject is disabled, whoever was first', async () => {
    for (const order of [1, 2]) {
      const { subject } = await worker.login()
      const disable = () => worker.api('PATCH', path(subject), { disabled: true })
      const grant = () => worker.api('PATCH', path(subject), { permissions: ['admin'] })
      await (order === 1 ? interleaved(disable, grant) : interleaved(grant, disable))
      const { body } = await worker.api('GET', path(subject))
      expect(body).toMatchObject({ disabled: true, permissions: ['admin'] })
      expect(await sessionsOf(subject)).toEqual([])
    }
  })

  it('both log out everywhere but a session of their own choice: neither brings one back', async () => {
    const subject = uniqueSubject()
    const [a, b] = [await worker.login({ subject }), await worker.login({ subject })]
    await Promise.all(
      [a, b].map(({ sid }) => worker.api('DELETE', `${path(subject)}/sessions?except=${sid}`)),
    )
    expect((await sessionsOf(subject)).length).toBeLessThanOrEqual(1)
    await elapse(BOUND_MS)
    expect([await statusOf(a.token), await statusOf(b.token)]).toContain(401)
  })

  it('both change the same property: one of the two stands, and every session has it', async () => {
    const { subject, token } = await worker.login()
    await Promise.all(
      ['a', 'b'].map((each) => worker.api('PATCH', path(subject), { permissions: [each] })),
    )
    const { body } = await worker.api('GET', path(subject))
    expect([['a'], ['b']]).toContainEqual(body.permissions)
    const { body: told } = await worker.api('POST', '/introspect', `token=${token}`, undefined, {
      'content-type': 'application/x-www-form-urlencoded',
    })
    expect(told.permissions).toEqual(body.permissions)
  })
})
