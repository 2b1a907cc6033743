/** Each fault, as it looks through the SDK with the product's settings (two attempts). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Stand, startStand } from '../http-redis.ts'
import { command, sdk, VARIANTS } from './stands.ts'

const QUOTA =
  '{"error":"ERR max requests limit exceeded. Limit: 500000, Usage: 500000. See https://upstash.com/docs"}'

describe.each(VARIANTS)('faults over $name', ({ backend }) => {
  let stand: Stand

  beforeAll(async () => {
    const regions = ['home', 'far'].map((name) => ({ name, lagMs: 0 }))
    stand = await startStand({ backend, regions })
  })
  afterAll(() => stand.stop())
  beforeEach(() => stand.control.flush())

  const count = () => command(stand, 'home', 'GETEX', 'n')

  it('delays the answer, not the command', async () => {
    await stand.control.fault('far', { delayMs: 120 })
    const before = performance.now()
    const answer = sdk(stand, 'far').incr('n')
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(await count()).toBe('1')
    expect(await answer).toBe(1)
    expect(performance.now() - before).toBeGreaterThanOrEqual(118)
  })

  it('answers late enough to carry what was true before', async () => {
    await command(stand, 'home', 'SET', 'key', 'old')
    await stand.control.fault('home', { delayMs: 80, times: 1 })
    const late = sdk(stand, 'home').get('key')
    await new Promise((resolve) => setTimeout(resolve, 30))
    await command(stand, 'home', 'SET', 'key', 'new')
    expect(await late).toBe('old')
  })

  it('hangs: the caller runs into its own deadline, and nothing has run', async () => {
    await stand.control.fault('*', { hang: true, times: 1 })
    await expect(sdk(stand, 'far', 100).incr('n')).rejects.toThrow(
      expect.objectContaining({ name: 'TimeoutError' }),
    )
    expect(await count()).toBeNull()
  })

  it('resets the connection before anything ran', async () => {
    await stand.control.fault('far', { reset: true })
    await expect(sdk(stand, 'far').incr('n')).rejects.toThrow('fetch failed')
    await stand.control.clearFaults()
    expect(await count()).toBeNull()
  })

  it('resets once: the second attempt of the SDK succeeds', async () => {
    await stand.control.fault('far', { reset: true, times: 1 })
    expect(await sdk(stand, 'far').incr('n')).toBe(1)
  })

  it('resets after the command ran: a retry runs it twice', async () => {
    await stand.control.fault('far', { resetAfter: true, times: 1 })
    expect(await sdk(stand, 'far').incr('n')).toBe(2)
    await stand.control.fault('far', { resetAfter: true })
    await expect(sdk(stand, 'far').incr('n')).rejects.toThrow('fetch failed')
    expect(await count()).toBe('4')
  })

  it('breaks off in the middle of the answer to a command that ran', async () => {
    await stand.control.fault('far', { halfAnswer: true })
    await expect(sdk(stand, 'far').incr('n')).rejects.toThrow('terminated')
    expect(await count()).toBe('1')
  })

  it('answers with a status and a page of HTML', async () => {
    const body = '<html><h1>502 Bad Gateway</h1></html>'
    await stand.control.fault('far', { status: 502, body, contentType: 'text/html' })
    await expect(sdk(stand, 'far').incr('n')).rejects.toThrow(/Unable to parse response body/)
    expect(await count()).toBeNull()
  })

  it('answers with a status and an error of Redis', async () => {
    await stand.control.fault('far', { status: 429, body: QUOTA })
    await expect(sdk(stand, 'far').get('n')).rejects.toThrow(/max requests limit exceeded/)
    await stand.control.clearFaults()
    await stand.control.fault('far', { status: 503 })
    await expect(sdk(stand, 'far').get('n')).rejects.toThrow(/ERR fault 503/)
  })

  it('answers 200 with what is no JSON', async () => {
    await stand.control.fault('far', { garbage: 'text' })
    await expect(sdk(stand, 'far').incr('n')).rejects.toThrow(/Unable to parse response body/)
    expect(await count()).toBeNull()
  })

  it('answers 200 with JSON of another shape, to a command and to a transaction', async () => {
    await stand.control.fault('far', { garbage: 'shape' })
    await expect(sdk(stand, 'far').get('n')).rejects.toThrow('did not return a result')
    await expect(sdk(stand, 'far').multi().get('n').exec()).rejects.toThrow(TypeError)
  })

  it('refuses the token, as after a rotation', async () => {
    await stand.control.fault('far', { unauthorized: true })
    await expect(sdk(stand, 'far').incr('n')).rejects.toThrow(/WRONGPASS/)
    expect(await count()).toBeNull()
  })

  it('applies to its region only, to all with *, and to none once cleared', async () => {
    await stand.control.fault('far', { unauthorized: true })
    expect(await sdk(stand, 'home').incr('n')).toBe(1)
    await stand.control.fault('*', { unauthorized: true })
    await expect(sdk(stand, 'home').incr('n')).rejects.toThrow(/WRONGPASS/)
    await stand.control.clearFaults()
    expect(await sdk(stand, 'far').incr('n')).toBe(2)
  })

  it('applies to as many requests as it says', async () => {
    await stand.control.fault('far', { unauthorized: true, times: 2 })
    await expect(sdk(stand, 'far').incr('n')).rejects.toThrow()
    await expect(sdk(stand, 'far').incr('n')).rejects.toThrow()
    expect(await sdk(stand, 'far').incr('n')).toBe(1)
  })

  it('applies with its probability, the same way for the same seed', async () => {
    const round = async (seed: number) => {
      await stand.control.clearFaults()
      await stand.control.fault('far', { unauthorized: true, probability: 0.3, seed })
      const outcomes: string[] = []
      for (let n = 0; n < 60; n += 1) {
        outcomes.push(
          await sdk(stand, 'far')
            .ping()
            .then(
              () => '.',
              () => 'x',
            ),
        )
      }
      return outcomes.join('')
    }
    const first = await round(7)
    const failed = first.split('x').length - 1
    expect(failed).toBeGreaterThan(6)
    expect(failed).toBeLessThan(36)
    expect(await round(7)).toBe(first)
    expect(await round(8)).not.toBe(first)
  })

  it.each([
    {},
    { hang: false },
    { reset: true, hang: true },
    { status: '502' },
    { garbage: 'both' },
    { body: 'x', hang: true },
    { delay: 10 },
  ])('refuses %j, which is no fault', async (fault) => {
    await expect(stand.control.fault('far', fault as never)).rejects.toThrow()
    expect(await sdk(stand, 'far').ping()).toBe('PONG')
  })
})
