/** The shapes on the wire, by raw fetch: statuses, errors, encoding, forms of a request. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Stand, startStand } from '../http-redis.ts'
import { command, post, urlOf, VARIANTS } from './stands.ts'

const WRONGPASS = { error: 'WRONGPASS invalid or missing auth token' }

describe.each(VARIANTS)('REST over $name', ({ backend }) => {
  let stand: Stand
  let url: string

  beforeAll(async () => {
    stand = await startStand({ backend, regions: [{ name: 'home', lagMs: 0 }] })
    url = urlOf(stand, 'home')
  })
  afterAll(() => stand.stop())
  beforeEach(() => stand.control.flush())

  const get = async (path: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${stand.token}` }
    const response = await fetch(url + path, { headers, ...init })
    return { status: response.status, body: await response.json(), headers: response.headers }
  }

  it.each(['/', '/pipeline', '/multi-exec', '/get/key'])(
    'refuses %s without the token, and with a wrong one',
    async (path) => {
      const body = JSON.stringify(path === '/' ? ['SET', 'key', 'x'] : [['SET', 'key', 'x']])
      for (const headers of [
        {},
        { authorization: 'Bearer wrong' },
        { authorization: stand.token },
      ]) {
        const answer = await get(path, { method: 'POST', headers, body })
        expect(answer.status).toBe(401)
        expect(answer.body).toEqual(WRONGPASS)
      }
      expect(await command(stand, 'home', 'EXISTS', 'key')).toBe(0)
    },
  )

  it('takes the token from the query, too', async () => {
    expect((await get(`/ping?_token=${stand.token}`, { headers: {} })).body).toEqual({
      result: 'PONG',
    })
  })

  it('answers a single command with a result, and another sync token each time', async () => {
    const first = await get('/set/key/x')
    const second = await get('/get/key')
    expect(first.status).toBe(200)
    expect(first.body).toEqual({ result: 'OK' })
    expect(second.body).toEqual({ result: 'x' })
    const tokens = [first, second].map(({ headers }) => headers.get('upstash-sync-token'))
    expect(tokens[0]).toBeTruthy()
    expect(tokens[0]).not.toBe(tokens[1])
  })

  it('answers a failed single command with 400 and its error', async () => {
    expect(await post(stand, 'home', '/', ['SET', 'key'])).toEqual({
      status: 400,
      body: { error: "ERR wrong number of arguments for 'set' command" },
    })
    expect(await post(stand, 'home', '/', ['Nope', 'a'])).toEqual({
      status: 400,
      body: { error: "ERR unknown command 'Nope', with args beginning with: 'a' " },
    })
  })

  it('answers a pipeline with 200 and one result or error each', async () => {
    const answer = await post(stand, 'home', '/pipeline', [
      ['SET', 'n', 1],
      ['HGET', 'n', 'f'],
      ['WATCH', 'n'],
      ['INCRBY', 'n', 41],
    ])
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual([
      { result: 'OK' },
      { error: 'WRONGTYPE Operation against a key holding the wrong kind of value' },
      { error: expect.stringContaining("ERR Command is not available: 'WATCH'") },
      { result: 42 },
    ])
  })

  it('keeps the effects of a transaction in which a command fails as it runs', async () => {
    const answer = await post(stand, 'home', '/multi-exec', [
      ['SET', 'key', 'text'],
      ['INCR', 'key'],
      ['GET', 'key'],
    ])
    expect(answer).toEqual({
      status: 200,
      body: [
        { result: 'OK' },
        { error: 'ERR value is not an integer or out of range' },
        { result: 'text' },
      ],
    })
  })

  it.each([
    { what: 'an unknown command', wrong: ['NOPE'] },
    { what: 'too few arguments', wrong: ['GET'] },
    { what: 'a command not served over REST', wrong: ['WATCH', 'key'] },
  ])('discards a transaction with $what, whole', async ({ wrong }) => {
    const answer = await post(stand, 'home', '/multi-exec', [['SET', 'key', 'x'], wrong])
    expect(answer.status).toBe(400)
    expect(answer.body).toEqual({
      error: expect.stringMatching(/^EXECABORT Transaction discarded/),
    })
    expect(await command(stand, 'home', 'EXISTS', 'key')).toBe(0)
  })

  it.each(['BLPOP', 'WATCH', 'SUBSCRIBE', 'MULTI', 'EXEC', 'CONFIG', 'SHUTDOWN', 'select'])(
    'refuses %s by name',
    async (name) => {
      const answer = await post(stand, 'home', '/', [name, 'a', 'b'])
      expect(answer.status).toBe(400)
      expect(answer.body).toEqual({
        error: expect.stringContaining(`ERR Command is not available: '${name.toUpperCase()}'`),
      })
    },
  )

  it('refuses a read of a stream that would block', async () => {
    const words = ['XREAD', 'BLOCK', '0', 'STREAMS', 'feed', '$']
    expect(await command(stand, 'home', ...words)).toMatch(/not available: 'XREAD'/)
  })

  it('encodes every string but OK in base64 where asked to', async () => {
    const headers = { 'upstash-encoding': 'base64' }
    const answer = await post(
      stand,
      'home',
      '/pipeline',
      [
        ['SET', 'key', 'é'],
        ['GET', 'key'],
        ['INCR', 'n'],
        ['XADD', 'feed', '1-1', 'a', 'OK'],
        ['XRANGE', 'feed', '-', '+'],
        ['GET', 'none'],
      ],
      headers,
    )
    expect(answer.body).toEqual([
      { result: 'OK' },
      { result: 'w6k=' },
      { result: 1 },
      { result: 'MS0x' },
      { result: [['MS0x', ['YQ==', 'T0s=']]] },
      { result: null },
    ])
  })

  it('takes a command as a path, with its body and its options', async () => {
    await get('/set/a%2Fb?EX=100', { method: 'POST', body: 'x y' })
    expect(await command(stand, 'home', 'GET', 'a/b')).toBe('x y')
    expect(await command(stand, 'home', 'TTL', 'a/b')).toBeGreaterThan(90)
    expect((await get('/set/a%2Fb/z?NX')).body).toEqual({ result: null })
  })

  it.each([
    { what: 'no JSON', body: 'SET a b' },
    { what: 'no array', body: '{"a":1}' },
    { what: 'an empty array', body: '[]' },
    { what: 'an argument that is an object', body: '["SET","a",{}]' },
  ])('answers 400 to a body that is $what', async ({ body }) => {
    const answer = await get('/', { method: 'POST', body })
    expect(answer.status).toBe(400)
    expect(answer.body).toEqual({ error: expect.stringMatching(/^ERR /) })
  })

  it('answers 405 to another method', async () => {
    expect((await get('/get/key', { method: 'DELETE' })).status).toBe(405)
  })
})
