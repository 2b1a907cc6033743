/**
 * What privacy.md says and no other test shows: what erasure leaves in the whole store, what ends by itself, what
 * the log holds of a person, what an edge remembers. Everything about a person is planted, and looked for.
 */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Edge } from '../../src/session/edge.ts'
import { statement } from '../../src/session/statement.ts'
import { addressOfSid, slotOf } from '../../src/session/token.ts'
import { REREAD_AFTER_MS } from '../../src/vocabulary/limits.ts'
import { redis, stand } from '../support/stand.ts'
import { SITE, startWorker, uniqueSubject, type Worker } from '../support/worker.ts'

const PLANTED = {
  subject: uniqueSubject('planted-name'),
  permissions: ['planted-permission'],
  claims: { mail: 'planted-claim@site.test' },
  labels: { team: 'planted-label' },
  device: { name: 'planted-device', ip: '192.0.2.77', user_agent: 'planted-device-agent' },
}
const HERE = {
  country: 'AQ',
  city: 'Planted-City-One',
  latitude: '-77.8412',
  longitude: '166.6863',
  asn: 4200000077,
}
const THERE = {
  country: 'GL',
  city: 'Planted-City-Two',
  latitude: '64.1814',
  longitude: '-51.6941',
  asn: 4200000078,
}
/** Places as they come and as they are kept, networks, countries as they stand in JSON, clients, addresses. */
const PLACES =
  /77\.8412|166\.6863|64\.1814|51\.6941|-77\.75|166\.75|64\.25|-51\.75|420000007|"AQ"|"GL"|Planted-City/
const PERSON = /planted|192\.0\.2\.77|198\.51\.100\.7/
const ALL_SIGNS = {
  travel: 'record',
  fork: 'record',
  country: 'record',
  network: 'record',
  client: 'record',
}
const vars = { MAX_STALENESS_MS: 1000, POLICIES: [{ match: '/*', signals: ALL_SIGNS }] }

async function visit(worker: Worker, token: string, cf: object, path = '/'): Promise<number> {
  const headers = {
    authorization: `Bearer ${token}`,
    'user-agent': 'planted-agent/1.0',
    'cf-connecting-ip': '198.51.100.7',
  }
  const response = await worker.send(new Request(SITE + path, { headers, cf } as RequestInit))
  await response.text()
  return response.status
}

/** Every key of the store with all it holds. */
async function wholeStore(): Promise<Map<string, string>> {
  const keys = (await redis('KEYS', '*')) as string[]
  const read = async (key: string): Promise<unknown> => {
    switch (await redis('TYPE', key)) {
      case 'hash':
        return redis('HGETALL', key)
      case 'stream':
        return redis('XRANGE', key, '-', '+')
      case 'zset':
        return redis('ZRANGE', key, 0, -1)
      case 'string':
        return redis('GET', key)
      default:
        throw new Error('a type that nobody has read')
    }
  }
  const pairs = keys.map(async (key) => [key, (await read(key)) as object] as const)
  return new Map(
    (await Promise.all(pairs)).map(([key, value]) => [
      key,
      // Values that are JSON themselves: what they quote is looked for as it is.
      JSON.stringify(value).replaceAll('\\"', '"'),
    ]),
  )
}

/** A person of whom everything is kept that can be: sessions, a rotation, places, signs, a change, an ending. */
async function lived(worker: Worker) {
  const { token, sid, subject } = await worker.login(PLANTED)
  const second = await worker.login(PLANTED)
  await visit(worker, token, HERE)
  await visit(worker, token, THERE)
  await worker.api('POST', `/sessions/${second.sid}/rotate`, { grace_seconds: 60 })
  await worker.api('PATCH', `/subjects/${subject}`, { permissions: ['planted-other'] })
  const third = await worker.login({ subject })
  await worker.api('DELETE', `/sessions/${third.sid}`)
  return { token, sid, subject, slot: await slotOf(subject) }
}

/** What a swap of a sighting leaves for a moment: `seen:{slot}` as it was before it. */
const copiesOf = async (slot: string): Promise<readonly string[]> =>
  (await redis('KEYS', `before:${slot}:*`)) as string[]

/** Until the copies have ended by themselves. */
const withoutCopies = (slot: string) =>
  vi.waitFor(async () => expect(await copiesOf(slot)).toEqual([]), {
    timeout: COPY_MS + 500,
    interval: 50,
  })

/** Two STORE_DEADLINE_MS. */
const COPY_MS = 2000

beforeEach(() => stand().flush())

describe('erasure', () => {
  it('leaves no key of the person, and neither name nor place in any other', async () => {
    const worker = await startWorker(vars)
    const { subject, slot } = await lived(worker)
    await withoutCopies(slot)
    const before = await wholeStore()
    const text = [...before.values()].join('\n')
    // The looking is worth something: all of it is there before.
    for (const found of ['subject', 'claim', 'label', 'device', 'agent', 'other']) {
      expect(text).toContain(found === 'subject' ? subject : `planted-${found}`)
    }
    for (const found of ['198.51.100.7', 'Planted-City-Two', '-77.75', '-51.75', '4200000078']) {
      expect(text).toContain(found)
    }
    expect([...before.keys()].filter((key) => key.includes(slot)).sort()).toEqual(
      ['seen', 'sessions', 'sightings', 'subject'].map((kind) => `${kind}:${slot}`),
    )

    expect((await worker.api('DELETE', `/subjects/${subject}`)).status).toBe(200)
    const after = await wholeStore()
    expect([...after.keys()].filter((key) => key.includes(slot))).toEqual([])
    const traces = [...after].filter(([key, value]) =>
      [PERSON, PLACES].some((trace) => trace.test(key) || trace.test(value)),
    )
    expect(traces).toEqual([])
    const holders = [...after].filter(([, value]) => value.includes(slot)).map(([key]) => key)
    expect(holders.sort()).toEqual(['events', 'feed'])
  })

  it('leaves what a sighting copied a moment before for two store deadlines, and no longer', async () => {
    const worker = await startWorker(vars)
    const { subject, slot } = await lived(worker)
    await worker.api('DELETE', `/subjects/${subject}`)
    const copies = await copiesOf(slot)
    expect(copies.length).toBeGreaterThan(0)
    for (const key of copies) {
      const endsInMs = Number(await redis('PTTL', key))
      expect(endsInMs).not.toBe(-1)
      expect(endsInMs).toBeLessThanOrEqual(COPY_MS)
    }
    await withoutCopies(slot)
    expect([...(await wholeStore()).keys()].filter((key) => key.includes(slot))).toEqual([])
  })

  it('leaves events of what happened, by slot: type, session, who did it, why', async () => {
    const worker = await startWorker(vars)
    const { subject, slot } = await lived(worker)
    await worker.api('DELETE', `/subjects/${subject}`)
    const events = (await redis('XRANGE', 'events', '-', '+')) as [string, string[]][]
    expect(events.length).toBeGreaterThan(5)
    const names = new Set(events.flatMap(([, fields]) => fields.filter((_, at) => at % 2 === 0)))
    expect([...names].sort()).toEqual(
      ['initiator', 'operator', 'reason', 'sid', 'signals', 'slot', 'txn', 'type'].sort(),
    )
    expect(new Set(events.map(([, fields]) => fields[fields.indexOf('slot') + 1]))).toEqual(
      new Set([slot]),
    )
  })

  it('of one person leaves all of another', async () => {
    const worker = await startWorker(vars)
    const { subject } = await lived(worker)
    const other = await worker.login()
    await visit(worker, other.token, HERE)
    await visit(worker, other.token, THERE)
    const kept = async () => {
      const slot = await slotOf(other.subject)
      return [...(await wholeStore())].filter(([key]) => key.includes(slot)).sort()
    }
    await withoutCopies(await slotOf(other.subject))
    const before = await kept()
    expect(before).toHaveLength(4)
    await worker.api('DELETE', `/subjects/${subject}`)
    expect(await kept()).toEqual(before)
  })
})

it('all that is kept of a person ends by itself, but for the record', async () => {
  const worker = await startWorker(vars)
  const { sid, slot } = await lived(worker)
  const ends = async (key: string) => Number(await redis('PTTL', key)) > 0
  const keys = ((await redis('KEYS', '*')) as string[]).filter(
    (key) => key.includes(slot) || key.includes(addressOfSid(sid)?.digest ?? '-'),
  )
  const endless = await Promise.all(keys.map(async (key) => ((await ends(key)) ? [] : [key])))
  expect(keys.length).toBeGreaterThanOrEqual(5)
  expect(endless.flat()).toEqual([`subject:${slot}`])
})

it('the export holds everything that stands under the keys of the person', async () => {
  const worker = await startWorker(vars)
  const { subject, slot } = await lived(worker)
  const { body } = await worker.api('GET', `/subjects/${subject}/export`)
  const exported = JSON.stringify(body)
  const own = [...(await wholeStore())].flatMap(([key, text]) => (key.includes(slot) ? [text] : []))
  const words = own.join('\n').match(new RegExp(`planted[\\w@.-]+|${PLACES.source}`, 'g')) ?? []
  expect(new Set(words).size).toBeGreaterThan(12)
  expect([...new Set(words)].filter((word) => !exported.includes(word))).toEqual([])
})

it('last-seen holds address, country and city on every route, and no other place without `signals`', async () => {
  const worker = await startWorker({ MAX_STALENESS_MS: 1000 })
  const { token, subject } = await worker.login({ idle_seconds: 1 })
  await new Promise((resolve) => setTimeout(resolve, 150))
  await visit(worker, token, HERE)
  const store = await wholeStore()
  expect(store.get(`seen:${await slotOf(subject)}`)).toMatch(
    /"ip":"198\.51\.100\.7","country":"AQ","city":"Planted-City-One"/,
  )
  expect([...store.values()].join('\n')).not.toMatch(/77\.|166\.|420000007|planted-agent/)
})

it('the log holds nothing of a person', async () => {
  const lines: string[] = []
  const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation((...said) => void lines.push(said.join(' '))),
  )
  const path = '/planted-path?planted-query=1'
  try {
    for (const more of [{}, { ENFORCEMENT: 'monitor' }, { ORIGIN_URL: 'http://127.0.0.1:1' }]) {
      const worker = await startWorker({ ...vars, ...more })
      const { token, subject } = await lived(worker)
      await visit(worker, token, HERE, path)
      await worker.api('GET', `/subjects/${subject}/export`)
      await worker.api('DELETE', `/subjects/${subject}`)
      await visit(await startWorker({ ...vars, ...more }), token, THERE, path)
      await visit(worker, `${token.slice(0, -2)}AA`, HERE, path)
      const cold = await startWorker({ ...vars, ...more })
      await stand().fault('*', { reset: true })
      await visit(cold, token, HERE, path)
      await cold.api('GET', `/subjects/${subject}`)
      await stand().clearFaults()
    }
  } finally {
    await stand().clearFaults()
    for (const spy of spies) spy.mockRestore()
  }
  const told = lines.join('\n')
  for (const code of ['would_deny', 'origin_unreachable', 'session_store_unavailable', 'denials']) {
    expect(told).toContain(`"code":"${code}"`)
  }
  expect(told).not.toMatch(PERSON)
  expect(told).not.toMatch(PLACES)
  expect(told).not.toContain(await slotOf(PLANTED.subject))
})

it('what an edge remembers is read again after five minutes, whatever the feed says', () => {
  const limits = {
    maxStalenessMs: 1000,
    rereadAfterMs: REREAD_AFTER_MS,
    memory: { maxEntries: 10, maxBytes: 100_000 },
    news: { maxItems: 100, maxAgeMs: REREAD_AFTER_MS },
  }
  const T = 1_800_000_000_000
  const address = { slot: 'A'.repeat(22), digest: `${'B'.repeat(21)}A` }
  const session = {
    address,
    root: address.digest,
    createdAtMs: T,
    issuedAtMs: T,
    expiresAtMs: T + 86_400_000,
    idleMs: 0,
    authTimeMs: T,
    labels: {},
  }
  const own = statement({
    address,
    head: 0,
    askedAtMs: T,
    source: 'primary',
    stored: { session, graceUntilMs: null },
    subject: { subject: 'user', permissions: [], disabled: false },
    lastSeen: null,
  })
  for (const consistency of ['bounded', 'eventual'] as const) {
    const edge = new Edge(limits)
    const hear = (nowMs: number, epochs: Map<string, number> | null) => {
      const since = edge.news.since()
      edge.hear({ since, askedAtMs: nowMs, head: 0, entries: [], epochs }, nowMs)
    }
    hear(T, new Map())
    edge.memory.put('token', own)
    const after = (ms: number) => {
      hear(T + ms, null)
      return edge.consult({ token: 'token', consistency, own: null, graceMs: 0 }, T + ms).kind
    }
    expect(after(REREAD_AFTER_MS)).toBe('alive')
    expect(after(REREAD_AFTER_MS + 1)).toBe('read')
  }
  expect(REREAD_AFTER_MS).toBe(300_000)
})
