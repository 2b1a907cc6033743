/**
 * The traps of the store's SDK (platform.md B), one test each: no trouble may pass for "no session", none
 * may tell what was asked, and one deadline covers the call with its retry.
 */
import { afterEach, describe, expect, inject, it } from 'vitest'
import { type Command, Redis, StoreUnavailable } from '../../src/foundation/redis.ts'
import type { Fault } from '../stand/control-api.ts'
import { redis as command, stand } from '../support/stand.ts'

const DEADLINE_MS = 300
/** Generous, for a busy machine; still far under a second attempt with a deadline of its own. */
const SLACK_MS = 250

const client = (over: Partial<ConstructorParameters<typeof Redis>[0]> = {}) => {
  const { regions, token } = inject('stand')
  return new Redis({ url: regions[0]?.url ?? '', token, deadlineMs: DEADLINE_MS, ...over })
}

/** The trouble a call meets; anything but a StoreUnavailable fails the test. */
async function troubleOf(call: Promise<unknown>): Promise<string> {
  const outcome = await call.then(
    (answer) => ({ answer }),
    (error: unknown) => ({ error }),
  )
  if ('answer' in outcome) throw new Error(`answered ${JSON.stringify(outcome.answer)}`)
  expect(outcome.error).toBeInstanceOf(StoreUnavailable)
  return (outcome.error as StoreUnavailable).trouble
}

async function timed<T>(action: () => Promise<T>): Promise<{ value: T; tookMs: number }> {
  const startedAt = Date.now()
  const value = await action()
  return { value, tookMs: Date.now() - startedAt }
}

const CALLS: readonly [string, (redis: Redis, commands: readonly Command[]) => Promise<unknown>][] =
  [
    ['readNearest', (redis, commands) => redis.readNearest(commands)],
    ['readPrimary', (redis, commands) => redis.readPrimary(commands)],
    ['transaction', (redis, commands) => redis.transaction(commands)],
  ]

const QUOTA =
  '{"error":"ERR max requests limit exceeded. Limit: 500000, Usage: 500000. See https://upstash.com/docs"}'

const TROUBLES: readonly [string, Fault, string][] = [
  ['no answer', { hang: true }, 'timeout'],
  ['an answer after the deadline', { delayMs: DEADLINE_MS * 3 }, 'timeout'],
  ['reset connections', { reset: true }, 'network'],
  ['connections reset after the command ran', { resetAfter: true }, 'network'],
  ['401', { unauthorized: true }, 'unauthorized'],
  ['429', { status: 429, body: '{"error":"Too Many Requests"}' }, 'throttled'],
  // The SDK drops the status, so without a word we know it is only known to be no answer.
  ['429 without a word we know', { status: 429 }, 'refused'],
  ['429 with a page', { status: 429, body: '<html>', contentType: 'text/html' }, 'garbage'],
  ['the text of a used-up quota', { status: 400, body: QUOTA }, 'throttled'],
  ['a page of HTML for 502', { status: 502, body: '<html>', contentType: 'text/html' }, 'garbage'],
  ['a page of HTML for 200', { garbage: 'text' }, 'garbage'],
  ['JSON of another shape', { garbage: 'shape' }, 'garbage'],
  ['JSON that is null', { status: 200, body: 'null' }, 'garbage'],
  ['fewer answers than commands', { status: 200, body: '[{"result":null}]' }, 'garbage'],
  ['answers without a result', { status: 200, body: '[{},{}]' }, 'garbage'],
  ['an error that is none we know', { status: 400, body: '{"error":"ERR no idea"}' }, 'refused'],
  ['a plain 500', { status: 500, body: '{}' }, 'refused'],
]

afterEach(() => stand().clearFaults())

describe.each(CALLS)('%s', (_, call) => {
  const get: Command = ['GET', 'redis-test:missing']

  it.each(TROUBLES)(
    'takes %s for trouble, never for an empty answer',
    async (_, fault, trouble) => {
      await stand().fault('primary', fault)
      // transaction() adds no command of its own; two make the short answers short for all three.
      const { value, tookMs } = await timed(() => troubleOf(call(client(), [get, get])))
      expect(value).toBe(trouble)
      expect(tookMs).toBeLessThan(DEADLINE_MS + SLACK_MS)
    },
  )

  it('throws when half the answer is missing', async () => {
    await stand().fault('primary', { halfAnswer: true })
    expect(['network', 'garbage', 'timeout']).toContain(await troubleOf(call(client(), [get])))
  })

  it('answers null for what is not there: that is no trouble', async () => {
    const answer = await call(client(), [get])
    expect(Array.isArray(answer) ? answer : (answer as { replies: unknown }).replies).toEqual([
      null,
    ])
  })

  it('tries once more after a reset connection', async () => {
    await stand().resetStats()
    await stand().fault('primary', { reset: true, times: 1 })
    await call(client(), [get])
    expect((await stand().stats()).httpRequests).toBe(2)
  })

  it('tries once more and not twice', async () => {
    await stand().resetStats()
    await stand().fault('primary', { reset: true })
    expect(await troubleOf(call(client(), [get]))).toBe('network')
    expect((await stand().stats()).httpRequests).toBe(2)
  })

  it('does not repeat what was answered, however badly', async () => {
    await stand().resetStats()
    await stand().fault('primary', { status: 500 })
    await troubleOf(call(client(), [get]))
    expect((await stand().stats()).httpRequests).toBe(1)
  })

  it('has one deadline for both attempts', async () => {
    await stand().fault('primary', { reset: true, delayMs: DEADLINE_MS * 0.7, times: 1 })
    await stand().fault('primary', { hang: true })
    const { value, tookMs } = await timed(() => troubleOf(call(client(), [get])))
    expect(value).toBe('timeout')
    expect(tookMs).toBeGreaterThanOrEqual(DEADLINE_MS * 0.9)
    // A deadline for each attempt would take 1.7 of them.
    expect(tookMs).toBeLessThan(DEADLINE_MS * 1.6)
  })
})

describe('a full database', () => {
  it('is full for a write, and serves reads and deletes', async () => {
    await command('SET', 'redis-test:kept', 'kept')
    await stand().fullDatabase(true)
    try {
      const redis = client()
      expect(await troubleOf(redis.transaction([['SET', 'redis-test:new', 'x']]))).toBe('full')
      expect((await redis.readPrimary([['GET', 'redis-test:kept']])).replies).toEqual(['kept'])
      expect(await redis.transaction([['DEL', 'redis-test:kept']])).toEqual([1])
    } finally {
      await stand().fullDatabase(false)
    }
  })
})

describe('what a StoreUnavailable tells', () => {
  /** All that could be logged of an error, however somebody logs it. */
  function everythingIn(error: unknown, seen = new Set<unknown>()): string {
    if (typeof error !== 'object' || error === null) return String(error)
    if (seen.has(error)) return ''
    seen.add(error)
    const values = Reflect.ownKeys(error).map((key) =>
      everythingIn((error as Record<PropertyKey, unknown>)[key], seen),
    )
    return [String(error), JSON.stringify(error), (error as Error).stack, ...values].join('\n')
  }

  const SECRET_KEY = 'sessions:planted-key'
  const SECRET_ARGUMENT = 'planted-argument'
  const SECRET_TOKEN = 'planted-store-token'
  const SECRET_REPLY = 'planted-reply'

  it.each<[string, Fault]>([
    ...TROUBLES.map(([name, fault]): [string, Fault] => [name, fault]),
    ['a page that quotes', { status: 502, body: `<p>${SECRET_REPLY}`, contentType: 'text/html' }],
    ['an error that quotes', { status: 400, body: `{"error":"ERR ${SECRET_REPLY}"}` }],
  ])('is no key, argument, token or reply: %s', async (_, fault) => {
    const { token } = inject('stand')
    await stand().fault('primary', fault)
    const commands: Command[] = [
      ['HSET', SECRET_KEY, SECRET_ARGUMENT, '1'],
      ['HGET', SECRET_KEY, SECRET_ARGUMENT],
    ]
    const error = await client()
      .transaction(commands)
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(StoreUnavailable)
    const told = everythingIn(error)
    for (const secret of ['planted', token]) expect(told).not.toContain(secret)
    await stand().clearFaults()
    await command('DEL', SECRET_KEY)
  })

  it('is no token when the store refuses it, nor the command it refuses', async () => {
    const wrong = await client({ token: SECRET_TOKEN })
      .readPrimary([['GET', SECRET_KEY]])
      .catch((error: unknown) => error)
    expect(everythingIn(wrong)).not.toContain('planted')
    const refused = await client()
      .transaction([['NOSUCHCOMMAND', SECRET_ARGUMENT]])
      .catch((error: unknown) => error)
    expect(refused).toMatchObject({ name: 'StoreUnavailable', trouble: 'refused' })
    expect(everythingIn(refused)).not.toContain('planted')
  })
})

describe('replies', () => {
  it.each([
    '123',
    '0',
    'null',
    'true',
    '{"a":1}',
    '[1]',
    '"quoted"',
    '',
    '1e5',
    'OK',
    'T0s=',
    'ü☃',
  ])('gives the string %j back as it was stored', async (text) => {
    const key = `redis-test:${crypto.randomUUID()}`
    const redis = client()
    await redis.transaction([['HSET', key, 'field', text]])
    expect((await redis.readPrimary([['HGET', key, 'field']])).replies).toEqual([text])
    expect((await redis.readNearest([['HGETALL', key]])).replies).toEqual([['field', text]])
    await command('DEL', key)
  })

  it('come in the order of the commands, and a read carries the head of the feed', async () => {
    const redis = client()
    const key = `redis-test:${crypto.randomUUID()}`
    const [head, ...rest] = await redis.transaction([
      ['INCR', 'feed:head'],
      ['SET', key, 'a'],
      ['GET', key],
      ['DEL', key],
    ])
    expect(rest).toEqual(['OK', 'a', 1])
    expect(await redis.readPrimary([['GET', key]])).toEqual({ head, replies: [null] })
    expect(await redis.readNearest([['GET', key]])).toEqual({ head, replies: [null] })
  })

  it('are trouble when one command of many failed', async () => {
    const key = `redis-test:${crypto.randomUUID()}`
    await command('SET', key, 'a string')
    const redis = client()
    expect(
      await troubleOf(
        redis.readNearest([
          ['GET', key],
          ['HGETALL', key],
        ]),
      ),
    ).toBe('refused')
    expect(
      await troubleOf(
        redis.readPrimary([
          ['GET', key],
          ['HGETALL', key],
        ]),
      ),
    ).toBe('refused')
    await command('DEL', key)
  })

  it('with a head that is no whole number are garbage', async () => {
    for (const head of ['"x"', '-1', '1.5', '{}']) {
      await stand().fault('primary', {
        status: 200,
        body: `[{"result":${head}},{"result":null}]`,
        times: 1,
      })
      expect(await troubleOf(client().readPrimary([['GET', 'a']]))).toBe('garbage')
    }
  })
})

describe('where a read goes', () => {
  const far = () => client({ url: inject('stand').regions[1]?.url ?? '' })

  it('readPrimary sees what the region has not heard of yet, readNearest does not', async () => {
    const key = `redis-test:${crypto.randomUUID()}`
    await stand().partition('far')
    try {
      await command('SET', key, 'new')
      expect((await far().readNearest([['GET', key]])).replies).toEqual([null])
      expect((await far().readPrimary([['GET', key]])).replies).toEqual(['new'])
    } finally {
      await stand().heal('far')
      await command('DEL', key)
    }
  })

  it('is asked in one request, with nothing sent along', async () => {
    await stand().resetStats()
    await far().readNearest([
      ['GET', 'a'],
      ['HGETALL', 'b'],
    ])
    const { httpRequests, commands } = await stand().stats()
    expect({ httpRequests, commands }).toEqual({ httpRequests: 1, commands: 3 })
    const seen = await stand().commands(3)
    expect(seen.map(({ servedBy, command }) => [servedBy, ...command])).toEqual([
      ['replica', 'GET', 'feed:head'],
      ['replica', 'GET', 'a'],
      ['replica', 'HGETALL', 'b'],
    ])
  })
})
