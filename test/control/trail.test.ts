/**
 * What a change leaves behind in Redis: feed, head of the feed and audit trail, in the transaction of the
 * change itself; and what must not stand in any of them.
 */
import { describe, expect, it } from 'vitest'
import { addressOfSid, slotOf } from '../../src/session/token.ts'
import { commandsOf, redis, stand } from '../support/stand.ts'
import { startWorker, uniqueSubject } from '../support/worker.ts'

const worker = await startWorker()
const READS = new Set(['GET', 'GETEX', 'HGET', 'HGETALL', 'HLEN', 'HMGET', 'ZRANGE'])
const path = (subject: string) => `/subjects/${encodeURIComponent(subject)}/sessions`

/** Entries of a stream about one slot, as objects. */
async function entries(stream: 'feed' | 'events', slot: string): Promise<Record<string, string>[]> {
  const all = (await redis('XRANGE', stream, '-', '+')) as [id: string, fields: string[]][]
  return all
    .map(([, fields]) =>
      Object.fromEntries(fields.flatMap((name, i) => (i % 2 ? [] : [[name, fields[i + 1] ?? '']]))),
    )
    .filter((entry) => entry.slot === slot)
}

const head = async () => Number(await redis('GET', 'feed:head'))

/** Runs a change and tells what it wrote, and in how many requests. */
async function written(change: () => Promise<unknown>) {
  const headBefore = await head()
  const commands = await commandsOf(change)
  const { httpRequests } = await stand().stats()
  return {
    httpRequests,
    isAllAtomic: commands.every(({ multi, servedBy }) => multi && servedBy === 'primary'),
    writes: commands.flatMap(({ command: [name = '', key = ''] }) =>
      READS.has(name) ? [] : [`${name} ${key.split(':')[0]}`],
    ),
    announced: (await head()) - headBefore,
  }
}

describe('one request, one transaction', () => {
  it('ends a session and says so', async () => {
    const { sid, subject } = await worker.login()
    const slot = await slotOf(subject)
    const change = await written(() => worker.api('DELETE', `/sessions/${sid}`))
    // The first looks for the tokens of its rotations, the second writes.
    expect(change).toMatchObject({ httpRequests: 2, isAllAtomic: true, announced: 1 })
    expect(change.writes).toEqual([
      'HDEL sessions',
      'HDEL seen',
      'XADD feed',
      'INCRBY feed',
      'XADD events',
    ])
    expect(await entries('feed', slot)).toEqual([
      { kind: 'session', slot, family: addressOfSid(sid)?.digest },
    ])
    expect((await entries('events', slot)).at(-1)).toMatchObject({
      type: 'session-revoked',
      slot,
      sid,
      initiator: 'admin',
      operator: 'test-key-all',
    })
  })

  it('ends all sessions of a subject and says so', async () => {
    const subject = uniqueSubject()
    await worker.login({ subject })
    await worker.login({ subject })
    const slot = await slotOf(subject)
    const change = await written(() => worker.api('DELETE', path(subject)))
    expect(change).toMatchObject({ httpRequests: 1, isAllAtomic: true, announced: 1 })
    expect(change.writes).toContain('DEL sessions')
    expect(await entries('feed', slot)).toEqual([{ kind: 'sessions', slot, keep: '' }])
    expect((await entries('events', slot)).map(({ type }) => type)).toEqual([
      'session-established',
      'session-established',
      'session-revoked',
    ])
  })

  it('makes a session and says so in the trail; edges have nothing to hear', async () => {
    const subject = uniqueSubject()
    const slot = await slotOf(subject)
    const change = await written(() => worker.login({ subject }))
    // The first reads whether the subject may, the second writes.
    expect(change).toMatchObject({ httpRequests: 2, isAllAtomic: true, announced: 0 })
    expect(change.writes).toContain('XADD events')
    expect(await entries('feed', slot)).toEqual([])
    expect(await entries('events', slot)).toHaveLength(1)
  })

  it('changes permissions and says so to the edges', async () => {
    const subject = uniqueSubject()
    const slot = await slotOf(subject)
    await worker.login({ subject, permissions: ['a'] })
    const change = await written(() => worker.login({ subject, permissions: ['b'] }))
    expect(change).toMatchObject({ isAllAtomic: true, announced: 1 })
    // The first word on a subject is one too: of two first logins at once either may be the change.
    expect(await entries('feed', slot)).toEqual(Array(2).fill({ kind: 'subject', slot }))
    expect((await entries('events', slot)).map(({ type }) => type)).toContain('token-claims-change')
    const same = await written(() => worker.login({ subject, permissions: ['b'] }))
    expect(same.announced).toBe(0)
  })

  it('lets the oldest go over the cap and says so', async () => {
    const capped = await startWorker({ MAX_SESSIONS_PER_SUBJECT: 1 })
    const subject = uniqueSubject()
    const slot = await slotOf(subject)
    const { sid } = await capped.login({ subject })
    const change = await written(() => capped.login({ subject }))
    expect(change).toMatchObject({ isAllAtomic: true, announced: 1 })
    expect(await entries('feed', slot)).toEqual([
      { kind: 'session', slot, family: addressOfSid(sid)?.digest },
    ])
  })
})

it('the head counts every entry that was ever written', async () => {
  const before = { head: await head(), length: Number(await redis('XLEN', 'feed')) }
  const subject = uniqueSubject()
  const logins = await Promise.all([1, 2, 3].map(() => worker.login({ subject })))
  await Promise.all(logins.map(({ sid }) => worker.api('DELETE', `/sessions/${sid}`)))
  await worker.api('DELETE', `${path(subject)}?except=${logins[0]?.sid}`)
  const after = { head: await head(), length: Number(await redis('XLEN', 'feed')) }
  expect(after.head - before.head).toBe(4)
  expect(after.length - before.length).toBe(after.head - before.head)
})

it('feed and trail hold no name, claim, device, token or secret; the store holds no token', async () => {
  const mark = `planted${crypto.randomUUID().replaceAll('-', '')}`
  const subject = `${mark}-subject`
  const draft = {
    subject,
    permissions: [`${mark}-permission`],
    claims: { name: `${mark}-claim` },
    labels: { tenant: `${mark}-label` },
    device: { name: `${mark}-device`, ip: '192.0.2.7', user_agent: `${mark}-agent` },
  }
  const { token, sid } = await worker.login(draft)
  const second = await worker.login({ ...draft, permissions: [`${mark}-more`] })
  await worker.visit('/app', { token })
  await worker.api('DELETE', `/sessions/${sid}`)
  const streams = JSON.stringify([
    await redis('XRANGE', 'feed', '-', '+'),
    await redis('XRANGE', 'events', '-', '+'),
  ])
  expect(streams).not.toContain(mark)
  expect(streams).not.toContain('192.0.2.7')
  expect(streams).toContain(sid)

  const slot = await slotOf(subject)
  const stored = JSON.stringify([
    await redis('HGETALL', `sessions:${slot}`),
    await redis('HGETALL', `subject:${slot}`),
    await redis('HGETALL', `seen:${slot}`),
    await redis('KEYS', '*'),
    streams,
  ])
  for (const secret of [token, second.token]) {
    expect(stored).not.toContain(secret)
    expect(stored).not.toContain(secret.slice('sess_'.length))
  }
  expect(stored).toContain(`${mark}-subject`)
  expect(((await redis('KEYS', '*')) as string[]).filter((key) => key.includes(mark))).toEqual([])
})
