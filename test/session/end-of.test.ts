/** When a session is over: to the millisecond, whichever of its ends comes first. Pure. */
import { describe, expect, it } from 'vitest'
import { endOf, epochOf, idleExpiresAtMs, touchIntervalMs } from '../../src/session/lifetime.ts'
import type { DecidingSession, LastSeen } from '../../src/vocabulary/session.ts'

const session: DecidingSession = {
  address: { slot: 's', digest: 'd' },
  root: 'd',
  createdAtMs: 1_000_000,
  issuedAtMs: 1_000_000,
  expiresAtMs: 1_600_000,
  idleMs: 300_000,
  authTimeMs: 0,
  labels: { tier: 'gold', a: 'b:c' },
}
const seenAt = (atMs: number): LastSeen => ({ atMs, ip: null, country: null, city: null })
const none = new Map<string, number>()

describe('endOf', () => {
  it.each([
    ['never used, a millisecond before its idle end', null, 1_299_999, null],
    ['never used, at its idle end', null, 1_300_000, 'idle'],
    ['used last, a millisecond before', seenAt(1_299_999), 1_599_998, null],
    ['used last, at its idle end', seenAt(1_299_998), 1_599_998, 'idle'],
    ['a millisecond before its absolute end', seenAt(1_599_000), 1_599_999, null],
    ['at its absolute end, however busy', seenAt(1_599_999), 1_600_000, 'expired'],
    ['a touch that came late and is older than the token', seenAt(1), 1_299_999, null],
  ] as const)('%s', (_, lastSeen, nowMs, expected) => {
    expect(endOf(session, lastSeen, none, nowMs)).toBe(expected)
  })

  it('has no idle end with idle 0', () => {
    const restless = { ...session, idleMs: 0 }
    expect(idleExpiresAtMs(restless, null)).toBeNull()
    expect(endOf(restless, null, none, 1_599_999)).toBeNull()
  })

  it('counts idle time from the latest rotation too', () => {
    const rotated = { ...session, issuedAtMs: 1_200_000 }
    expect(endOf(rotated, null, none, 1_499_999)).toBeNull()
    expect(endOf(rotated, null, none, 1_500_000)).toBe('idle')
  })
})

describe('epochs', () => {
  it('end what was created before them, and not at them', () => {
    expect(endOf(session, null, new Map([['*', 1_000_000]]), 1_000_001)).toBeNull()
    expect(endOf(session, null, new Map([['*', 1_000_001]]), 1_000_001)).toBe('revoked')
  })

  it('the latest of all that apply counts, and none that does not', () => {
    const epochs = new Map([
      ['*', 5],
      ['tier:gold', 7],
      ['a:b:c', 6],
      ['tier:silver', 99],
      ['gold', 99],
    ])
    expect(epochOf(session, epochs)).toBe(7)
    expect(epochOf({ labels: {} }, epochs)).toBe(5)
    expect(epochOf({ labels: { tier: 'bronze' } }, none)).toBe(0)
  })
})

it('a use is written down at most once in a tenth of the idle time, or a minute', () => {
  expect(touchIntervalMs(session)).toBe(30_000)
  expect(touchIntervalMs({ ...session, idleMs: 86_400_000 })).toBe(60_000)
  expect(touchIntervalMs({ ...session, idleMs: 0 })).toBe(60_000)
})
