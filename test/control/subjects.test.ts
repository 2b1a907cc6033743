/**
 * Subjects: what is known of a person changes for all their sessions at once, a disabled one has none, an
 * erased one leaves nothing that says who it was; and what races with that comes out on the safe side.
 */
import { beforeEach, describe, expect, it } from 'vitest'
import { slotOf } from '../../src/session/token.ts'
import { commandsOf, redis, stand } from '../support/stand.ts'
import { seenBy, startWorker, uniqueSubject } from '../support/worker.ts'

const BOUND_MS = 100
const worker = await startWorker({ MAX_STALENESS_MS: BOUND_MS })
const path = (subject: string) => `/subjects/${encodeURIComponent(subject)}`
const elapse = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const keysOf = async (subject: string) => {
  const slot = await slotOf(subject)
  return Promise.all(
    ['sessions', 'subject', 'seen'].map((kind) => redis('EXISTS', `${kind}:${slot}`)),
  )
}
const eventsOf = async (subject: string) => {
  const slot = await slotOf(subject)
  const all = (await redis('XRANGE', 'events', '-', '+')) as [string, string[]][]
  return all.filter(([, fields]) => fields.includes(slot)).map(([, fields]) => fields[1])
}

beforeEach(async () => {
  await stand().clearFaults()
})

describe('the record', () => {
  it('is unknown before anybody told of it, and stays so after PATCH', async () => {
    const subject = uniqueSubject()
    expect((await worker.api('GET', path(subject))).status).toBe(404)
    const patched = await worker.api('PATCH', path(subject), { permissions: ['admin'] })
    expect([patched.status, patched.body.code]).toEqual([404, 'not_found'])
    expect(await keysOf(subject)).toEqual([0, 0, 0])
    expect(await eventsOf(subject)).toEqual([])
  })

  it('is made and replaced whole by PUT, and changed by PATCH', async () => {
    const subject = uniqueSubject('名/前')
    const put = await worker.api('PUT', path(subject), {
      permissions: ['b', 'a'],
      claims: { x: 1 },
    })
    expect(put.status).toBe(200)
    expect(put.body).toEqual({
      subject,
      permissions: ['b', 'a'],
      claims: { x: 1 },
      disabled: false,
      updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/),
    })
    const patched = await worker.api('PATCH', path(subject), { claims: {} })
    expect(patched.body).toMatchObject({ permissions: ['b', 'a'], claims: {} })
    expect((await worker.api('GET', path(subject))).body).toEqual(patched.body)
    const replaced = await worker.api('PUT', path(subject), {})
    expect(replaced.body).toMatchObject({ permissions: [], claims: {}, disabled: false })
    expect((await worker.api('GET', path(subject))).body).toEqual(replaced.body)
  })

  it.each([
    ['PATCH', {}, ''],
    ['PATCH', { permissions: ['a', 'a'] }, '/permissions/1'],
    ['PATCH', { disabled: 'yes' }, '/disabled'],
    ['PUT', { subject: 'b' }, '/subject'],
    ['PUT', { claims: [] }, '/claims'],
  ])('refuses %s %j and changes nothing', async (method, body, pointer) => {
    const { subject } = await worker.login({ permissions: ['read'] })
    const before = await worker.api('GET', path(subject))
    const refused = await worker.api(method, path(subject), body)
    expect([refused.status, refused.body.errors?.[0].pointer]).toEqual([422, pointer])
    expect((await worker.api('GET', path(subject))).body).toEqual(before.body)
  })

  it('holds for a living session within the bound, without a new login', async () => {
    const { token, subject } = await worker.login({ permissions: ['read'] })
    const permissions = async () =>
      (await seenBy(await worker.visit('/', { token }))).all('session-permissions')
    expect(await permissions()).toEqual(['read'])
    await worker.api('PATCH', path(subject), { permissions: ['write'] })
    await elapse(BOUND_MS)
    expect(await permissions()).toEqual(['write'])
  })

  it('keeps what two operators change at once, each their own part', async () => {
    const { subject } = await worker.login()
    await Promise.all([
      worker.api('PATCH', path(subject), { permissions: ['a'] }),
      worker.api('PATCH', path(subject), { claims: { b: 1 } }),
    ])
    const { body } = await worker.api('GET', path(subject))
    expect(body).toMatchObject({ permissions: ['a'], claims: { b: 1 } })
  })
})

describe('disabling', () => {
  it.each(['PATCH', 'PUT'])('by %s ends all sessions and refuses new ones', async (method) => {
    const { token, subject } = await worker.login()
    await worker.visit('/', { token })
    const { status, body } = await worker.api(method, path(subject), { disabled: true })
    expect([status, body.disabled]).toEqual([200, true])
    await elapse(BOUND_MS)
    expect((await worker.visit('/', { token })).status).toBe(401)
    const { body: list } = await worker.api('GET', `${path(subject)}/sessions`)
    expect(list).toEqual({ sessions: [] })
    expect((await worker.api('POST', '/sessions', { subject })).status).toBe(409)
    expect((await eventsOf(subject)).slice(-2)).toEqual(['subject-disabled', 'session-revoked'])

    await worker.api('PATCH', path(subject), { disabled: false })
    expect((await eventsOf(subject)).at(-1)).toBe('subject-enabled')
    expect((await worker.api('POST', '/sessions', { subject })).status).toBe(201)
    expect((await worker.visit('/', { token })).status).toBe(401)
  })

  it('undoes a create that had looked before it', async () => {
    const { subject } = await worker.login()
    await stand().fault('*', { delayMs: 300, times: 1 })
    const creating = worker.api('POST', '/sessions', { subject, permissions: ['read'] })
    await elapse(100)
    await worker.api('PATCH', path(subject), { disabled: true })
    expect((await creating).status).toBe(409)
    expect((await worker.api('GET', `${path(subject)}/sessions`)).body).toEqual({ sessions: [] })
    expect(await redis('EXISTS', `sessions:${await slotOf(subject)}`)).toBe(0)
  })

  it('repeated after a lost answer is true again', async () => {
    const { subject } = await worker.login()
    await stand().fault('*', { resetAfter: true, times: 3 })
    expect((await worker.api('PATCH', path(subject), { disabled: true })).status).toBe(503)
    await stand().clearFaults()
    expect((await worker.api('PATCH', path(subject), { disabled: true })).status).toBe(200)
    expect((await worker.api('GET', path(subject))).body.disabled).toBe(true)
    expect(await redis('EXISTS', `sessions:${await slotOf(subject)}`)).toBe(0)
  })

  it('on a full database ends the sessions and says that the record could not be written', async () => {
    const { subject } = await worker.login()
    await stand().fullDatabase(true)
    try {
      const { status, body } = await worker.api('PATCH', path(subject), { disabled: true })
      expect([status, body.code]).toEqual([507, 'insufficient_storage'])
      expect(await redis('EXISTS', `sessions:${await slotOf(subject)}`)).toBe(0)
      const refused = await worker.api('PATCH', path(subject), { permissions: ['admin'] })
      expect(refused.status).toBe(507)
    } finally {
      await stand().fullDatabase(false)
    }
    expect((await worker.api('GET', path(subject))).body).toMatchObject({
      disabled: false,
      permissions: [],
    })
  })
})

describe('erasure', () => {
  it('leaves no key, no session, and a trail without a name', async () => {
    const { token, subject } = await worker.login({ permissions: ['read'], device: { ip: '::1' } })
    await worker.visit('/', { token })
    const { status, body } = await worker.api('DELETE', path(subject))
    expect([status, body.sessions_revoked]).toEqual([200, 1])
    expect(await keysOf(subject)).toEqual([0, 0, 0])
    await elapse(BOUND_MS)
    expect((await worker.visit('/', { token })).status).toBe(401)
    expect((await worker.api('GET', path(subject))).status).toBe(404)
    expect(await eventsOf(subject)).toEqual(['session-established', 'subject-erased'])
    expect(JSON.stringify(await redis('XRANGE', 'events', '-', '+'))).not.toContain(subject)
    const again = await worker.api('DELETE', path(subject))
    expect([again.status, again.body.sessions_revoked]).toEqual([200, 0])
  })

  it.each([{ permissions: ['admin'] }, { disabled: true }])(
    'is not undone by a PATCH %j that had looked before it',
    async (change) => {
      const { subject } = await worker.login()
      await stand().fault('*', { delayMs: 300, times: 1 })
      const patching = worker.api('PATCH', path(subject), change)
      await elapse(100)
      await worker.api('DELETE', path(subject))
      expect((await patching).status).toBe(404)
      expect(await keysOf(subject)).toEqual([0, 0, 0])
    },
  )

  it('is not undone by a use that is written down late', async () => {
    // An edge with so long a bound that it has not heard of the erasure, and a use worth a write.
    const edge = await startWorker({ MAX_STALENESS_MS: 60_000 })
    const { token, subject } = await edge.login({ idle_seconds: 1 })
    await edge.visit('/', { token })
    await elapse(150)
    await worker.api('DELETE', path(subject))
    const commands = await commandsOf(() => edge.visit('/', { token }))
    expect(commands.map(({ command: [name] }) => name)).toContain('HSET')
    expect(await keysOf(subject)).toEqual([0, 0, 0])
  })
})
