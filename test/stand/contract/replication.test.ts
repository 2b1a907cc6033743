/** The copies: lag, partition, failover, outage. What is stale here is really stale. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Stand } from '../http-redis.ts'
import { command, post, sleep, startTwoRegions, untilSeen, VARIANTS } from './stands.ts'

const LAG_MS = 120
/** A timer may fire this early against another clock. */
const EARLY_MS = 3
/** How late a busy machine may be. */
const SLACK_MS = 150
const LONG_MS = 60_000

describe.each(VARIANTS)('regions over $name', ({ backend }) => {
  let stand: Stand

  beforeAll(async () => {
    stand = await startTwoRegions(backend, LAG_MS)
  })
  afterAll(() => stand.stop())
  beforeEach(() => stand.control.flush())

  it('shows a write to the far region after the lag and not before', async () => {
    const before = performance.now()
    expect(await command(stand, 'far', 'SET', 'key', 'x')).toBe('OK')
    expect(await command(stand, 'home', 'GET', 'key')).toBe('x')
    const seen = await untilSeen(stand, 'far', ['GET', 'key'], 'x', before)
    expect(seen).toBeGreaterThanOrEqual(LAG_MS - EARLY_MS)
    expect(seen).toBeLessThan(LAG_MS + SLACK_MS)
  })

  it('applies writes in their order, a transaction at once', async () => {
    await post(stand, 'home', '/multi-exec', [
      ['SET', 'a', '1'],
      ['SET', 'b', '1'],
    ])
    await command(stand, 'home', 'SET', 'b', '2')
    const seen = new Set<string>()
    for (;;) {
      const { body } = await post(stand, 'far', '/multi-exec', [['MGET', 'a', 'b']])
      const [{ result } = { result: [] }] = body as { result: (string | null)[] }[]
      seen.add(result.join())
      if (result[1] === '2') break
    }
    expect([...seen].filter((state) => ![',', '1,1', '1,2'].includes(state))).toEqual([])
    expect(seen).toContain(',')
  })

  it('gives a copy the absolute expiry and the stream ids of the primary', async () => {
    await command(stand, 'home', 'SET', 'key', 'x', 'PX', '10000')
    const id = await command(stand, 'home', 'XADD', 'feed', '*', 'a', 'b')
    await untilSeen(stand, 'far', ['XLEN', 'feed'], 1, performance.now())
    const there = await command(stand, 'far', 'PTTL', 'key')
    const here = await command(stand, 'home', 'PTTL', 'key')
    expect(Number(there) - Number(here)).toBeGreaterThanOrEqual(-1)
    expect(Number(there) - Number(here)).toBeLessThan(LAG_MS / 2)
    expect(await command(stand, 'far', 'XRANGE', 'feed', '-', '+')).toEqual([[id, ['a', 'b']]])
  })

  it('shows a key as gone once it has expired, on a copy that hears nothing', async () => {
    await stand.control.setLag('far', 0)
    await command(stand, 'home', 'SET', 'key', 'x', 'PX', '150')
    await untilSeen(stand, 'far', ['GET', 'key'], 'x', performance.now())
    await stand.control.partition('far')
    await command(stand, 'home', 'PERSIST', 'key')
    await sleep(200)
    expect(await command(stand, 'far', 'GET', 'key')).toBeNull()
    await stand.control.heal('far')
    await untilSeen(stand, 'far', ['GET', 'key'], 'x', performance.now())
  })

  it('sends writes to the primary, reads to the copy, and mixed batches to the primary', async () => {
    await post(stand, 'far', '/', ['GET', 'key'])
    await post(stand, 'far', '/', ['GETEX', 'key'])
    await post(stand, 'far', '/pipeline', [
      ['GET', 'key'],
      ['EXISTS', 'key'],
    ])
    await post(stand, 'far', '/pipeline', [
      ['GET', 'key'],
      ['DEL', 'key'],
    ])
    await post(stand, 'far', '/multi-exec', [['GET', 'key'], ['PING']])
    await post(stand, 'far', '/multi-exec', [
      ['GETEX', 'key'],
      ['GET', 'key'],
    ])
    await post(stand, 'home', '/', ['GET', 'key'])
    const seen = await stand.control.commands()
    expect(seen.map(({ command: [name], servedBy, multi }) => [name, servedBy, multi])).toEqual([
      ['GET', 'replica', false],
      ['GETEX', 'primary', false],
      ['GET', 'replica', false],
      ['EXISTS', 'replica', false],
      ['GET', 'primary', false],
      ['DEL', 'primary', false],
      ['GET', 'replica', true],
      ['PING', 'replica', true],
      ['GETEX', 'primary', true],
      ['GET', 'primary', true],
      ['GET', 'primary', false],
    ])
  })

  it('changes the lag of writes already under way', async () => {
    await stand.control.setLag('far', LONG_MS)
    await command(stand, 'home', 'SET', 'key', 'x')
    await sleep(LAG_MS)
    expect(await command(stand, 'far', 'GET', 'key')).toBeNull()
    await stand.control.setLag('far', 0)
    const seen = await untilSeen(stand, 'far', ['GET', 'key'], 'x', performance.now())
    expect(seen).toBeLessThan(SLACK_MS)
  })

  it('holds back everything while partitioned, and loses nothing when healed', async () => {
    await stand.control.setLag('far', 0)
    await stand.control.partition('far')
    for (const n of ['1', '2', '3']) await command(stand, 'far', 'SET', `key${n}`, n)
    await sleep(80)
    expect(await command(stand, 'far', 'MGET', 'key1', 'key3')).toEqual([null, null])
    await stand.control.heal('far')
    await untilSeen(stand, 'far', ['GET', 'key3'], '3', performance.now())
    expect(await command(stand, 'far', 'GET', 'key1')).toBe('1')
  })

  it('loses at failover what the promoted copy had not applied', async () => {
    await command(stand, 'home', 'SET', 'kept', 'x')
    await untilSeen(stand, 'far', ['GET', 'kept'], 'x', performance.now())
    await stand.control.setLag('far', LONG_MS)
    await command(stand, 'home', 'SET', 'lost', 'x')
    await stand.control.failover('far')
    for (const region of ['home', 'far']) {
      expect(await command(stand, region, 'GET', 'kept')).toBe('x')
      expect(await command(stand, region, 'GET', 'lost')).toBeNull()
    }
    await stand.control.setLag('home', LAG_MS)
    const before = performance.now()
    await command(stand, 'home', 'SET', 'new', 'x')
    expect(await command(stand, 'far', 'GET', 'new')).toBe('x')
    const seen = await untilSeen(stand, 'home', ['GET', 'new'], 'x', before)
    expect(seen).toBeGreaterThanOrEqual(LAG_MS - EARLY_MS)
    const [last] = (await stand.control.commands()).slice(-1)
    expect(last?.servedBy).toBe('replica')
  })

  it('fails back on flush: the first region is the primary again, with its lag', async () => {
    await stand.control.failover('far')
    await stand.control.flush()
    const before = performance.now()
    await command(stand, 'home', 'SET', 'key', 'x')
    expect(await command(stand, 'home', 'GET', 'key')).toBe('x')
    expect(await untilSeen(stand, 'far', ['GET', 'key'], 'x', before)).toBeGreaterThan(
      LAG_MS - EARLY_MS,
    )
  })

  it('drops what needs a dead primary, reads on elsewhere, and restarts it with its data', async () => {
    await command(stand, 'home', 'SET', 'key', 'x')
    await untilSeen(stand, 'far', ['GET', 'key'], 'x', performance.now())
    await stand.control.killPrimary()
    await expect(command(stand, 'far', 'SET', 'key', 'y')).rejects.toThrow('fetch failed')
    await expect(command(stand, 'home', 'GET', 'key')).rejects.toThrow('fetch failed')
    expect(await command(stand, 'far', 'GET', 'key')).toBe('x')
    await stand.control.restartPrimary()
    expect(await command(stand, 'home', 'GET', 'key')).toBe('x')
    await command(stand, 'home', 'SET', 'key', 'z')
    await untilSeen(stand, 'far', ['GET', 'key'], 'z', performance.now())
  })

  it('takes a dead primary back as a replica of the one promoted meanwhile', async () => {
    await stand.control.killPrimary()
    await stand.control.failover('far')
    expect(await command(stand, 'home', 'SET', 'key', 'x')).toBe('OK')
    expect(await command(stand, 'home', 'GET', 'key')).toBe('x')
    await stand.control.restartPrimary()
    await untilSeen(stand, 'home', ['GET', 'key'], 'x', performance.now())
    const [last] = (await stand.control.commands()).slice(-1)
    expect(last).toMatchObject({ region: 'home', servedBy: 'replica' })
  })

  it('refuses writes on a full database, whole transactions with them, and passes deletes', async () => {
    await post(stand, 'home', '/', ['MSET', 'a', '1', 'b', '1'])
    await stand.control.fullDatabase(true)
    const full = 'ERR DB capacity quota exceeded'
    expect(await post(stand, 'far', '/', ['SET', 'a', '2'])).toEqual({
      status: 400,
      body: { error: full },
    })
    const answer = await post(stand, 'far', '/multi-exec', [
      ['DEL', 'a'],
      ['INCR', 'b'],
    ])
    expect(answer.body).toEqual({ error: expect.stringContaining(full) })
    expect(await command(stand, 'home', 'MGET', 'a', 'b')).toEqual(['1', '1'])
    expect(await command(stand, 'far', 'DEL', 'a')).toBe(1)
    await stand.control.fullDatabase(false)
    expect(await command(stand, 'far', 'SET', 'a', '3')).toBe('OK')
  })
})
