/**
 * A use that is written down after its session ended leaves nothing behind of where somebody was.
 */
import { expect, inject, it } from 'vitest'
import { Redis } from '../../src/foundation/redis.ts'
import { touch } from '../../src/session/touch.ts'
import type { LiveSession } from '../../src/vocabulary/session.ts'
import { redis, stand } from '../support/stand.ts'

it.each([true, false])('nor of what was written along (first use: %s)', async (isFirst) => {
  await stand().flush()
  const { regions, token } = inject('stand')
  const store = new Redis({ url: regions[0]?.url ?? '', token, deadlineMs: 1000 })
  const address = { slot: 'A'.repeat(22), digest: 'B'.repeat(22) }
  const live = { session: { address, expiresAtMs: Date.now() + 60_000 } } as LiveSession
  const seen = { atMs: Date.now(), ip: '192.0.2.1', country: 'GB', city: 'London' }
  await touch(store, live, seen, isFirst, [`here:${address.digest}`, '1 2'])
  expect(await redis('EXISTS', `seen:${address.slot}`)).toBe(0)
})
