/**
 * A swap whose first reply is lost and that the SDK sends again: it must see what another edge had written meanwhile,
 * and what it would have told the first time. Of a session that this edge remembers otherwise than the primary has it.
 */
import { afterEach, beforeEach, expect, inject, it, vi } from 'vitest'
import { fromBase64Url } from '../../src/foundation/encoding.ts'
import { Redis } from '../../src/foundation/redis.ts'
import { SessionRegistry } from '../../src/session/registry.ts'
import type { Sighting, Trail } from '../../src/session/sighting.ts'
import { swapSighting } from '../../src/session/sighting-swap.ts'
import { presenceField, presenceValue } from '../../src/session/signs.ts'
import { seenKey } from '../../src/session/subject-sessions.ts'
import { TokenSealer } from '../../src/session/token.ts'
import { TRAVEL_LIMITS } from '../../src/vocabulary/signal.ts'
import { redis, stand } from '../support/stand.ts'
import { TOKEN_KEY_BYTES, uniqueSubject } from '../support/worker.ts'

const storeOptions = () => {
  const { regions, token } = inject('stand')
  return { url: regions[0]?.url ?? '', token, deadlineMs: 1000 }
}

/** Everything takes effect twice, and only the second reply is heard; in between `meanwhile` happens, once. */
class SentTwice extends Redis {
  meanwhile: (() => Promise<unknown>) | null = null
  override async transaction(commands: Parameters<Redis['transaction']>[0]) {
    await super.transaction(commands)
    const { meanwhile } = this
    this.meanwhile = null
    await meanwhile?.()
    return super.transaction(commands)
  }
}

/** Between its first exchange with the primary and its second, `meanwhile` happens. */
class Overtaken extends Redis {
  meanwhile: (() => Promise<unknown>) | null = null
  #calls = 0
  override async transaction(commands: Parameters<Redis['transaction']>[0]) {
    if (++this.#calls === 2) await this.meanwhile?.()
    return super.transaction(commands)
  }
}

const NOW = Date.now()
const HOUR_MS = 3_600_000
const NOBODY = { initiator: 'admin', operator: null, reason: null } as const
const PLACE = { ip: null, country: null, city: null }

const seenIn = (country: string, latitude: number, longitude: number, network: number) => ({
  atMs: NOW,
  place: { latitude, longitude, isCoarse: false },
  country,
  network,
  client: 'chrome',
})
const LONDON = seenIn('GB', 51.5, -0.25, 64512)
const TOKYO = seenIn('JP', 35.75, 139.75, 64513)
const NEW_YORK = seenIn('US', 40.75, -74, 64514)
const NOWHERE = { ...LONDON, place: null, network: null }
const YESTERDAY = { atMs: NOW - 24 * HOUR_MS }

/** A session made two days ago; what a sighting makes of it at an edge that knows `known`. */
async function session() {
  const store = new Redis(storeOptions())
  const bytes = fromBase64Url(TOKEN_KEY_BYTES) ?? new Uint8Array(32)
  const sealer = new TokenSealer('sess', [{ kid: '1', bytes }])
  const options = { maxSessionsPerSubject: 50, eventRetentionMs: 1e10 }
  const made = await new SessionRegistry({ redis: store, sealer, ...options }).create(
    {
      ...{ subject: uniqueSubject(), permissions: null, claims: null, labels: {}, amr: [] },
      ...{ acr: null, authTimeMs: NOW - 48 * HOUR_MS, device: null },
      ...{ lifetimeMs: 96 * HOUR_MS, idleMs: 0 },
    },
    NOBODY,
    NOW - 48 * HOUR_MS,
  )
  if (!made.ok) throw new Error('not made')
  const live = made.value.view
  const swap = (at: Redis, sighting: Sighting, known: Trail | null) =>
    swapSighting(at, { live, sighting, place: PLACE, known }, TRAVEL_LIMITS)
  return {
    once: (sighting: Sighting, known: Trail | null) => swap(store, sighting, known),
    twice: (sighting: Sighting, known: Trail | null, meanwhile?: () => Promise<unknown>) => {
      const broken = new SentTwice(storeOptions())
      broken.meanwhile = meanwhile ?? null
      return swap(broken, sighting, known)
    },
    overtaken: (sighting: Sighting, known: Trail | null, meanwhile: () => Promise<unknown>) => {
      const slow = new Overtaken(storeOptions())
      slow.meanwhile = meanwhile
      return swap(slow, sighting, known)
    },
    /** What stands, to somebody who knows nothing and is seen nowhere. */
    standing: async () => (await swap(store, { ...NOWHERE, country: null }, null)).before,
    /** A touch within the stay. */
    touch: async ({ stay }: Trail) => {
      const { slot, digest } = live.session.address
      const here = [presenceField(digest), presenceValue(stay, NOW)]
      await store.transaction([['HSET', seenKey(slot), ...here]])
    },
  }
}

beforeEach(() => stand().flush())
afterEach(() => vi.restoreAllMocks())

it.each([
  { remembered: 'no place', first: NOWHERE, meanwhile: LONDON, next: TOKYO },
  {
    remembered: 'a place that it could have come from',
    first: { ...LONDON, ...YESTERDAY },
    meanwhile: NEW_YORK,
    next: TOKYO,
  },
  {
    remembered: 'the same place, and another network there',
    first: LONDON,
    meanwhile: TOKYO,
    next: { ...LONDON, network: 64515 },
  },
])('sent twice it sees where another edge saw the session ($remembered)', async (journey) => {
  const { once, twice } = await session()
  const { after: known } = await once(journey.first, null)
  const { after: moved } = await once(journey.meanwhile, known)
  const swapped = await twice(journey.next, known)
  expect(swapped.signals).toContain('travel')
  expect(swapped.after.left).toEqual(moved.stay)
})

it('sent twice it sees that the session was used at home a moment ago', async () => {
  const { once, twice, touch } = await session()
  const { after: known } = await once({ ...LONDON, ...YESTERDAY }, null)
  await touch(known)
  expect((await twice(TOKYO, known)).signals).toContain('travel')
})

it('sent twice it tells of a network that it has itself written down as known', async () => {
  const { once, twice } = await session()
  const { after: known } = await once(LONDON, null)
  expect((await twice({ ...LONDON, network: 64515 }, known)).signals).toEqual(['network'])
})

it('sent twice it tells nothing of somebody who has not moved', async () => {
  const { once, twice } = await session()
  const { after: known } = await once(NOWHERE, null)
  await once(LONDON, known)
  expect((await twice(LONDON, known)).signals).toEqual([])
})

it('sees what another edge wrote between the two times it was sent, and keeps both', async () => {
  const { once, twice, standing } = await session()
  const { after: known } = await once({ ...LONDON, ...YESTERDAY }, null)
  const seen: unknown[] = []
  await twice(TOKYO, known, async () => seen.push((await once(NEW_YORK, known)).signals))
  expect(seen).toEqual([expect.arrayContaining(['travel'])])
  expect(await standing()).toMatchObject({ stay: { country: 'JP' }, left: { country: 'US' } })
})

it('sees what another edge wrote between its first exchange and its second', async () => {
  const { once, overtaken, standing } = await session()
  const { after: known } = await once(NOWHERE, null)
  await once(LONDON, known)
  const again = { ...LONDON, network: null, client: 'firefox' }
  const swapped = await overtaken(again, known, () => once(TOKYO, known))
  expect(swapped.signals).toContain('travel')
  expect(swapped.before?.stay).toMatchObject({ country: 'JP' })
  expect(await standing()).toMatchObject({ stay: { country: 'GB' }, left: { country: 'JP' } })
})

it('without a place, it puts no older place back, whatever else is new', async () => {
  const { once, standing } = await session()
  const { after: known } = await once(LONDON, null)
  await once(TOKYO, known)
  const calls = vi.spyOn(Redis.prototype, 'transaction')
  await once({ ...NOWHERE, country: 'FR' }, known)
  // Not for a moment, either.
  const sent = calls.mock.calls.flatMap(([commands]) => commands)
  const writes = sent.filter(([name]) => name.startsWith('HSET')).flat()
  expect(writes.filter((word) => String(word).startsWith('habits:'))).not.toEqual([])
  expect(writes.filter((word) => String(word).startsWith('track:'))).toEqual([])
  expect(await standing()).toMatchObject({
    stay: { country: 'JP' },
    left: { country: 'GB' },
    countries: ['GB', 'JP', 'FR'],
  })
})

it('learns no network before its place stands: the next to come through it is seen to jump', async () => {
  const { once, overtaken } = await session()
  const { after: known } = await once(NOWHERE, null)
  await once(TOKYO, known)
  const seen: unknown[] = []
  await overtaken(LONDON, known, async () => {
    seen.push((await once({ ...LONDON, atMs: NOW + 1 }, known)).signals)
  })
  expect(seen).toEqual([expect.arrayContaining(['travel'])])
})

it('somebody who does not move costs one exchange, wherever they were first seen', async () => {
  const { once } = await session()
  const { after: known } = await once(LONDON, null)
  const calls = vi.spyOn(Redis.prototype, 'transaction')
  await once({ ...LONDON, network: 64515 }, known)
  expect(calls).toHaveBeenCalledTimes(1)
})

it('announces a move, in the same millisecond too, and nothing where nobody moved', async () => {
  const announced = () => redis('XLEN', 'feed')
  const { once } = await session()
  const { after: known } = await once(LONDON, null)
  const before = Number(await announced())
  const { after: same } = await once({ ...LONDON, network: 64515 }, known)
  expect(await announced()).toBe(before)
  await once(TOKYO, same)
  expect(await announced()).toBe(before + 1)
})
