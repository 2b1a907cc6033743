/**
 * The store in every kind of trouble, seen from the door: nobody is let in, nobody is logged out, nobody
 * waits for long, and what needs no session goes on as if nothing were.
 */
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Fault } from '../stand/control-api.ts'
import { stand } from '../support/stand.ts'
import {
  COOKIE,
  type Login,
  seenBy,
  startWorker,
  uniqueSubject,
  type VisitInit,
  type Worker,
} from '../support/worker.ts'

const DEADLINE_MS = 250
/** What the brief of the product allows on top of the store's deadline. */
const SLACK_MS = 500

const VARS = {
  STORE_DEADLINE_MS: DEADLINE_MS,
  POLICIES: [
    { match: '/public/*', access: 'public' },
    { match: '/optional/*', access: 'optional' },
    { match: '/strong/*', consistency: 'strong' },
    { match: '/eventual/*', consistency: 'eventual' },
  ],
}

const TROUBLES: readonly [string, Fault][] = [
  ['down', { reset: true }],
  ['hanging', { hang: true }],
  ['slow beyond the deadline', { delayMs: DEADLINE_MS * 4 }],
  [
    'behind a gateway that answers 502 with a page',
    {
      status: 502,
      body: '<html><h1>Bad gateway</h1>',
      contentType: 'text/html',
    },
  ],
  ['answering 200 with a page', { garbage: 'text' }],
  ['answering JSON of another shape', { garbage: 'shape' }],
  ['throttling', { status: 429, body: '{"error":"Too Many Requests"}' }],
  [
    'out of quota',
    {
      status: 400,
      body: '{"error":"ERR max requests limit exceeded. Limit: 500000, Usage: 500000."}',
    },
  ],
  ['refusing our token', { unauthorized: true }],
  ['cut off in the middle of its answers', { halfAnswer: true }],
]

let session: Login
beforeAll(async () => {
  session = await (await startWorker(VARS)).login()
})
afterEach(() => stand().clearFaults())

async function timed<T>(action: Promise<T>): Promise<{ value: T; tookMs: number }> {
  const startedAt = Date.now()
  return { value: await action, tookMs: Date.now() - startedAt }
}

describe.each(TROUBLES)('a store that is %s', (_, fault) => {
  /** An isolate that remembers nothing, so that it has to ask. */
  let worker: Worker
  beforeAll(async () => {
    worker = await startWorker(VARS)
  })

  it('makes every route that needs it 503, soon, with the cookie kept', async () => {
    await stand().fault('*', fault)
    const cookie = `${COOKIE}=${session.token}`
    const visits: [string, VisitInit][] = [
      ['/app', { cookie }],
      ['/strong/x', { token: session.token }],
      ['/eventual/x', { cookie }],
      ['/optional/x', { cookie }],
    ]
    const answers = await Promise.all(visits.map(([path, init]) => timed(worker.visit(path, init))))
    for (const { value, tookMs } of answers) {
      expect(value.status).toBe(503)
      expect(value.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
      expect(value.headers.has('set-cookie')).toBe(false)
      expect(value.headers.get('cache-control')).toBe('no-store')
      expect(await value.json()).toMatchObject({ status: 503, code: 'session_store_unavailable' })
      expect(tookMs).toBeLessThan(DEADLINE_MS + SLACK_MS)
    }
  })

  it('does not touch what needs no session, nor what is refused without it', async () => {
    await stand().fault('*', fault)
    const open = await worker.visit('/public/x', { token: session.token })
    expect(open.status).toBe(200)
    expect((await seenBy(open)).all('session-assertion')).toEqual([])
    const anonymous = await worker.visit('/optional/x')
    expect(anonymous.status).toBe(200)
    expect((await worker.visit('/app')).status).toBe(401)
    expect((await worker.visit('/app', { token: 'sess_forged' })).status).toBe(401)
  })

  it('makes the operator API say that the outcome is unknown', async () => {
    await stand().fault('*', fault)
    const subject = uniqueSubject()
    const calls: [string, string, unknown?][] = [
      ['POST', '/sessions', { subject }],
      ['GET', `/sessions/${session.sid}`],
      ['GET', `/subjects/${session.subject}/sessions`],
      ['DELETE', `/subjects/${subject}/sessions`],
    ]
    const answers = await Promise.all(calls.map(([...call]) => worker.api(...call)))
    for (const { status, headers, body } of answers) {
      expect(status).toBe(503)
      expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
      expect(headers.get('cache-control')).toBe('no-store')
      expect(body).toMatchObject({ status: 503, code: 'session_store_unavailable' })
      expect(JSON.stringify(body)).not.toMatch(/html|quota|Limit|HGETALL|HSET|stand-token/)
    }
    const health = await worker.api('GET', '/health')
    expect([health.status, health.body.status]).toEqual([503, 'unavailable'])
  })

  it('is over when it is over: the session was kept', async () => {
    const response = await worker.visit('/app', { cookie: `${COOKIE}=${session.token}` })
    expect(response.status).toBe(200)
    await response.body?.cancel()
  })
})

describe('an outage while a session is remembered', () => {
  it('denies nobody within the bound, and everybody after it', async () => {
    const BOUND_MS = 400
    const worker = await startWorker({ ...VARS, MAX_STALENESS_MS: BOUND_MS })
    const visit = async () => {
      const startedAt = Date.now()
      const response = await worker.visit('/app', { token: session.token })
      await response.body?.cancel()
      return { startedAt, answeredAt: Date.now(), status: response.status }
    }
    // The feed was heard in a read that began somewhere in this visit; nothing is heard after it.
    const heard = await visit()
    expect(heard.status).toBe(200)
    await stand().fault('*', { reset: true })
    const visits = [await visit()]
    while ((visits.at(-1)?.startedAt ?? 0) <= heard.answeredAt + BOUND_MS) {
      visits.push(await visit())
    }
    // A decision lies between start and answer, so neither side needs any slack.
    for (const { startedAt, answeredAt, status } of visits) {
      if (answeredAt - heard.startedAt <= BOUND_MS) expect(status).toBe(200)
      if (startedAt - heard.answeredAt > BOUND_MS) expect(status).toBe(503)
    }
    expect(visits.at(-1)?.status).toBe(503)
  })

  it('is ridden out for OUTAGE_GRACE_MS where that is wanted', async () => {
    const worker = await startWorker({ ...VARS, MAX_STALENESS_MS: 100, OUTAGE_GRACE_MS: 60_000 })
    expect((await worker.visit('/app', { token: session.token })).status).toBe(200)
    await stand().fault('*', { reset: true })
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect((await worker.visit('/app', { token: session.token })).status).toBe(200)
    // Not for what always asks, nor for what is not remembered.
    expect((await worker.visit('/strong/x', { token: session.token })).status).toBe(503)
    const fresh = await startWorker({ ...VARS, OUTAGE_GRACE_MS: 60_000 })
    expect((await fresh.visit('/app', { token: session.token })).status).toBe(503)
  })
})
