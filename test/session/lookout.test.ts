/**
 * A sign whose answer could not be carried out: the store took the sighting and then failed. The next request must
 * not be let in because the trail has the new place by then.
 */
import { beforeEach, expect, inject, it } from 'vitest'
import { fromBase64Url } from '../../src/foundation/encoding.ts'
import { Redis, StoreUnavailable } from '../../src/foundation/redis.ts'
import { Lookout } from '../../src/session/lookout.ts'
import { SessionRegistry } from '../../src/session/registry.ts'
import type { Sighting } from '../../src/session/sighting.ts'
import { NO_SIGNS, type Signs } from '../../src/session/signs.ts'
import { statement } from '../../src/session/statement.ts'
import { TokenSealer } from '../../src/session/token.ts'
import { TRAVEL_LIMITS } from '../../src/vocabulary/signal.ts'
import { stand } from '../support/stand.ts'
import { TOKEN_KEY_BYTES, uniqueSubject } from '../support/worker.ts'

/** Writes go through, and what has to be read to end a session does not, while `isDown`. */
class HalfDown extends Redis {
  isDown = false
  constructor() {
    const { regions, token } = inject('stand')
    super({ url: regions[0]?.url ?? '', token, deadlineMs: 1000 })
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
const PLACE = { ip: null, country: null, city: null }

beforeEach(() => stand().flush())

it('is answered again and again until it is carried out, and nobody is let in meanwhile', async () => {
  const redis = new HalfDown()
  const bytes = fromBase64Url(TOKEN_KEY_BYTES) ?? new Uint8Array(32)
  const sealer = new TokenSealer('sess', [{ kid: '1', bytes }])
  const options = { maxSessionsPerSubject: 50, eventRetentionMs: 1e10 }
  const registry = new SessionRegistry({ redis, sealer, ...options })
  const subject = uniqueSubject()
  const draft = { subject, permissions: null, claims: null, labels: {}, amr: [], acr: null }
  const made = await registry.create(
    { ...draft, lifetimeMs: 600_000, idleMs: 0, authTimeMs: NOW - 3_600_000, device: null },
    { initiator: 'admin', operator: null, reason: null },
    NOW,
  )
  if (!made.ok) throw new Error('not made')
  const { session, subject: record } = made.value.view

  let signs: Signs = NO_SIGNS
  const lookout = new Lookout({
    redis,
    limits: TRAVEL_LIMITS,
    watched: new Set(['travel']),
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
    return lookout.look({ ...presented, sighting: () => sighting }, { travel: 'revoke' })
  }
  const tokyo = seenIn('JP', 35.75, 139.75, 64513)
  expect(await look(seenIn('GB', 51.5, -0.25, 64512))).toBeNull()
  redis.isDown = true
  await expect(look(tokyo)).rejects.toThrow(StoreUnavailable)
  await expect(look(tokyo)).rejects.toThrow(StoreUnavailable)
  redis.isDown = false
  expect(await look(tokyo)).toEqual({ kind: 'revoked' })
  expect(await registry.list(subject, NOW)).toEqual([])
})
