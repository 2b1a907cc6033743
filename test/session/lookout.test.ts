/**
 * A sign whose answer could not be carried out: the store took the sighting and then failed. The next request must
 * not be let in because the trail has the new place by then. And one whose person is erased meanwhile: no place stays.
 */
import { beforeEach, expect, inject, it } from 'vitest'
import { fromBase64Url } from '../../src/foundation/encoding.ts'
import { Redis, StoreUnavailable } from '../../src/foundation/redis.ts'
import { Lookout } from '../../src/session/lookout.ts'
import { SessionRegistry } from '../../src/session/registry.ts'
import type { Sighting } from '../../src/session/sighting.ts'
import { NO_SIGNS, type Signs } from '../../src/session/signs.ts'
import { statement } from '../../src/session/statement.ts'
import { SubjectRegistry } from '../../src/session/subject-registry.ts'
import { TokenSealer } from '../../src/session/token.ts'
import { SIGNAL_RESPONSES, type SignalPolicy, TRAVEL_LIMITS } from '../../src/vocabulary/signal.ts'
import { redis as primary, stand } from '../support/stand.ts'
import { TOKEN_KEY_BYTES, uniqueSubject } from '../support/worker.ts'

const storeOptions = () => {
  const { regions, token } = inject('stand')
  return { url: regions[0]?.url ?? '', token, deadlineMs: 1000 }
}

/** Writes go through, and what has to be read to end a session does not, while `isDown`. */
class HalfDown extends Redis {
  isDown = false
  constructor() {
    super(storeOptions())
  }
  override readPrimary(...asked: Parameters<Redis['readPrimary']>) {
    if (this.isDown) throw new StoreUnavailable('network')
    return super.readPrimary(...asked)
  }
}

const NOW = Date.now()
const seenIn = (
  country: string,
  latitude: number,
  longitude: number,
  network: number,
): Sighting => ({
  atMs: NOW,
  place: { latitude, longitude, isCoarse: false },
  country,
  network,
  client: 'chrome',
})
const NOBODY = { initiator: 'admin', operator: null, reason: null } as const
const PLACE = { ip: null, country: null, city: null }

beforeEach(() => stand().flush())

/** Between the look and the answer somebody is quicker: `first` runs before events are written. */
class Overtaken extends Redis {
  first: (() => Promise<unknown>) | null = null
  override async transaction(commands: Parameters<Redis['transaction']>[0]) {
    const { first } = this
    if (first !== null && commands.some(([name, key]) => name === 'XADD' && key === 'events')) {
      this.first = null
      await first()
    }
    return super.transaction(commands)
  }
}

const TOKYO = seenIn('JP', 35.75, 139.75, 64513)
const LONDON = seenIn('GB', 51.5, -0.25, 64512)

/** A session that was made at this store, and an edge that looks at where it is used. */
async function watched(redis: Redis, policy: SignalPolicy) {
  const bytes = fromBase64Url(TOKEN_KEY_BYTES) ?? new Uint8Array(32)
  const sealer = new TokenSealer('sess', [{ kid: '1', bytes }])
  const options = { maxSessionsPerSubject: 50, eventRetentionMs: 1e10 }
  const registry = new SessionRegistry({ redis, sealer, ...options })
  const subject = uniqueSubject()
  const draft = { subject, permissions: null, claims: null, labels: {}, amr: [], acr: null }
  const made = await registry.create(
    { ...draft, lifetimeMs: 600_000, idleMs: 0, authTimeMs: NOW - 3_600_000, device: null },
    NOBODY,
    NOW,
  )
  if (!made.ok) throw new Error('not made')
  const { session, subject: record } = made.value.view

  let signs: Signs = NO_SIGNS
  const lookout = new Lookout({
    redis,
    limits: TRAVEL_LIMITS,
    watched: new Set(['travel']),
    eventRetentionMs: 1e10,
    enforces: true,
    now: () => NOW,
    remember: (_token, known) => {
      signs = known
    },
  })
  const look = async (sighting: Sighting) => {
    const stored = { session, graceUntilMs: null }
    const read = { address: session.address, head: 0, askedAtMs: NOW, lastSeen: null, signs }
    const basis = statement({ ...read, source: 'primary', stored, subject: record })
    if (basis.live === null) throw new Error('not alive')
    const presented = { token: made.value.token, live: basis.live, basis, place: () => PLACE }
    return lookout.look({ ...presented, sighting: () => sighting }, policy)
  }
  return { registry, subject, look, slot: session.address.slot }
}

it('is answered again and again until it is carried out, and nobody is let in meanwhile', async () => {
  const redis = new HalfDown()
  const { look, registry, subject } = await watched(redis, { travel: 'revoke' })
  expect(await look(LONDON)).toBeNull()
  redis.isDown = true
  await expect(look(TOKYO)).rejects.toThrow(StoreUnavailable)
  await expect(look(TOKYO)).rejects.toThrow(StoreUnavailable)
  redis.isDown = false
  expect(await look(TOKYO)).toEqual({ kind: 'revoked' })
  expect(await registry.list(subject, NOW)).toEqual([])
})

it.each(SIGNAL_RESPONSES)(
  'leaves no place of somebody who is erased between the look and the answer (%s)',
  async (response) => {
    const redis = new Overtaken(storeOptions())
    const { look, subject, slot } = await watched(redis, { travel: response })
    expect(await look(LONDON)).toBeNull()
    const subjects = new SubjectRegistry(new Redis(storeOptions()))
    redis.first = () => subjects.erase(subject, NOBODY, NOW)
    await look(TOKYO)
    expect(redis.first).toBeNull()
    const left = ['sessions', 'subject', 'seen', 'sightings'].map((kind) => `${kind}:${slot}`)
    expect(await primary('EXISTS', ...left)).toBe(0)
  },
)
