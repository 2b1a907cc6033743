/** The memory backend against a real Redis: the same commands must get the same replies. */
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Stand, startStand } from '../http-redis.ts'
import { normalise } from './normalise.ts'
import { SEQUENCES, TRANSACTIONS } from './sequences.ts'
import { post, redisServer } from './stands.ts'

describe.skipIf(redisServer === undefined)('memory and Redis agree on', () => {
  let memory: Stand
  let redis: Stand

  beforeAll(async () => {
    const regions = [{ name: 'home', lagMs: 0 }]
    memory = await startStand({ backend: 'memory', regions })
    redis = await startStand({ backend: { redisServer: redisServer ?? '' }, regions })
  })
  afterAll(() => Promise.all([memory.stop(), redis.stop()]))
  beforeEach(() => Promise.all([memory.control.flush(), redis.control.flush()]))

  /** The commands with what came back, so that a difference shows which of them it was. */
  async function transcript(stand: Stand, path: string, commands: string[][]): Promise<unknown> {
    const { status, body } = await post(stand, 'home', path, commands)
    if (!Array.isArray(body)) return { status, body }
    return body.map((entry: { result?: unknown; error?: string }, index) => {
      const command = commands[index] ?? []
      const reply = 'error' in entry ? { error: entry.error } : normalise(command, entry.result)
      return { command: command.join(' '), reply }
    })
  }

  async function compare(path: string, commands: string[][]): Promise<void> {
    const [ours, theirs] = await Promise.all([
      transcript(memory, path, commands),
      transcript(redis, path, commands),
    ])
    expect(ours).toEqual(theirs)
  }

  it.each(Object.keys(SEQUENCES))('%s', async (name) => {
    await compare('/pipeline', SEQUENCES[name] ?? [])
  })

  it('transactions', async () => {
    for (const commands of TRANSACTIONS) await compare('/multi-exec', commands)
  })

  it('TIME', async () => {
    const commands = [['TIME']]
    for (const stand of [memory, redis]) {
      const { body } = await post(stand, 'home', '/pipeline', commands)
      const [{ result: [seconds, microseconds] = [] } = {}] = body as { result: string[] }[]
      expect(Math.abs(Number(seconds) - Date.now() / 1000)).toBeLessThan(2)
      expect(Number(microseconds)).toBeLessThan(1_000_000)
    }
  })

  it('what a full database refuses', async () => {
    const words = (text: string) => text.split('; ').map((line) => line.split(' '))
    await compare(
      '/pipeline',
      words('MSET a 1 b 2; HSET h f 1 g 2; XADD s 1-1 a b; XADD s 2-1 a b'),
    )
    await Promise.all([memory, redis].map((stand) => stand.control.fullDatabase(true)))
    const commands = words(
      `SET a 2; SETEX a 100 2; MSET a 2; INCR a; INCRBY a 2; DECR a; HSET h f 2; HSETNX h z 2
      HINCRBY h f 1; COPY h i; XADD s * a b; GET a; HGETALL h; GETEX a EX 100; EXPIRE h 100; PERSIST h
      HDEL h f; XDEL s 1-1; XTRIM s MAXLEN 0; GETDEL a; DEL b; UNLINK h; DBSIZE; FLUSHALL`.replace(
        /\n\s+/g,
        '; ',
      ),
    )
    await compare('/pipeline', commands)
    for (const command of commands) await compare('/multi-exec', [['DEL', 'none'], command])
  })

  it('random sequences over few keys', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyCommand, { maxLength: 25 }),
        fc.boolean(),
        async (some, atomic) => {
          await compare(atomic ? '/multi-exec' : '/pipeline', [['FLUSHALL'], ...some])
        },
      ),
      { numRuns: 300 },
    )
  }, 15_000)
})

const oneOf = (...words: string[]) => fc.constantFrom(...words)
const key = oneOf('a', 'b', 'c')
const field = oneOf('f', 'g', 'h')
const value = oneOf('x', '', '0', '7', '-3', '9223372036854775807')
const relative = oneOf('100', '200', '0', '-1', 'x')
const absolute = fc
  .constantFrom(1000, 2000, 3000)
  .map((s) => String(Math.floor(Date.now() / 1000) + s))
const id = oneOf('1-1', '1-2', '2-0', '2-*', '3', '5-5', '*', '0-0', 'x')
const bound = oneOf('-', '+', '1', '(1-1', '1-2', '(2', '5-5', 'x')
const some = (...words: string[]) => fc.subarray(words)
const line = (...parts: fc.Arbitrary<string | string[]>[]) =>
  fc.tuple(...parts).map((p) => p.flat())
const word = (text: string) => fc.constant(text)

/**
 * GT and LT come with absolute times only: two relative ones would differ, or not, by the
 * millisecond in which each backend ran them.
 */
const anyCommand: fc.Arbitrary<string[]> = fc.oneof(
  line(word('SET'), key, value, some('NX', 'XX', 'GET', 'KEEPTTL')),
  line(word('SET'), key, value, oneOf('EX'), relative, some('NX', 'GET')),
  line(word('SET'), key, value, oneOf('EXAT'), absolute),
  line(oneOf('GET', 'GETDEL', 'INCR', 'DECR', 'TYPE', 'TTL', 'PTTL', 'PERSIST', 'XLEN'), key),
  line(oneOf('HGETALL', 'HLEN', 'HKEYS', 'HVALS', 'EXPIRETIME', 'PEXPIRETIME', 'GETEX'), key),
  line(oneOf('DEL', 'UNLINK', 'EXISTS', 'MGET'), key, key),
  line(word('COPY'), key, key, some('REPLACE')),
  line(word('GETEX'), key, fc.oneof(oneOf('PERSIST'), fc.tuple(oneOf('EX'), relative))),
  line(word('INCRBY'), key, value),
  line(word('MSET'), key, value, key, value),
  line(word('SETEX'), key, relative, value),
  line(word('HSET'), key, field, value, field, value),
  line(oneOf('HSETNX', 'HINCRBY'), key, field, value),
  line(oneOf('HGET', 'HEXISTS'), key, field),
  line(oneOf('HDEL', 'HMGET'), key, field, field),
  line(word('EXPIRE'), key, relative, some('NX', 'XX')),
  line(word('EXPIREAT'), key, absolute, some('NX', 'XX', 'GT', 'LT')),
  line(word('XADD'), key, some('NOMKSTREAM'), id, field, value),
  line(word('XADD'), key, oneOf('MAXLEN'), some('='), oneOf('0', '2', '-1'), id, field, value),
  line(word('XADD'), key, oneOf('MINID'), some('~'), oneOf('1', '2-0', '4'), id, field, value),
  line(word('XTRIM'), key, oneOf('MAXLEN', 'MINID'), some('~', '='), oneOf('0', '1', '2', '5')),
  line(word('XDEL'), key, oneOf('1-1', '2-0', 'x'), oneOf('1-2', '5-5')),
  line(word('XRANGE'), key, bound, bound),
  line(word('XREVRANGE'), key, bound, bound, word('COUNT'), oneOf('0', '1', '2')),
  line(oneOf('DBSIZE')),
  line(word('KEYS'), oneOf('*', '[ab]', '?')),
)
