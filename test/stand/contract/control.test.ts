/** The control over HTTP does what the control in the process does, by the same words. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { standControl } from '../control-client.ts'
import type { Stand } from '../http-redis.ts'
import { command, post, sleep, startTwoRegions, untilSeen, VARIANTS } from './stands.ts'

describe.each(VARIANTS)('control over HTTP, over $name', ({ backend }) => {
  let stand: Stand
  let control: ReturnType<typeof standControl>

  beforeAll(async () => {
    stand = await startTwoRegions(backend, 0)
    control = standControl(stand.controlUrl)
  })
  afterAll(() => stand.stop())
  beforeEach(() => control.flush())

  it('sets faults and clears them', async () => {
    await control.fault('far', { status: 503, body: '{"error":"ERR down"}', times: 5 })
    expect(await command(stand, 'far', 'PING')).toBe('ERR down')
    await control.clearFaults()
    expect(await command(stand, 'far', 'PING')).toBe('PONG')
  })

  it('partitions, heals and sets the lag', async () => {
    await control.partition('far')
    await command(stand, 'home', 'SET', 'key', 'x')
    await sleep(40)
    expect(await command(stand, 'far', 'GET', 'key')).toBeNull()
    await control.heal('far')
    await untilSeen(stand, 'far', ['GET', 'key'], 'x', performance.now())
    await control.setLag('far', 100)
    const before = performance.now()
    await command(stand, 'home', 'SET', 'key', 'y')
    const seen = await untilSeen(stand, 'far', ['GET', 'key'], 'y', before)
    expect(seen).toBeGreaterThan(95)
  })

  it('fails over, and kills and restarts the primary', async () => {
    await control.failover('far')
    await command(stand, 'far', 'SET', 'key', 'x')
    await control.killPrimary()
    await expect(command(stand, 'far', 'GET', 'key')).rejects.toThrow('fetch failed')
    await control.restartPrimary()
    expect(await command(stand, 'far', 'GET', 'key')).toBe('x')
  })

  it('fills the database', async () => {
    await control.fullDatabase(true)
    expect(await command(stand, 'home', 'SET', 'key', 'x')).toBe('ERR DB capacity quota exceeded')
    await control.fullDatabase(false)
    expect(await command(stand, 'home', 'SET', 'key', 'x')).toBe('OK')
  })

  it('makes room for good, whatever transactions are on their way', async () => {
    for (let round = 0; round < 10; round++) {
      await control.fullDatabase(true)
      const reads = Array.from({ length: 20 }, () =>
        post(stand, 'home', '/multi-exec', [['GET', 'key']]),
      )
      await Promise.all([...reads, control.fullDatabase(false)])
      expect(await command(stand, 'home', 'SET', 'key', 'x')).toBe('OK')
    }
  })

  it('counts requests and commands, by region', async () => {
    await post(stand, 'home', '/pipeline', [['PING'], ['PING'], ['PING']])
    await post(stand, 'far', '/', ['PING'])
    await post(stand, 'far', '/', ['PING'], { authorization: 'Bearer wrong' })
    expect(await control.stats()).toEqual({
      httpRequests: 3,
      commands: 4,
      byRegion: {
        home: { httpRequests: 1, commands: 3 },
        far: { httpRequests: 2, commands: 1 },
      },
    })
    await control.resetStats()
    expect((await control.stats()).httpRequests).toBe(0)
  })

  it('shows the last commands, 2000 at most', async () => {
    await post(stand, 'far', '/', ['GET', 'key'])
    await post(stand, 'far', '/multi-exec', [['SET', 'key', 'x']])
    expect(await control.commands()).toEqual([
      { region: 'far', servedBy: 'replica', multi: false, command: ['GET', 'key'] },
      { region: 'far', servedBy: 'primary', multi: true, command: ['SET', 'key', 'x'] },
    ])
    const many = Array.from({ length: 2100 }, (_, index) => ['ECHO', String(index)])
    await post(stand, 'home', '/pipeline', many)
    const all = await control.commands()
    expect(all.length).toBe(2000)
    expect(all[0]?.command).toEqual(['ECHO', '100'])
    expect((await control.commands(2)).map(({ command: [, n] }) => n)).toEqual(['2098', '2099'])
    expect(await control.commands(0)).toEqual([])
  })

  it('empties all copies and undoes all faults on flush', async () => {
    await command(stand, 'home', 'SET', 'key', 'x')
    await untilSeen(stand, 'far', ['GET', 'key'], 'x', performance.now())
    await control.partition('far')
    await control.fullDatabase(true)
    await control.fault('*', { hang: true })
    await control.killPrimary()
    await control.flush()
    expect(await command(stand, 'far', 'EXISTS', 'key')).toBe(0)
    expect(await command(stand, 'home', 'EXISTS', 'key')).toBe(0)
    expect(await command(stand, 'home', 'SET', 'key', 'y')).toBe('OK')
    await untilSeen(stand, 'far', ['GET', 'key'], 'y', performance.now())
  })

  it('says why it cannot carry out an order', async () => {
    await expect(control.partition('nowhere')).rejects.toThrow('no region named nowhere')
    await expect(control.fault('far', { hang: true, reset: true } as never)).rejects.toThrow(
      'one fault, one effect',
    )
    await expect(control.setLag('far', -1)).rejects.toThrow('lagMs must be a number')
    const response = await fetch(`${stand.controlUrl}/nothing`)
    expect(response.status).toBe(400)
  })
})
