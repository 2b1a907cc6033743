/**
 * The guarantee of design 2, seen through whole Workers in two regions of the stand: what a hot session
 * costs, what a lagging replica may and may not cause, and what holds when the primary can't be heard.
 * Waits only where the bound itself is what is tested.
 */
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { redis, stand } from '../support/stand.ts'
import { type Login, startWorker, uniqueSubject, type Worker } from '../support/worker.ts'

const POLICIES = [
  { match: '/strong/*', consistency: 'strong' },
  { match: '/eventual/*', consistency: 'eventual' },
  { match: '/admin/*', permissions: ['admin'] },
]
const LONG_MS = 60_000
const FAR = 'far'

const elapse = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const nearPrimary = (vars: object = {}) => startWorker({ POLICIES, ...vars })
const farAway = (vars: object = {}) =>
  startWorker({ POLICIES, UPSTASH_REDIS_REST_URL: inject('stand').regions[1]?.url, ...vars })

const statusOf = async (worker: Worker, path: string, { token }: { token: string }) =>
  (await worker.visit(path, { token })).status

/** HTTP requests to Redis while `action` runs. */
async function requestsOf(action: () => Promise<unknown>): Promise<number> {
  await stand().resetStats()
  await action()
  return (await stand().stats()).httpRequests
}

/** Until the far replica shows what the primary has. */
async function replicated(): Promise<void> {
  const mark = crypto.randomUUID()
  await redis('SET', 'mark', mark, 'PX', 5000)
  const { regions, token } = inject('stand')
  for (;;) {
    const response = await fetch(regions[1]?.url ?? '', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(['GET', 'mark']),
    })
    if (((await response.json()) as { result: string }).result === mark) return
    await elapse(10)
  }
}

beforeEach(async () => {
  await stand().flush()
})
afterEach(async () => {
  await stand().flush()
})

describe('what it costs', () => {
  it('asks Redis nothing for a hot session', async () => {
    const worker = await nearPrimary({ MAX_STALENESS_MS: LONG_MS })
    const session = await worker.login()
    await statusOf(worker, '/', session)
    const requests = await requestsOf(async () => {
      for (let i = 0; i < 20; i++) expect(await statusOf(worker, '/', session)).toBe(200)
    })
    expect(requests).toBe(0)
  })

  it('asks once for a cold one, whether or not the isolate has heard the feed', async () => {
    const worker = await nearPrimary({ MAX_STALENESS_MS: LONG_MS })
    const [first, second] = [await worker.login(), await worker.login()]
    expect(await requestsOf(() => statusOf(worker, '/', first))).toBe(1)
    expect(await requestsOf(() => statusOf(worker, '/', second))).toBe(1)
  })

  it('asks the primary for every request on a strong route', async () => {
    const worker = await nearPrimary({ MAX_STALENESS_MS: LONG_MS })
    const session = await worker.login()
    const requests = await requestsOf(async () => {
      for (let i = 0; i < 3; i++) await statusOf(worker, '/strong/x', session)
    })
    expect(requests).toBe(3)
  })

  it('remembers that a token is dead', async () => {
    const worker = await nearPrimary({ MAX_STALENESS_MS: LONG_MS })
    const session = await worker.login()
    await worker.api('DELETE', `/sessions/${session.sid}`)
    expect(await statusOf(worker, '/', session)).toBe(401)
    expect(await requestsOf(() => statusOf(worker, '/', session))).toBe(0)
  })
})

describe('under replication lag', () => {
  it('never refuses a session that its replica has not seen yet', async () => {
    const [near, far] = [await nearPrimary(), await farAway()]
    await statusOf(far, '/', await near.login())
    await stand().partition(FAR)
    const session = await near.login()
    for (const path of ['/', '/strong/x', '/eventual/x']) {
      expect(await statusOf(far, path, session)).toBe(200)
    }
  })

  it('lays the news over what a replica that is behind still says', async () => {
    const [near, far] = [await nearPrimary(), await farAway({ MAX_STALENESS_MS: 300 })]
    const session = await near.login()
    await replicated()
    await stand().partition(FAR)
    await near.api('DELETE', `/sessions/${session.sid}`)
    // The far edge has never met this token; its feed is fresh because it reads it from the primary.
    await statusOf(far, '/', await near.login())
    expect(await statusOf(far, '/', session)).toBe(401)
  })

  it.each(['/', '/admin/x'])('enforces a revocation within the bound at %s', async (path) => {
    const bound = 300
    const [near, far] = [await nearPrimary(), await farAway({ MAX_STALENESS_MS: bound })]
    const session = await near.login({ permissions: ['admin'] })
    expect(await statusOf(far, path, session)).toBe(200)
    await stand().partition(FAR)
    await near.api('DELETE', `/subjects/${session.subject}/sessions`)
    const acknowledged = Date.now()
    while (Date.now() <= acknowledged + bound) await elapse(20)
    expect(await statusOf(far, path, session)).toBe(401)
  })

  it('enforces a revocation at once on a strong route', async () => {
    const [near, far] = [await nearPrimary(), await farAway({ MAX_STALENESS_MS: LONG_MS })]
    const session = await near.login()
    expect(await statusOf(far, '/strong/x', session)).toBe(200)
    await stand().partition(FAR)
    await near.api('DELETE', `/sessions/${session.sid}`)
    expect(await statusOf(far, '/strong/x', session)).toBe(401)
  })

  it('shows new permissions within the bound, both ways, with no new login', async () => {
    const bound = 300
    const [near, far] = [await nearPrimary(), await farAway({ MAX_STALENESS_MS: bound })]
    const session = await near.login({ permissions: [] })
    expect(await statusOf(far, '/admin/x', session)).toBe(403)
    await stand().partition(FAR)
    for (const [permissions, status] of [[['admin'], 200] as const, [[], 403] as const]) {
      await near.api('POST', '/sessions', { subject: session.subject, permissions })
      await elapse(bound + 20)
      expect(await statusOf(far, '/admin/x', session)).toBe(status)
    }
  })

  it('does not let a log-out-everywhere end the session made after it', async () => {
    const [near, far] = [await nearPrimary(), await farAway({ MAX_STALENESS_MS: 300 })]
    const subject = uniqueSubject()
    const before = await near.login({ subject })
    expect(await statusOf(far, '/', before)).toBe(200)
    await near.api('DELETE', `/subjects/${subject}/sessions`)
    const later = await near.login({ subject })
    await elapse(320)
    expect(await statusOf(far, '/', before)).toBe(401)
    expect(await statusOf(far, '/', later)).toBe(200)
  })
})

describe('when the feed can not be heard whole', () => {
  it.each([
    ['trimmed past what was heard', ['XTRIM', 'feed', 'MAXLEN', 0]],
    ['set back, as by a failover that lost writes', ['SET', 'feed:head', 0]],
  ] as const)('starts anew when it was %s', async (_, damage) => {
    const worker = await nearPrimary({ MAX_STALENESS_MS: 200 })
    const [kept, other] = [await worker.login(), await worker.login()]
    await worker.api('DELETE', `/sessions/${(await worker.login()).sid}`)
    await statusOf(worker, '/', kept)
    await statusOf(worker, '/', other)
    await worker.api('DELETE', `/sessions/${other.sid}`)
    await redis(...damage)
    await elapse(220)
    expect(await statusOf(worker, '/', other)).toBe(401)
    expect(await statusOf(worker, '/', kept)).toBe(200)
  })
})

describe('when the primary can not be heard', () => {
  const outage = () => stand().fault('*', { reset: true })

  async function hot(vars: object): Promise<{ worker: Worker; session: Login; other: Login }> {
    const worker = await nearPrimary({ STORE_DEADLINE_MS: 200, ...vars })
    const [session, other] = [await worker.login(), await worker.login()]
    expect(await statusOf(worker, '/', session)).toBe(200)
    return { worker, session, other }
  }

  it('serves hot sessions within the bound and 503 after it', async () => {
    const { worker, session } = await hot({ MAX_STALENESS_MS: 400 })
    await outage()
    expect(await statusOf(worker, '/', session)).toBe(200)
    await elapse(420)
    expect(await statusOf(worker, '/', session)).toBe(503)
    await stand().clearFaults()
    expect(await statusOf(worker, '/', session)).toBe(200)
  })

  it('adds the grace for sessions in memory, and for nobody else', async () => {
    const { worker, session, other } = await hot({ MAX_STALENESS_MS: 200, OUTAGE_GRACE_MS: 600 })
    await outage()
    await elapse(300)
    expect(await statusOf(worker, '/', session)).toBe(200)
    expect(await statusOf(worker, '/', other)).toBe(503)
    expect(await statusOf(worker, '/strong/x', session)).toBe(503)
    await elapse(600)
    expect(await statusOf(worker, '/', session)).toBe(503)
  })

  it('still refuses what is known to be dead', async () => {
    const { worker, session } = await hot({ MAX_STALENESS_MS: 200 })
    await worker.api('DELETE', `/sessions/${session.sid}`)
    await elapse(220)
    expect(await statusOf(worker, '/', session)).toBe(401)
    await outage()
    await elapse(220)
    expect(await statusOf(worker, '/', session)).toBe(401)
  })
})
