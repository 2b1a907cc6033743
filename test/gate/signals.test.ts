/**
 * Signs that a session was stolen, through the whole Worker over a real Redis: two edges, injected places.
 */
import { beforeEach, describe, expect, inject, it } from 'vitest'
import { addressOfSid, slotOf } from '../../src/session/token.ts'
import { commandsOf, redis, stand } from '../support/stand.ts'
import { SITE, startWorker, type Worker } from '../support/worker.ts'
import { LONDON, TOKYO } from './far-places.ts'
import { eventsOf } from './trail.ts'

const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36'
const B_MS = 1000

const signals = (table: Readonly<Record<string, string>>, more = {}) => ({
  MAX_STALENESS_MS: B_MS,
  POLICIES: [{ match: '/*', signals: table, ...more }],
})

/** The body is read to its end: an open one would be watched, and reads on. */
async function from(worker: Worker, token: string, cf: object, path = '/', agent = CHROME) {
  const headers = { authorization: `Bearer ${token}`, 'user-agent': agent }
  const response = await worker.send(new Request(SITE + path, { headers, cf } as RequestInit))
  await response.text()
  return response
}
const statusFrom = async (...visit: Parameters<typeof from>) => (await from(...visit)).status
const elapse = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

beforeEach(async () => {
  await stand().flush()
})

describe('London, and Tokyo at once, through two edges', () => {
  const edges = async (table: Readonly<Record<string, string>>, more = {}) => {
    const [one, two] = [
      await startWorker(signals(table, more)),
      await startWorker(signals(table, more)),
    ]
    return { one, two, ...(await one.login()) }
  }

  it('ends the session on the second request, everywhere, and tells the story', async () => {
    const { one, two, token, sid, subject } = await edges({ travel: 'revoke' })
    expect(await statusFrom(one, token, LONDON)).toBe(200)
    const second = await from(two, token, TOKYO)
    expect(second.status).toBe(401)
    expect(second.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
    await elapse(B_MS + 50)
    expect(await statusFrom(one, token, LONDON)).toBe(401)
    expect(await eventsOf(one, subject)).toEqual([
      expect.objectContaining({ type: 'session-established' }),
      expect.objectContaining({
        type: 'session-revoked',
        sid,
        initiator: 'policy',
        reason: 'travel',
        signals: ['travel'],
        from: expect.objectContaining({
          country: 'GB',
          latitude: 51.5,
          longitude: -0.25,
          network: 64512,
        }),
        to: expect.objectContaining({
          country: 'JP',
          latitude: 35.75,
          longitude: 139.75,
          network: 64513,
        }),
      }),
    ])
  })

  it('sees it whichever edge comes first, and of two at once at least one', async () => {
    for (let round = 0; round < 10; round++) {
      const { one, two, token } = await edges({ travel: 'revoke' })
      const both = await Promise.all([
        statusFrom(one, token, LONDON),
        statusFrom(two, token, TOKYO),
      ])
      expect(both).toContain(401)
    }
  })

  it('ends the streams that were opened with it, within the bound', async () => {
    const { one, two, token } = await edges({ travel: 'revoke' })
    const headers = { authorization: `Bearer ${token}`, 'user-agent': CHROME }
    const opened = await one.open(
      new Request(`${SITE}/app/events`, { headers, cf: LONDON } as RequestInit),
    )
    expect(opened.status).toBe(200)
    const over = opened.text().then(
      () => 'over',
      () => 'over',
    )
    expect(await statusFrom(two, token, TOKYO)).toBe(401)
    expect(await Promise.race([over, elapse(2 * B_MS).then(() => 'open')])).toBe('over')
  })

  it('ends all sessions of the subject where the policy says so', async () => {
    const { one, two, token, subject } = await edges({ travel: 'revoke_all' })
    const other = await one.api('POST', '/sessions', { subject })
    await from(one, token, LONDON)
    expect(await statusFrom(two, token, TOKYO)).toBe(401)
    const { body } = await one.api('GET', `/subjects/${subject}/sessions`)
    expect([other.status, body.sessions]).toEqual([201, []])
  })

  it('asks for a new login with step_up, from both, until there is one', async () => {
    const { one, two, token, subject } = await edges({ travel: 'step_up' })
    await from(one, token, LONDON)
    const challenged = await from(two, token, TOKYO)
    expect(challenged.status).toBe(401)
    expect(challenged.headers.get('www-authenticate')).toMatch(
      /^Bearer error="insufficient_user_authentication".*max_age="0"$/,
    )
    await elapse(B_MS + 50)
    expect(await statusFrom(one, token, LONDON)).toBe(401)
    const again = await one.api('POST', '/sessions', { subject })
    expect(await statusFrom(one, again.body.token, LONDON)).toBe(200)
  })

  it('remembers a sign over a rotation', async () => {
    const { one, two, token, sid } = await edges({ travel: 'step_up' })
    await from(one, token, LONDON)
    await from(two, token, TOKYO)
    const rotated = await one.api('POST', `/sessions/${sid}/rotate`, { grace_seconds: 0 })
    expect(await statusFrom(two, rotated.body.token, TOKYO)).toBe(401)
  })

  it('only tells of it with record, once, and holds nobody back', async () => {
    const { one, two, token, subject } = await edges({ travel: 'record' })
    expect(await statusFrom(one, token, LONDON)).toBe(200)
    expect(await statusFrom(two, token, TOKYO)).toBe(200)
    expect(await statusFrom(two, token, TOKYO)).toBe(200)
    const types = (await eventsOf(one, subject)).map(({ type }) => type)
    expect(types).toEqual(['session-established', 'risk-level-change'])
  })

  it('ends nothing in monitor mode', async () => {
    const worker = await startWorker({ ...signals({ travel: 'revoke' }), ENFORCEMENT: 'monitor' })
    const { token, sid } = await worker.login()
    await from(worker, token, LONDON)
    expect(await statusFrom(worker, token, TOKYO)).toBe(200)
    expect((await worker.api('GET', `/sessions/${sid}`)).status).toBe(200)
  })

  it('does not look through a network that is trusted', async () => {
    const { one, two, token } = await edges({ travel: 'revoke' }, { trusted_networks: [64513] })
    await from(one, token, LONDON)
    expect(await statusFrom(two, token, TOKYO)).toBe(200)
  })

  it('sees what another route only recorded', async () => {
    const vars = {
      MAX_STALENESS_MS: B_MS,
      POLICIES: [
        { match: '/admin', signals: { travel: 'revoke' } },
        { match: '/*', signals: { travel: 'record' } },
      ],
    }
    const worker = await startWorker(vars)
    const { token } = await worker.login()
    await from(worker, token, LONDON)
    expect(await statusFrom(worker, token, TOKYO)).toBe(200)
    await elapse(B_MS + 50)
    expect(await statusFrom(worker, token, TOKYO, '/admin')).toBe(401)
  })
})

describe('somebody who has flown', () => {
  it('is let through at the other end, though the first request there is due to be touched', async () => {
    const worker = await startWorker(signals({ travel: 'revoke', fork: 'revoke' }))
    const { token, sid, subject } = await worker.login({ idle_seconds: 1 })
    await from(worker, token, LONDON)
    const [key, digest] = [`seen:${await slotOf(subject)}`, addressOfSid(sid)?.digest]
    const track = JSON.parse(String(await redis('HGET', key, `track:${digest}`)))
    const leftMs = Date.now() - 14 * 3_600_000
    track.stay.atMs = leftMs - 3_600_000
    await redis('HSET', key, `track:${digest}`, JSON.stringify(track))
    await redis('HSET', key, `here:${digest}`, `${track.stay.atMs} ${leftMs}`)
    await elapse(200)
    const other = await startWorker(signals({ travel: 'revoke', fork: 'revoke' }))
    expect(await statusFrom(other, token, TOKYO)).toBe(200)
    expect(await statusFrom(other, token, TOKYO)).toBe(200)
    // Seen in London an hour ago, it would not have been let through.
    await redis('HSET', key, `track:${digest}`, JSON.stringify(track))
    await redis('HSET', key, `here:${digest}`, `${track.stay.atMs} ${Date.now() - 3_600_000}`)
    const third = await startWorker(signals({ travel: 'revoke', fork: 'revoke' }))
    expect(await statusFrom(third, token, { ...TOKYO, asn: 64514 })).toBe(401)
  })
})

describe('with copies that lag, and in any order', () => {
  it('answers at least one of two far apart, and none of a person who stays', async () => {
    const [near, far] = inject('stand').regions
    await stand().setLag(far?.name ?? '', 700)
    const edge = (url = '') =>
      startWorker({ ...signals({ travel: 'step_up' }), UPSTASH_REDIS_REST_URL: url })
    for (const order of [
      [LONDON, TOKYO],
      [TOKYO, LONDON],
      [LONDON, LONDON],
    ] as const) {
      const [one, two] = [await edge(near?.url), await edge(far?.url)]
      const { token } = await one.login()
      const statuses: number[] = []
      for (let visit = 0; visit < 3; visit++) {
        statuses.push(
          await statusFrom(one, token, order[0]),
          await statusFrom(two, token, order[1]),
        )
      }
      expect(statuses.includes(401)).toBe(order[0] !== order[1])
    }
    await stand().setLag(far?.name ?? '', 0)
  })
})

describe('a session that does not move', () => {
  it('writes its first sighting, and then costs nothing more, at any edge', async () => {
    const [one, two] = [
      await startWorker(signals({ travel: 'revoke', network: 'record' })),
      await startWorker(signals({ travel: 'revoke', network: 'record' })),
    ]
    const { token } = await one.login()
    await from(one, token, LONDON)
    const writes = (
      await commandsOf(async () => {
        for (let visit = 0; visit < 5; visit++) {
          for (const edge of [one, two]) expect(await statusFrom(edge, token, LONDON)).toBe(200)
        }
      })
    ).filter(
      ({ command }) =>
        !['GET', 'GETEX', 'HMGET', 'HGETALL', 'XRANGE', 'XREVRANGE', 'ZRANGE'].includes(
          String(command[0]),
        ),
    )
    expect(writes).toEqual([])
  })

  it('reads no more commands with signs than without', async () => {
    const cost = async (vars: object) => {
      const worker = await startWorker({ ...vars })
      const { token } = await worker.login()
      await from(worker, token, LONDON)
      const cold = await startWorker({ ...vars })
      return (await commandsOf(() => from(cold, token, LONDON).then(() => undefined))).map(
        ({ command }) => command[0],
      )
    }
    expect(await cost(signals({ travel: 'revoke' }))).toEqual(
      await cost({ MAX_STALENESS_MS: B_MS }),
    )
  })

  it('says in its touches that it is still there, so that leaving is dated from the last of them', async () => {
    const worker = await startWorker(signals({ travel: 'revoke' }))
    const { token, subject } = await worker.login({ idle_seconds: 1 })
    await from(worker, token, LONDON)
    const slot = await slotOf(subject)
    const here = async () => {
      const fields = (await redis('HGETALL', `seen:${slot}`)) as string[]
      return Number(
        fields[fields.findIndex((field) => field.startsWith('here:')) + 1]?.split(' ')[1],
      )
    }
    const before = await here()
    await elapse(200)
    await from(worker, token, LONDON)
    expect(await here()).toBeGreaterThan(before + 150)
  })
})

describe('what is kept of places', () => {
  const fieldsOf = async (subject: string) =>
    ((await redis('HGETALL', `seen:${await slotOf(subject)}`)) as string[]).join(' ')

  it('is on a grid, and goes with its session', async () => {
    const worker = await startWorker(signals({ travel: 'record' }))
    const { token, sid, subject } = await worker.login()
    await worker.api('POST', '/sessions', { subject })
    await from(worker, token, LONDON)
    const kept = await fieldsOf(subject)
    expect(kept).toContain('"latitude":51.5,"longitude":-0.25')
    expect(kept).not.toContain('51.50853')
    await worker.api('DELETE', `/sessions/${sid}`)
    expect(await fieldsOf(subject)).toBe('')
  })

  it('is in the export of all that is stored about a person', async () => {
    const worker = await startWorker(signals({ travel: 'record' }))
    const { token, sid, subject } = await worker.login()
    await from(worker, token, LONDON)
    const { body } = await worker.api('GET', `/subjects/${subject}/export`)
    expect(body.trails).toEqual([
      {
        sid,
        places: [expect.objectContaining({ country: 'GB', latitude: 51.5, longitude: -0.25 })],
        countries: ['GB'],
        networks: [64512],
        client: 'chrome',
      },
    ])
  })

  it('goes with erasure', async () => {
    const worker = await startWorker(signals({ travel: 'record' }))
    const { token, subject } = await worker.login()
    await from(worker, token, LONDON)
    await worker.api('DELETE', `/subjects/${subject}`)
    expect(await fieldsOf(subject)).toBe('')
  })

  it('is nothing where no policy looks at signs', async () => {
    const worker = await startWorker({ MAX_STALENESS_MS: B_MS })
    const { token, subject } = await worker.login()
    await from(worker, token, LONDON)
    expect(await fieldsOf(subject)).toBe('')
  })
})

describe('other signs', () => {
  it('tells of another browser, once the device is not new any more', async () => {
    const worker = await startWorker(signals({ client: 'revoke' }))
    const { token, subject } = await worker.login()
    await from(worker, token, LONDON)
    expect(await statusFrom(worker, token, LONDON, '/', 'curl/8.5.0')).toBe(200)
    const key = `sessions:${await slotOf(subject)}`
    const [field, value] = (await redis('HGETALL', key)) as [string, string]
    const aged = { ...JSON.parse(value), issued_at: Date.now() - 3_600_000 }
    await redis('HSET', key, field, JSON.stringify(aged))
    const other = await startWorker(signals({ client: 'revoke' }))
    expect(await statusFrom(other, token, LONDON, '/', CHROME)).toBe(401)
  })

  it('lets everybody through that it knows nothing of: no place, no network, no user agent', async () => {
    const all = {
      travel: 'revoke',
      fork: 'revoke',
      country: 'revoke',
      network: 'revoke',
      client: 'revoke',
    }
    const worker = await startWorker(signals(all))
    const { token } = await worker.login()
    expect(await statusFrom(worker, token, LONDON)).toBe(200)
    expect(await statusFrom(worker, token, {}, '/', '')).toBe(200)
    expect(await statusFrom(worker, token, { country: 'T1' }, '/', '')).toBe(200)
  })
})

describe('a store in trouble', () => {
  it('answers 503 to news that it can not take in, unless signs are only recorded', async () => {
    const strict = await startWorker({
      ...signals({ travel: 'revoke' }),
      MAX_STALENESS_MS: 60_000,
      STORE_DEADLINE_MS: 100,
    })
    const lax = await startWorker({
      ...signals({ travel: 'record' }),
      MAX_STALENESS_MS: 60_000,
      STORE_DEADLINE_MS: 100,
    })
    const { token } = await strict.login()
    for (const worker of [strict, lax]) await from(worker, token, LONDON)
    await stand().fault('*', { reset: true })
    expect(await statusFrom(strict, token, TOKYO)).toBe(503)
    expect(await statusFrom(lax, token, TOKYO)).toBe(200)
    expect(await statusFrom(strict, token, LONDON)).toBe(200)
    await stand().clearFaults()
  })
})
