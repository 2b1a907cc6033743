/**
 * One deadline for all that a request reads: each reply may come in time, and the visitor still waits no longer
 * for a 503 than a single call may take.
 */
import { afterEach, beforeEach, expect, inject, it } from 'vitest'
import { tokenKeys } from '../../src/foundation/config-keys.ts'
import { Redis, StoreUnavailable } from '../../src/foundation/redis.ts'
import { Introspector } from '../../src/session/introspection.ts'
import { slotOf, TokenSealer } from '../../src/session/token.ts'
import { stand } from '../support/stand.ts'

const DEADLINE_MS = 600
const sealer = new TokenSealer('sess', tokenKeys.parse(`a:${'A'.repeat(43)}`))
const sealed = async (subject: string) => (await sealer.seal(await slotOf(subject))).token
const caller = {
  place: { ip: null, country: null, city: null },
  waitUntil: (work: Promise<unknown>) => void work.catch(() => undefined),
}

function introspectorFar() {
  const { regions, token } = inject('stand')
  const redis = new Redis({ url: regions[1]?.url ?? '', token, deadlineMs: DEADLINE_MS })
  const options = {
    maxStalenessMs: 60_000,
    outageGraceMs: 0,
    rideOutMs: 30_000,
    deadlineMs: DEADLINE_MS,
    rereadAfterMs: 300_000,
    memory: { maxEntries: 10, maxBytes: 100_000 },
    news: { maxItems: 100, maxAgeMs: 300_000 },
  }
  return new Introspector(redis, sealer, options, () => undefined, Date.now)
}

beforeEach(() => stand().flush())
afterEach(() => stand().flush())

it('a miss at the nearest region that takes most of it leaves the primary only the rest', async () => {
  const introspector = introspectorFar()
  // The feed is heard, so that the next unknown session is first looked for nearby.
  await introspector.introspect(await sealed('somebody'), 'bounded', caller)
  const token = await sealed('somebody else')
  await stand().fault('*', { delayMs: DEADLINE_MS * 0.7 })
  const startedAtMs = performance.now()
  const asked = Promise.resolve(introspector.introspect(token, 'bounded', caller))
  await expect(asked).rejects.toEqual(new StoreUnavailable('timeout'))
  const tookMs = performance.now() - startedAtMs
  expect(tookMs).toBeGreaterThan(DEADLINE_MS * 0.9)
  expect(tookMs).toBeLessThan(DEADLINE_MS * 1.3)
})

it('two quick reads are no trouble', async () => {
  const introspector = introspectorFar()
  await introspector.introspect(await sealed('somebody'), 'bounded', caller)
  await stand().fault('*', { delayMs: DEADLINE_MS * 0.2 })
  expect(await introspector.introspect(await sealed('another'), 'bounded', caller)).toEqual({
    active: false,
    reason: 'unknown',
  })
})
