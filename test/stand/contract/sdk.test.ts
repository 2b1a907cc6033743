/** The real `@upstash/redis`, as it comes and as the product sets it up, against every backend. */
import { Redis } from '@upstash/redis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Stand, startStand } from '../http-redis.ts'
import { sdk, urlOf, VARIANTS } from './stands.ts'

describe.each(VARIANTS)('the SDK over $name', ({ backend }) => {
  let stand: Stand

  beforeAll(async () => {
    stand = await startStand({ backend, regions: [{ name: 'home', lagMs: 0 }] })
  })
  afterAll(() => stand.stop())
  beforeEach(() => stand.control.flush())

  describe.each([
    {
      settings: 'its own defaults',
      make: () => new Redis({ url: urlOf(stand, 'home'), token: stand.token }),
    },
    { settings: 'the settings of the product', make: () => sdk(stand, 'home') },
  ])('with $settings', ({ make, settings }) => {
    it('sets, gets and deletes a string, whatever its letters', async () => {
      const redis = make()
      expect(await redis.set('key', 'grüße, 世界 🎉')).toBe('OK')
      expect(await redis.get('key')).toBe('grüße, 世界 🎉')
      expect(await redis.del('key', 'none')).toBe(1)
      expect(await redis.get('key')).toBeNull()
    })

    it('returns a value that is the text OK, alone and inside an array', async () => {
      const redis = make()
      await redis.hset('hash', { state: 'OK' })
      await redis.set('key', 'OK')
      expect(await redis.get('key')).toBe('OK')
      expect(await redis.hmget('hash', 'state', 'none')).toEqual(
        settings === 'its own defaults' ? { state: 'OK', none: null } : ['OK', null],
      )
    })

    it('reads a hash whole', async () => {
      const redis = make()
      expect(await redis.hset('hash', { a: 'x', b: 'y' })).toBe(2)
      expect(await redis.hget('hash', 'a')).toBe('x')
      expect(await redis.hgetall('hash')).toEqual(
        settings === 'its own defaults' ? { a: 'x', b: 'y' } : ['a', 'x', 'b', 'y'],
      )
      expect(await redis.hdel('hash', 'a', 'b')).toBe(2)
      expect(await redis.exists('hash')).toBe(0)
    })

    it('expires a key', async () => {
      const redis = make()
      await redis.set('key', 'x', { px: 40 })
      expect(await redis.pttl('key')).toBeGreaterThan(0)
      await new Promise((resolve) => setTimeout(resolve, 60))
      expect(await redis.get('key')).toBeNull()
    })

    it('adds to a stream and reads it back from an exclusive id', async () => {
      const redis = make()
      const first = await redis.xadd('feed', '*', { what: 'one' })
      const second = await redis.xadd('feed', '*', { what: 'two' })
      const later = await redis.xrange('feed', `(${first}`, '+')
      expect(JSON.stringify(later)).toContain(second)
      expect(JSON.stringify(later)).not.toContain(first)
      expect(await redis.xlen('feed')).toBe(2)
    })

    it('runs a transaction and returns each result', async () => {
      const redis = make()
      const results = await redis.multi().incr('n').incr('n').set('key', 'x').get('key').exec()
      expect(results).toEqual([1, 2, 'OK', 'x'])
    })

    it('throws away a transaction with an unknown command, whole', async () => {
      const redis = make()
      const transaction = redis.multi().set('key', 'x').json.set('doc', '$', { a: 1 })
      await expect(transaction.exec()).rejects.toThrow(/EXECABORT.*unknown command 'JSON.SET'/)
      expect(await redis.get('key')).toBeNull()
    })

    it('reports the failed command of a pipeline and runs the others', async () => {
      const redis = make()
      await redis.set('key', 'text')
      const results = await redis
        .pipeline()
        .incr('key')
        .set('other', 'x')
        .exec({ keepErrors: true })
      expect(results[0]?.error).toBe('ERR value is not an integer or out of range')
      expect(results[1]?.result).toBe('OK')
    })

    it('throws the error of a single command', async () => {
      const redis = make()
      await redis.hset('hash', { a: 'x' })
      await expect(redis.get('hash')).rejects.toThrow(/WRONGTYPE Operation against a key/)
    })
  })
})
