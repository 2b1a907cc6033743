/**
 * The kill switch on a full database: what writes is refused, deletes pass. The answer says what is done
 * and what is not yet true, and repeating the call once there is room finishes it.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { slotOf } from '../../src/session/token.ts'
import { redis, stand } from '../support/stand.ts'
import { type Login, startWorker, type Worker } from '../support/worker.ts'

const head = async () => Number(await redis('GET', 'feed:head'))

describe('a full database', () => {
  let worker: Worker
  let session: Login
  beforeEach(async () => {
    worker = await startWorker()
    session = await worker.login()
    await stand().fullDatabase(true)
  })
  afterEach(() => stand().fullDatabase(false))

  const calls: [string, () => string][] = [
    ['one session', () => `/sessions/${session.sid}`],
    ['all sessions of a subject', () => `/subjects/${session.subject}/sessions`],
  ]

  it.each(calls)(
    'ends %s, says that edges could not be told, and is finished by a repeat',
    async (_, path) => {
      const headBefore = await head()
      const { status, body, headers } = await worker.api('DELETE', path())
      expect(status).toBe(507)
      expect(headers.get('content-type')).toBe('application/problem+json')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(body).toMatchObject({ status: 507, code: 'insufficient_storage' })
      expect(body.receipt).toMatchObject({
        revocation_id: expect.any(String),
        sessions_revoked: 1,
        enforced: false,
      })
      expect(await redis('HLEN', `sessions:${await slotOf(session.subject)}`)).toBe(0)
      expect(await head()).toBe(headBefore)
      const fresh = await startWorker()
      const denied = await fresh.visit('/app', { token: session.token })
      expect(denied.status).toBe(401)
      await denied.body?.cancel()

      await stand().fullDatabase(false)
      const again = await worker.api('DELETE', path())
      expect(again.status).toBe(200)
      expect(again.body).toMatchObject({ sessions_revoked: 0, enforced: false })
      expect(await head()).toBe(headBefore + 1)
    },
  )

  it('never claims that it is enforced, however long somebody waits', async () => {
    const { status, body } = await worker.api(
      'DELETE',
      `/sessions/${session.sid}`,
      undefined,
      undefined,
      { prefer: 'wait' },
    )
    expect([status, body.receipt.enforced]).toEqual([507, false])
  })

  it('makes no session: 507, and nothing is left of it', async () => {
    const { status, body } = await worker.api('POST', '/sessions', { subject: session.subject })
    expect(status).toBe(507)
    expect(body).toMatchObject({ code: 'insufficient_storage' })
    expect(body.token).toBeUndefined()
    const list = await worker.api('GET', `/subjects/${session.subject}/sessions`)
    expect(list.body.sessions.map(({ sid }: { sid: string }) => sid)).toEqual([session.sid])
  })

  it('still lets everybody in who has a session', async () => {
    const response = await (await startWorker()).visit('/app', { token: session.token })
    expect(response.status).toBe(200)
    await response.body?.cancel()
  })
})
