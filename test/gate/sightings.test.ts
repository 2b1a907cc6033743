/**
 * The places of signs: kept beside the trail of events and not in it, joined with it for operators, gone with
 * erasure and with age; on a full database nothing of this stands in the way of the kill switch.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { slotOf } from '../../src/session/token.ts'
import { commandsOf, redis, stand } from '../support/stand.ts'
import { ALL_KEY, API, SITE, startWorker, type Worker } from '../support/worker.ts'
import { LONDON, TOKYO } from './far-places.ts'
import { eventsOf } from './trail.ts'

const DAY_MS = 86_400_000
const IN_TOKYO = { country: 'JP', latitude: 35.75, longitude: 139.75, network: 64513 }
const IN_LONDON = { country: 'GB', latitude: 51.5, longitude: -0.25, network: 64512 }

const start = (response: string, vars = {}) =>
  startWorker({
    MAX_STALENESS_MS: 1000,
    POLICIES: [{ match: '/*', signals: { travel: response } }],
    ...vars,
  })

async function from(worker: Worker, token: string, cf: object): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, 'user-agent': 'curl/8.5.0' }
  const response = await worker.send(new Request(`${SITE}/`, { headers, cf } as RequestInit))
  await response.text()
  return response.status
}

/** A login that was seen in London and then in Tokyo. */
async function travelled(worker: Worker) {
  const login = await worker.login()
  await from(worker, login.token, LONDON)
  const status = await from(worker, login.token, TOKYO)
  return { ...login, status, slot: await slotOf(login.subject) }
}

const signsOf = async (worker: Worker, subject: string) =>
  (await eventsOf(worker, subject)).filter(({ signals }) => signals)

beforeEach(() => stand().flush())
afterEach(() => stand().fullDatabase(false))

describe('where a sign was seen', () => {
  it.each(['record', 'step_up', 'revoke', 'revoke_all'])(
    'is told with its event and is not in the trail (%s)',
    async (response) => {
      const worker = await start(response)
      const { subject, slot } = await travelled(worker)
      expect(await signsOf(worker, subject)).toMatchObject([
        { signals: ['travel'], from: IN_LONDON, to: IN_TOKYO },
      ])
      const trail = JSON.stringify(await redis('XRANGE', 'events', '-', '+'))
      expect(trail).toContain('travel')
      expect(trail).not.toMatch(/latitude|country|network|client|atMs/)
      expect(await redis('XLEN', `sightings:${slot}`)).toBe(1)
    },
  )

  it('is written in the transaction of its event, and costs no request of its own', async () => {
    const worker = await start('record')
    const { token } = await worker.login()
    await from(worker, token, LONDON)
    const commands = await commandsOf(() => from(worker, token, TOKYO))
    // The sighting is swapped, and its sign is told.
    expect((await stand().stats()).httpRequests).toBe(2)
    const written = commands.filter(({ command: [name] }) => name === 'XADD')
    expect(written.map(({ command: [, key = ''] }) => key.split(':')[0])).toEqual(
      expect.arrayContaining(['feed', 'events', 'sightings']),
    )
    expect(written.every(({ multi }) => multi)).toBe(true)
  })

  it('is in the live trail too', async () => {
    const worker = await start('record')
    await travelled(worker)
    const headers = { authorization: `Bearer ${ALL_KEY}`, accept: 'text/event-stream' }
    const { body } = await worker.open(new Request(`${SITE}${API}/events?after=0-0`, { headers }))
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.includes('travel')) text += (await reader?.read())?.value ?? ''
    await reader?.cancel()
    const [data = ''] = /\{.*travel.*\}/.exec(text) ?? []
    expect(JSON.parse(data)).toMatchObject({ from: IN_LONDON, to: IN_TOKYO })
  })

  it('is in the export, also when its event has gone from the trail', async () => {
    const worker = await start('record')
    const { subject } = await travelled(worker)
    const [event] = await signsOf(worker, subject)
    const exported = async () => (await worker.api('GET', `/subjects/${subject}/export`)).body
    const sightings = [
      {
        txn: event?.txn,
        from: expect.objectContaining(IN_LONDON),
        to: expect.objectContaining(IN_TOKYO),
      },
    ]
    const before = await exported()
    expect(before.sightings).toEqual(sightings)
    expect(before.events).toContainEqual(event)
    await redis('DEL', 'events')
    expect(await exported()).toMatchObject({ events: [], sightings })
  })

  it('is read where a version before this one wrote it: in the event', async () => {
    const worker = await start('record')
    const { subject, slot } = await travelled(worker)
    await worker.api('DELETE', `/subjects/${subject}`)
    const seen = { atMs: 1_800_000_000_000, country: 'IS', network: 64520, client: 'curl' }
    const place = { latitude: 64.25, longitude: -22, isCoarse: false }
    const text = JSON.stringify({ ...seen, place })
    const fields = ['type', 'risk-level-change', 'slot', slot, 'txn', 'old', 'signals', 'travel']
    await redis('XADD', 'events', '*', ...fields, 'from', text, 'to', text)
    const [, old] = await signsOf(worker, subject)
    const { isCoarse: _, ...at } = place
    const shown = { at: '2027-01-15T08:00:00.000Z', country: 'IS', network: 64520, client: 'curl' }
    expect(old).toMatchObject({ from: { ...shown, ...at }, to: { ...shown, ...at } })
  })
})

describe('erasure', () => {
  it('leaves the event of a sign, and no place with it', async () => {
    const worker = await start('record')
    const { subject, slot } = await travelled(worker)
    expect((await worker.api('DELETE', `/subjects/${subject}`)).status).toBe(200)
    expect(await redis('EXISTS', `sightings:${slot}`)).toBe(0)
    const [event] = await signsOf(worker, subject)
    expect(event).toMatchObject({ type: 'risk-level-change', subject: null, signals: ['travel'] })
    expect(Object.keys(event ?? {})).not.toContain('from')
    expect(Object.keys(event ?? {})).not.toContain('to')
    const { body } = await worker.api('GET', `/subjects/${subject}/export`)
    expect(body).toMatchObject({ trails: [], sightings: [] })
  })

  it('is one transaction, places and all', async () => {
    const worker = await start('record')
    const { subject, slot } = await travelled(worker)
    const commands = await commandsOf(() => worker.api('DELETE', `/subjects/${subject}`))
    const deleted = commands.flatMap(({ command: [name, key] }) => (name === 'DEL' ? [key] : []))
    expect(deleted).toEqual(
      ['sessions', 'seen', 'subject', 'sightings'].map((kind) => `${kind}:${slot}`),
    )
    expect((await stand().stats()).httpRequests).toBe(1)
  })

  it('deletes the places on a full database too', async () => {
    const worker = await start('record')
    const { subject, slot } = await travelled(worker)
    await stand().fullDatabase(true)
    expect((await worker.api('DELETE', `/subjects/${subject}`)).status).toBe(507)
    expect(await redis('EXISTS', `sightings:${slot}`)).toBe(0)
  })
})

describe('logging out', () => {
  it('leaves the places of signs to the trail: they tell why', async () => {
    const worker = await start('record')
    const { subject } = await travelled(worker)
    await worker.api('DELETE', `/subjects/${subject}/sessions`)
    expect(await signsOf(worker, subject)).toMatchObject([{ from: IN_LONDON, to: IN_TOKYO }])
  })
})

describe('age', () => {
  const ttl = async (slot: string) => Number(await redis('PTTL', `sightings:${slot}`))

  it('ends the key with the last of its events, and no sooner', async () => {
    const [longer, shorter] = await Promise.all(
      [3, 2].map((days) => start('record', { EVENT_RETENTION_DAYS: days })),
    )
    if (!longer || !shorter) throw new Error('no workers')
    const { slot, subject } = await travelled(longer)
    expect(await ttl(slot)).toBeGreaterThan(3 * DAY_MS - 60_000)
    expect(await ttl(slot)).toBeLessThanOrEqual(3 * DAY_MS)
    // Another sign, kept shorter, takes nothing from those before; kept longer, it stays as long as its event.
    const again = await shorter.api('POST', '/sessions', { subject })
    await from(shorter, again.body.token, LONDON)
    await from(shorter, again.body.token, TOKYO)
    expect(await redis('XLEN', `sightings:${slot}`)).toBe(2)
    expect(await ttl(slot)).toBeGreaterThan(3 * DAY_MS - 60_000)
    await redis('PEXPIRE', `sightings:${slot}`, 1000)
    const third = await longer.api('POST', '/sessions', { subject })
    await from(longer, third.body.token, LONDON)
    await from(longer, third.body.token, TOKYO)
    expect(await ttl(slot)).toBeGreaterThan(3 * DAY_MS - 60_000)
  })

  it('takes the older ones of somebody who goes on travelling', async () => {
    const worker = await start('record', { EVENT_RETENTION_DAYS: 2 })
    const { token, subject } = await worker.login()
    const key = `sightings:${await slotOf(subject)}`
    const older = async (days: number) =>
      redis('XADD', key, `${Date.now() - days * DAY_MS}-0`, 'txn', `${days}`, 'to', 'null')
    await older(2.1)
    await older(1.9)
    await from(worker, token, LONDON)
    await from(worker, token, TOKYO)
    const left = (await redis('XRANGE', key, '-', '+')) as [string, string[]][]
    expect(left.map(([, [, txn]]) => txn)).toEqual(['1.9', expect.stringMatching(/^[\da-f-]{36}$/)])
  })
})

describe('a full database', () => {
  it.each(['revoke', 'revoke_all'])(
    'does not keep a sign from ending the session, though nothing can be told (%s)',
    async (response) => {
      const worker = await start(response)
      const { token, subject } = await worker.login()
      await from(worker, token, LONDON)
      await stand().fullDatabase(true)
      expect(await from(worker, token, TOKYO)).toBe(401)
      const slot = await slotOf(subject)
      expect(await redis('EXISTS', `sessions:${slot}`, `sightings:${slot}`)).toBe(0)
    },
  )
})

it('nobody without a sign has such a key', async () => {
  const worker = await start('revoke')
  const { token } = await worker.login()
  for (let visit = 0; visit < 3; visit++) expect(await from(worker, token, LONDON)).toBe(200)
  expect(await redis('KEYS', 'sightings:*')).toEqual([])
})
