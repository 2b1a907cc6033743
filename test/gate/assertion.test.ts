/**
 * When an assertion is signed anew, and when the one there is serves: the clock is an argument.
 */
import { exportJWK, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import { AssertionSigner } from '../../src/gate/assertion.ts'
import type { AssertionKey } from '../../src/vocabulary/config.ts'
import type { LiveSession } from '../../src/vocabulary/session.ts'

const T0 = 1_700_000_000_000
const LIFETIME_SECONDS = 60
const HALF_LIFE_MS = 30_000

const { privateKey } = await generateKeyPair('ES256', { extractable: true })
const key = { kid: 'k', alg: 'ES256', jwk: await exportJWK(privateKey) } as unknown as AssertionKey

const signer = () => new AssertionSigner({ keys: [key], lifetimeSeconds: LIFETIME_SECONDS })
const live = (subject: string): LiveSession => ({
  sid: 'sid',
  session: {
    address: { slot: 'slot', digest: 'digest' },
    root: 'digest',
    createdAtMs: T0,
    issuedAtMs: T0,
    expiresAtMs: T0 + 1_000_000,
    idleMs: 0,
    authTimeMs: T0,
    labels: {},
  },
  subject: { subject, permissions: ['read'], disabled: false },
})

describe('an assertion', () => {
  it('is signed once for half its lifetime, however many others are signed meanwhile', async () => {
    const { identify } = bound(signer())
    const ada = live('ada')
    const first = await identify(ada, 'https://a.test', 'origin', T0)
    expect(identify(ada, 'https://a.test', 'origin', T0 + HALF_LIFE_MS - 1)).toBe(first)
    // The first of a new generation: what was signed in the one before still serves.
    await identify(live('bob'), 'https://a.test', 'origin', T0 + HALF_LIFE_MS - 1)
    expect(identify(ada, 'https://a.test', 'origin', T0 + HALF_LIFE_MS - 1)).toBe(first)
    const second = await identify(ada, 'https://a.test', 'origin', T0 + HALF_LIFE_MS)
    expect(second.assertion).not.toBe(first.assertion)
    expect(identify(ada, 'https://a.test', 'origin', T0 + HALF_LIFE_MS)).toBe(second)
  })

  it('signed just before a generation ends serves until its own half life', async () => {
    const { identify } = bound(signer())
    await identify(live('bob'), 'https://a.test', 'origin', T0)
    const ada = live('ada')
    const late = T0 + HALF_LIFE_MS - 1
    const first = await identify(ada, 'https://a.test', 'origin', late)
    await identify(live('bob'), 'https://a.test', 'origin', T0 + HALF_LIFE_MS)
    expect(identify(ada, 'https://a.test', 'origin', late + HALF_LIFE_MS - 1)).toBe(first)
  })

  it('is another one for another state, host or audience, and all of them stay', async () => {
    const { identify } = bound(signer())
    const ada = live('ada')
    const a = await identify(ada, 'https://a.test', 'origin', T0)
    const b = await identify(ada, 'https://b.test', 'origin', T0)
    const c = await identify(ada, 'https://a.test', 'billing', T0)
    expect(new Set([a, b, c].map(({ assertion }) => assertion)).size).toBe(3)
    expect(payloadOf(b.assertion)).toMatchObject({ iss: 'https://b.test/_session', aud: 'origin' })
    expect(payloadOf(c.assertion)).toMatchObject({ iss: 'https://a.test/_session', aud: 'billing' })
    const again = (origin: string, audience: string) => identify(ada, origin, audience, T0 + 1)
    expect(await again('https://a.test', 'origin')).toMatchObject({ assertion: a.assertion })
    expect(await again('https://b.test', 'origin')).toMatchObject({ assertion: b.assertion })
    expect(await again('https://a.test', 'billing')).toMatchObject({ assertion: c.assertion })
    const other = await identify(live('ada'), 'https://a.test', 'origin', T0 + 1)
    expect(other.assertion).not.toBe(a.assertion)
  })
})

const bound = (of: AssertionSigner) => ({ identify: of.identify.bind(of) })

const payloadOf = (assertion: string): unknown =>
  JSON.parse(atob((assertion.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')))
