/**
 * An open stream follows its session: through rotations, use, outages and news of others, on a clock that the
 * tests move. The store is the stand's; edges and sockets are in test/prove/streams.test.ts.
 */
import { afterAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { fromBase64Url } from '../../src/foundation/encoding.ts'
import { Redis } from '../../src/foundation/redis.ts'
import { Introspector } from '../../src/session/introspection.ts'
import { TokenSealer } from '../../src/session/token.ts'
import type { SessionWatch } from '../../src/session/watch.ts'
import { commandsOf, redis, stand } from '../support/stand.ts'
import { startWorker, TOKEN_KEY_BYTES, uniqueSubject, type Worker } from '../support/worker.ts'

const BOUND_MS = 1000
const RIDE_OUT_MS = 30_000
const REREAD_AFTER_MS = 300_000

/** An isolate of its own, whose clock is ahead by what the test says. */
class Isolate {
  aheadMs = 0
  readonly #introspector: Introspector

  constructor() {
    const { regions, token } = inject('stand')
    const bytes = fromBase64Url(TOKEN_KEY_BYTES) ?? new Uint8Array(32)
    this.#introspector = new Introspector(
      new Redis({ url: regions[0]?.url ?? '', token, deadlineMs: 1000 }),
      new TokenSealer('sess', [{ kid: '1', bytes }]),
      {
        maxStalenessMs: BOUND_MS,
        outageGraceMs: 0,
        rideOutMs: RIDE_OUT_MS,
        deadlineMs: 500,
        rereadAfterMs: REREAD_AFTER_MS,
        memory: { maxEntries: 100, maxBytes: 1e6 },
        news: { maxItems: 100, maxAgeMs: REREAD_AFTER_MS },
      },
      () => undefined,
      () => Date.now() + this.aheadMs,
    )
  }

  /** Admits with a token as a request does, and watches from there. */
  async watch(token: string): Promise<SessionWatch> {
    const caller = { place: { ip: null, country: null, city: null }, waitUntil: () => undefined }
    const active = await this.#introspector.introspect(token, 'bounded', caller)
    if (!active.active) throw new Error(`not admitted: ${active.reason}`)
    return this.#introspector.watch(active, caller)
  }
}

let worker: Worker
afterAll(() => stand().clearFaults())
beforeEach(async () => {
  await stand().flush()
  worker = await startWorker()
})

const seen = async (watch: SessionWatch, used = false) => {
  const sight = await watch.look(used)
  return sight.kind === 'dead' ? sight.reason : sight.kind
}

async function watching(draft: Readonly<Record<string, unknown>> = {}) {
  const isolate = new Isolate()
  const session = await worker.login(draft)
  return { isolate, session, watch: await isolate.watch(session.token) }
}

describe('the end of a session', () => {
  it.each([
    ['is revoked', (sid: string) => worker.api('DELETE', `/sessions/${sid}`), 'revoked'],
    ['ends with all others', () => worker.api('POST', '/revocations', { all: true }), 'revoked'],
  ])('is seen a bound later at most when it %s', async (_, end, reason) => {
    const { isolate, session, watch } = await watching()
    expect(await seen(watch)).toBe('alive')
    await end(session.sid)
    isolate.aheadMs += BOUND_MS / 2
    expect(await seen(watch)).toBe(reason)
  })

  it('is seen when its lifetime is over, with no news', async () => {
    const { isolate, watch } = await watching({ lifetime_seconds: 60 })
    isolate.aheadMs = 59_000
    expect(await seen(watch)).toBe('alive')
    isolate.aheadMs = 60_000
    expect(await seen(watch)).toBe('expired')
  })

  it('is seen when it was removed and the feed does not say so, after the time of re-reading', async () => {
    const { isolate, session, watch } = await watching()
    await redis('DEL', `sessions:${await slotOf(session.sid)}`)
    isolate.aheadMs = REREAD_AFTER_MS / 2
    expect(await seen(watch)).toBe('alive')
    isolate.aheadMs = REREAD_AFTER_MS
    expect(await seen(watch)).toBe('unknown')
  })
})

/** A sid is the slot and half of the digest. */
async function slotOf(sid: string): Promise<string> {
  const bytes = fromBase64Url(sid)?.slice(0, 16) ?? new Uint8Array()
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

describe('use', () => {
  it('keeps a session from going idle, and an open stream alone does not', async () => {
    const used = await watching({ idle_seconds: 60 })
    const unused = await watching({ idle_seconds: 60 })
    for (let second = 0; second <= 100; second += 20) {
      used.isolate.aheadMs = second * 1000
      expect(await seen(used.watch, true)).toBe('alive')
    }
    unused.isolate.aheadMs = 59_000
    expect(await seen(unused.watch)).toBe('alive')
    unused.isolate.aheadMs = 61_000
    expect(await seen(unused.watch)).toBe('idle')
  })

  it('is written down once in a touch interval', async () => {
    const { isolate, watch } = await watching({ idle_seconds: 100 })
    const commands = await commandsOf(async () => {
      for (let second = 0; second < 30; second++) {
        isolate.aheadMs = second * 1000
        await watch.look(true)
      }
    })
    expect(commands.filter(({ command }) => command[0] === 'HSET')).toHaveLength(2)
  })

  it('by requests elsewhere counts', async () => {
    const { isolate, session, watch } = await watching({ idle_seconds: 60 })
    const elsewhere = new Isolate()
    elsewhere.aheadMs = 50_000
    const other = await elsewhere.watch(session.token)
    await other.look(true)
    const seenKey = `seen:${await slotOf(session.sid)}`
    await expect.poll(() => redis('HLEN', seenKey)).toBe(1)
    isolate.aheadMs = 61_000
    expect(await seen(watch)).toBe('alive')
  })
})

describe('a rotation', () => {
  it('is followed however many there were since the last look, with no pointer left', async () => {
    const { isolate, session, watch } = await watching()
    let { sid } = session
    for (let i = 0; i < 4; i++) {
      const { body } = await worker.api('POST', `/sessions/${sid}/rotate`, { grace_seconds: 0 })
      sid = body.session.sid
    }
    await worker.login({ subject: session.subject })
    isolate.aheadMs = BOUND_MS
    expect(await seen(watch)).toBe('alive')
    await worker.api('DELETE', `/sessions/${sid}`)
    isolate.aheadMs += BOUND_MS
    expect(await seen(watch)).not.toBe('alive')
  })

  it('does not end what was opened with the old token in its grace', async () => {
    const isolate = new Isolate()
    const { sid, token } = await worker.login()
    await worker.api('POST', `/sessions/${sid}/rotate`, { grace_seconds: 5 })
    const watch = await isolate.watch(token)
    isolate.aheadMs = 6000
    expect(await seen(watch)).toBe('alive')
  })

  it('does not hide a revocation that came with it', async () => {
    const { isolate, session, watch } = await watching()
    const { body } = await worker.api('POST', `/sessions/${session.sid}/rotate`, {})
    await worker.api('DELETE', `/sessions/${body.session.sid}`)
    isolate.aheadMs = BOUND_MS
    expect(await seen(watch)).not.toBe('alive')
  })
})

describe('news of others', () => {
  it('is no reason to read a session again, however much of it there is', async () => {
    const { isolate, watch } = await watching()
    for (let round = 0; round < 5; round++) {
      // Together more than the news that is kept: 100 items.
      for (let i = 0; i < 40; i++) await redis('XADD', 'feed', '*', ...otherNews(i))
      await redis('INCRBY', 'feed:head', 40)
      isolate.aheadMs += BOUND_MS
      const commands = await commandsOf(() => watch.look(false))
      expect(commands.map(({ command }) => command[0])).toEqual(['GETEX', 'XRANGE'])
    }
    expect(await seen(watch)).toBe('alive')
  })

  it('from before the session is never held against it', async () => {
    const subject = uniqueSubject()
    const isolate = new Isolate()
    // This isolate hears of the log-out after it has read a session that was made after it.
    await isolate.watch((await worker.login()).token)
    await worker.api('DELETE', `/subjects/${subject}/sessions`)
    const watch = await isolate.watch((await worker.login({ subject })).token)
    const commands = await commandsOf(async () => {
      for (let i = 0; i < 3; i++) {
        expect(await seen(watch)).toBe('alive')
        isolate.aheadMs += BOUND_MS
      }
    })
    expect(commands.map(({ command }) => command[0])).not.toContain('HMGET')
  })
})

const otherNews = (i: number) => ['kind', 'session', 'slot', `other-${i}`, 'family', 'f']

describe('a primary that can not be heard', () => {
  it('ends nothing for the time of riding out, and everything after it', async () => {
    const { isolate, watch } = await watching()
    expect(await seen(watch)).toBe('alive')
    await stand().fault('*', { reset: true })
    isolate.aheadMs = BOUND_MS + RIDE_OUT_MS - 200
    expect(await seen(watch)).toBe('alive')
    isolate.aheadMs = BOUND_MS + RIDE_OUT_MS + 200
    expect(await seen(watch)).toBe('unheard')
  })

  it('is asked by one stream at a time, however many there are', async () => {
    const isolate = new Isolate()
    const { token } = await worker.login()
    const watches = await Promise.all(Array.from({ length: 20 }, () => isolate.watch(token)))
    await stand().fault('*', { status: 500 })
    isolate.aheadMs = 10_000
    await stand().resetStats()
    for (const watch of watches) await watch.look(false)
    // Each attempt is a call with its one retry, and few fit into the time this takes.
    expect((await stand().stats()).httpRequests).toBeLessThan(watches.length)
  })

  it('does not hide what the news has said', async () => {
    const { isolate, session, watch } = await watching()
    await worker.api('DELETE', `/sessions/${session.sid}`)
    isolate.aheadMs = BOUND_MS
    await isolate.watch((await worker.login()).token)
    await stand().fault('*', { reset: true })
    isolate.aheadMs += 2 * BOUND_MS
    expect(await seen(watch)).toBe('revoked')
  })
})
