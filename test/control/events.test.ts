/**
 * The audit trail as operators read it: in pages, about one subject, live; who was erased is not named, and an
 * operation that was repeated after a lost answer is told once.
 */
import { beforeEach, describe, expect, it } from 'vitest'
import { redis, stand } from '../support/stand.ts'
import { ALL_KEY, API, SITE, startWorker, uniqueSubject } from '../support/worker.ts'

const worker = await startWorker({ MAX_STALENESS_MS: 100 })
const path = (subject: string) => `/subjects/${encodeURIComponent(subject)}`
const list = async (query: string) => (await worker.api('GET', `/events${query}`)).body
const typesOf = (events: { type: string }[]) => events.map(({ type }) => type)

/** Reads a live trail until `enough` frames have come, then leaves. */
async function live(
  headers: Record<string, string>,
  query: string,
  enough: (text: string) => boolean,
) {
  const response = await worker.open(
    new Request(`${SITE}${API}/events${query}`, {
      headers: { authorization: `Bearer ${ALL_KEY}`, accept: 'text/event-stream', ...headers },
    }),
  )
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  expect(response.headers.get('cache-control')).toBe('no-store')
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return {
    async text() {
      while (!enough(text)) text += (await reader?.read())?.value ?? ''
      await reader?.cancel()
      return text
    },
  }
}

beforeEach(async () => {
  await stand().clearFaults()
  await redis('DEL', 'events')
})

describe('a page', () => {
  it('tells what happened, oldest first, to whom, by whom and why', async () => {
    const subject = uniqueSubject('名')
    const { sid } = await worker.login({ subject })
    await worker.api('PATCH', path(subject), { permissions: ['a'] })
    const { body } = await worker.api('POST', '/revocations', { sessions: [sid], reason: 'stolen' })
    await worker.api('POST', '/revocations', { labels: { tier: 'x' }, reason: 'all of it' })
    const { events, next } = await list('')
    expect(typesOf(events)).toEqual([
      'session-established',
      'token-claims-change',
      'session-revoked',
      'session-revoked',
    ])
    expect(next).toBeNull()
    expect(events[2]).toEqual({
      id: expect.stringMatching(/^\d+-\d+$/),
      type: 'session-revoked',
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      subject,
      sid,
      initiator: 'admin',
      operator: 'test-key-all',
      reason: 'stolen',
      txn: body.revocation_id,
    })
    expect(events[3]).toMatchObject({ subject: null, sid: null, epoch: 'tier:x' })
    await redis('DEL', 'epochs')
  })

  it('goes on where the last one ended, and loses nothing', async () => {
    const subjects = await Promise.all(Array.from({ length: 7 }, async () => worker.login()))
    const seen: string[] = []
    let after = ''
    for (let pages = 0; pages < 10; pages++) {
      const { events, next } = await list(`?limit=3${after && `&after=${after}`}`)
      seen.push(...events.map((event: { subject: string }) => event.subject))
      if (next === null) break
      after = next
    }
    expect(seen.sort()).toEqual(subjects.map(({ subject }) => subject).sort())
  })

  it('about one subject looks through those of all, and says how far it got', async () => {
    const { subject } = await worker.login()
    await Promise.all(Array.from({ length: 5 }, () => worker.login()))
    await worker.api('DELETE', `${path(subject)}/sessions`)
    const { events } = await list(`?subject=${encodeURIComponent(subject)}`)
    expect(typesOf(events)).toEqual(['session-established', 'session-revoked'])
    const first = await list(`?limit=1&subject=${encodeURIComponent(subject)}`)
    expect([typesOf(first.events), first.next]).toEqual([['session-established'], events[0].id])
  })

  it('names nobody who was erased', async () => {
    const { subject } = await worker.login()
    await worker.api('DELETE', path(subject))
    const page = await list('')
    expect(typesOf(page.events)).toEqual(['session-established', 'subject-erased'])
    expect(JSON.stringify(page)).not.toContain(subject)
  })

  it('tells an operation once that was repeated because its answer was lost', async () => {
    const { subject } = await worker.login()
    await stand().fault('*', { resetAfter: true, times: 1 })
    expect((await worker.api('DELETE', `/subjects/${subject}/sessions`)).status).toBe(200)
    expect(await redis('XLEN', 'events')).toBe(3)
    expect(typesOf((await list('')).events)).toEqual(['session-established', 'session-revoked'])
  })

  it.each(['?after=x', '?after=1', '?limit=0', '?limit=501', '?limit=x', '?type=a', '?subject='])(
    'is not made up for %s: 422',
    async (query) => expect((await worker.api('GET', `/events${query}`)).status).toBe(422),
  )
})

describe('live', () => {
  it('tells what happens from now on', async () => {
    await worker.login()
    const stream = await live({}, '', (text) => text.includes('\nid: ') && text.includes('data: '))
    const { subject, sid } = await worker.login()
    const text = await stream.text()
    const [retry, first] = text.split('\n\n').filter((part) => !part.includes(': still here'))
    expect(retry).toMatch(/^retry: \d+$/)
    expect(first).toMatch(/^id: \d+-\d+\nevent: session-established\ndata: \{.*\}$/)
    expect(JSON.parse(first?.split('data: ')[1] ?? '')).toMatchObject({ subject, sid })
    expect(text.match(/event: /g)?.length).toBe(1)
  })

  it('resumes after Last-Event-ID, which goes before `after`', async () => {
    const logins = [await worker.login(), await worker.login(), await worker.login()]
    const { events } = await list('')
    const stream = await live({ 'last-event-id': events[0].id }, `?after=${events[1].id}`, (text) =>
      text.includes(logins[2]?.sid ?? '-'),
    )
    const text = await stream.text()
    expect(text).toContain(logins[1]?.sid)
    expect(text).not.toContain(logins[0]?.sid)
  })

  it('about one subject moves on past the others', async () => {
    const { subject } = await worker.login()
    await worker.login()
    const { events } = await list('')
    const query = `?after=${events[0].id}&subject=${encodeURIComponent(subject)}`
    const stream = await live({}, query, (text) => text.includes('still here'))
    expect(await stream.text()).toContain(`id: ${events[1].id}\n: still here`)
  })

  it('refuses an id that is none, and rides out a short outage', async () => {
    const wrong = await worker.api('GET', '/events', undefined, ALL_KEY, {
      accept: 'text/event-stream',
      'last-event-id': 'x',
    })
    expect(wrong.status).toBe(422)
    const stream = await live({}, '?after=0-0', (text) => text.includes('data: '))
    await stand().fault('*', { reset: true, times: 2 })
    const text = stream.text()
    await new Promise((resolve) => setTimeout(resolve, 300))
    await stand().clearFaults()
    const { sid } = await worker.login()
    expect(await text).toContain(sid)
  })
})

describe('export', () => {
  it('holds all there is about a person, and nothing about anybody else', async () => {
    const { subject, sid, token } = await worker.login({
      permissions: ['read'],
      claims: { mail: 'a@b.test' },
      device: { name: 'Phone', ip: '192.0.2.1' },
    })
    const other = await worker.login()
    await worker.visit('/', { token })
    const { status, body } = await worker.api('GET', `${path(subject)}/export`)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      record: { subject, permissions: ['read'], claims: { mail: 'a@b.test' }, disabled: false },
      sessions: [{ sid, device: { name: 'Phone', ip: '192.0.2.1' } }],
      events: [{ type: 'session-established', sid }],
      events_next: null,
    })
    expect(JSON.stringify(body)).not.toContain(other.sid)
    expect(JSON.stringify(body)).not.toContain(token)
    await worker.api('DELETE', path(subject))
    const after = (await worker.api('GET', `${path(subject)}/export`)).body
    expect([after.record, after.sessions]).toEqual([null, []])
    expect(JSON.stringify(after)).not.toContain(subject)
  })
})

it('a page is read at the primary in two round trips', async () => {
  await worker.login()
  await stand().resetStats()
  await list('')
  expect((await stand().stats()).httpRequests).toBe(2)
})

describe('retention', () => {
  const DAY_MS = 86_400_000
  /** Old events; Redis lets whole nodes of a hundred go at a time. */
  const OLD = 350

  beforeEach(async () => {
    const twoDaysAgo = Date.now() - 2 * DAY_MS
    for (let n = 0; n < OLD; n++) await redis('XADD', 'events', `${twoDaysAgo}-${n}`, 'type', 'old')
  })

  const left = async () => Number(await redis('XLEN', 'events'))

  it('lets events go that are older than configured', async () => {
    await (await startWorker({ EVENT_RETENTION_DAYS: 1 })).login()
    expect(await left()).toBeLessThan(OLD / 2)
    expect(typesOf((await list('?limit=500')).events).at(-1)).toBe('session-established')
  })

  it('keeps every event that is not', async () => {
    await (await startWorker({ EVENT_RETENTION_DAYS: 3 })).login()
    expect(await left()).toBe(OLD + 1)
  })
})
