/**
 * Idle and absolute lifetimes, last seen, and rotation, through the whole Worker over a real Redis.
 */
import { beforeEach, describe, expect, it } from 'vitest'
import { commandsOf, redis, stand } from '../support/stand.ts'
import { startWorker, uniqueSubject, type Worker } from '../support/worker.ts'

const elapse = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const statusOf = async (worker: Worker, token: string) =>
  (await worker.visit('/', { token })).status

beforeEach(async () => {
  await stand().flush()
})

describe('idle lifetime', () => {
  it('slides with use at any edge, and ends without it', async () => {
    const [one, two] = [
      await startWorker({ MAX_STALENESS_MS: 60_000 }),
      await startWorker({ MAX_STALENESS_MS: 60_000 }),
    ]
    const { token } = await one.login({ idle_seconds: 1 })
    expect(await statusOf(one, token)).toBe(200)
    for (let i = 0; i < 8; i++) {
      await elapse(200)
      expect(await statusOf(two, token)).toBe(200)
    }
    // One has not seen it for longer than the idle time, but use at two counts.
    expect(await statusOf(one, token)).toBe(200)
    await elapse(1300)
    expect(await statusOf(one, token)).toBe(401)
    expect(await statusOf(two, token)).toBe(401)
  })

  it('writes a use down at most once per touch interval, and lists it', async () => {
    const worker = await startWorker({ MAX_STALENESS_MS: 60_000 })
    const { token, subject } = await worker.login({ idle_seconds: 2 })
    await statusOf(worker, token)
    await elapse(250)
    const touches = (
      await commandsOf(async () => {
        for (let i = 0; i < 10; i++) await statusOf(worker, token)
      })
    ).filter(({ command }) => command[0] === 'HSET')
    expect(touches).toHaveLength(1)
    const { body } = await worker.api('GET', `/subjects/${subject}/sessions`)
    expect(Date.parse(body.sessions[0].last_seen.at)).toBeGreaterThan(Date.now() - 2000)
    expect(body.sessions[0].idle_expires_at).toBe(
      new Date(Date.parse(body.sessions[0].last_seen.at) + 2000).toISOString(),
    )
  })

  it('is off with idle_seconds 0', async () => {
    const worker = await startWorker()
    const { body } = await worker.api('POST', '/sessions', { subject: 'u', idle_seconds: 0 })
    expect(body.session.idle_expires_at).toBeNull()
  })

  it('never raises a revoked session by a late touch', async () => {
    const worker = await startWorker({ MAX_STALENESS_MS: 60_000 })
    const { token, sid, subject } = await worker.login({ idle_seconds: 2 })
    await statusOf(worker, token)
    await elapse(250)
    await Promise.all([worker.api('DELETE', `/sessions/${sid}`), statusOf(worker, token)])
    const { body } = await worker.api('GET', `/subjects/${subject}/sessions`)
    expect(body.sessions).toEqual([])
  })
})

describe('absolute lifetime', () => {
  it('ends on the millisecond, hot or not', async () => {
    const worker = await startWorker({ MAX_STALENESS_MS: 60_000 })
    const { body } = await worker.api('POST', '/sessions', { subject: 'u', lifetime_seconds: 1 })
    expect(await statusOf(worker, body.token)).toBe(200)
    const expires = Date.parse(body.session.expires_at)
    while (Date.now() < expires) await elapse(5)
    expect(await statusOf(worker, body.token)).toBe(401)
  })

  it('lets the keys in Redis go with the longest session', async () => {
    const worker = await startWorker()
    const subject = uniqueSubject()
    await worker.login({ subject, lifetime_seconds: 500 })
    await worker.login({ subject, lifetime_seconds: 100 })
    const [key] = (await redis('KEYS', 'sessions:*')) as string[]
    const ttl = Number(await redis('TTL', key ?? ''))
    expect(ttl).toBeGreaterThan(490)
    expect(ttl).toBeLessThanOrEqual(500)
  })
})

describe('rotation', () => {
  const rotate = (worker: Worker, sid: string, body: object = {}) =>
    worker.api('POST', `/sessions/${sid}/rotate`, body)

  it('gives a new token, carries the times over, and lets the old one go after its grace', async () => {
    const worker = await startWorker({ MAX_STALENESS_MS: 100 })
    const old = await worker.login()
    const before = (await worker.api('GET', `/sessions/${old.sid}`)).body
    expect(await statusOf(worker, old.token)).toBe(200)
    const { status, body } = await rotate(worker, old.sid, { grace_seconds: 1 })
    expect(status).toBe(200)
    expect(body.session).toMatchObject({
      created_at: before.created_at,
      auth_time: before.auth_time,
      expires_at: before.expires_at,
    })
    expect(body.session.sid).not.toBe(old.sid)
    expect(await statusOf(worker, body.token)).toBe(200)
    expect(await statusOf(worker, old.token)).toBe(200)
    const { body: list } = await worker.api('GET', `/subjects/${old.subject}/sessions`)
    expect(list.sessions.map(({ sid }: { sid: string }) => sid)).toEqual([body.session.sid])
    expect((await worker.api('GET', `/sessions/${old.sid}`)).status).toBe(404)
    await elapse(1100)
    expect(await statusOf(worker, old.token)).toBe(401)
    expect(await statusOf(worker, body.token)).toBe(200)
  })

  it.each(['old', 'new'])('ends both tokens when the %s one is revoked', async (which) => {
    const worker = await startWorker({ MAX_STALENESS_MS: 100 })
    const old = await worker.login()
    const { body } = await rotate(worker, old.sid, { grace_seconds: 60 })
    expect(await statusOf(worker, old.token)).toBe(200)
    expect(await statusOf(worker, body.token)).toBe(200)
    const sid = which === 'old' ? old.sid : body.session.sid
    const { body: receipt } = await worker.api('DELETE', `/sessions/${sid}`)
    expect(receipt.sessions_revoked).toBe(1)
    await elapse(120)
    expect(await statusOf(worker, old.token)).toBe(401)
    expect(await statusOf(worker, body.token)).toBe(401)
  })

  it('is won by one of two at once', async () => {
    const worker = await startWorker()
    const { sid, subject } = await worker.login()
    const answers = await Promise.all([rotate(worker, sid), rotate(worker, sid)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404])
    const { body } = await worker.api('GET', `/subjects/${subject}/sessions`)
    expect(body.sessions).toHaveLength(1)
    expect(body.sessions[0].sid).toBe(
      answers.find(({ status }) => status === 200)?.body.session.sid,
    )
  })

  it('never outlives a revocation that races it', async () => {
    const worker = await startWorker({ MAX_STALENESS_MS: 100 })
    for (let round = 0; round < 25; round++) {
      const { sid, subject } = await worker.login()
      const [rotated] = await Promise.all([
        rotate(worker, sid),
        worker.api('DELETE', round % 2 ? `/sessions/${sid}` : `/subjects/${subject}/sessions`),
      ])
      const { body } = await worker.api('GET', `/subjects/${subject}/sessions`)
      expect(body.sessions).toEqual([])
      if (rotated.status === 200) {
        await elapse(120)
        expect(await statusOf(worker, rotated.body.token)).toBe(401)
      }
    }
  })
})
