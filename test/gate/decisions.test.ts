/**
 * Cross-site, authorization and the session cookie: small rules, each with its edges.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clearCookieHeader, setCookieHeader } from '../../src/foundation/session-cookie.ts'
import { arrivalOf } from '../../src/gate/arrival.ts'
import { authorize } from '../../src/gate/authorization.ts'
import { isCrossSite } from '../../src/gate/cross-site.ts'
import { DEFAULT_POLICY } from '../../src/vocabulary/policy.ts'
import type { LiveSession } from '../../src/vocabulary/session.ts'

const NOW = 1_700_000_000_000

const live = (permissions: readonly string[], authTimeMs = NOW): LiveSession => ({
  sid: 'sid',
  session: {
    address: { slot: 'slot', digest: 'digest' },
    root: 'digest',
    createdAtMs: NOW,
    issuedAtMs: NOW,
    expiresAtMs: NOW + 1000,
    idleMs: 0,
    authTimeMs,
    labels: {},
  },
  subject: { subject: 'user-42', permissions, disabled: false },
})

describe('isCrossSite', () => {
  const own = 'https://site.test'
  it.each([
    ['POST', {}, false],
    ['POST', { origin: own }, false],
    ['POST', { origin: own, 'sec-fetch-site': 'same-origin' }, false],
    ['POST', { origin: 'https://evil.test' }, true],
    ['POST', { origin: 'http://site.test' }, true],
    ['POST', { origin: 'https://site.test:8443' }, true],
    ['POST', { origin: 'https://sub.site.test' }, true],
    ['POST', { origin: 'null' }, true],
    ['POST', { 'sec-fetch-site': 'cross-site' }, true],
    ['POST', { 'sec-fetch-site': 'same-site' }, false],
    ['POST', { 'sec-fetch-site': 'none' }, false],
    ['DELETE', { origin: 'https://evil.test' }, true],
    ['PURGE', { origin: 'https://evil.test' }, true],
    ['GET', { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }, false],
    ['HEAD', { origin: 'https://evil.test' }, false],
    ['OPTIONS', { origin: 'https://evil.test' }, false],
    ['GET', { upgrade: 'websocket', origin: 'https://evil.test' }, true],
    ['GET', { upgrade: 'WebSocket', 'sec-fetch-site': 'cross-site' }, true],
    ['GET', { upgrade: 'websocket', origin: own }, false],
    ['GET', { upgrade: 'h2c', origin: 'https://evil.test' }, false],
  ])('%s with %j: %s', (method, headers: Record<string, string>, crossSite) => {
    expect(
      isCrossSite(arrivalOf(new Request(`${own}/x`, { method, headers }), '__Host-session')),
    ).toBe(crossSite)
  })
})

describe('authorize', () => {
  it('asks for every permission', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd')
    fc.assert(
      fc.property(fc.array(name), fc.array(name), (has, required) => {
        const denial = authorize(live(has), { ...DEFAULT_POLICY, permissions: required }, NOW)
        if (required.every((permission) => has.includes(permission))) expect(denial).toBeNull()
        else
          expect(denial).toEqual({
            code: 'insufficient_scope',
            reason: 'missing_permission',
            required,
          })
      }),
    )
  })

  it('asks for a recent authentication, to the millisecond', () => {
    const policy = { ...DEFAULT_POLICY, maxAuthAgeSeconds: 5 }
    expect(authorize(live([], NOW - 5000), policy, NOW)).toBeNull()
    expect(authorize(live([], NOW + 1000), policy, NOW)).toBeNull()
    expect(authorize(live([], NOW - 5001), policy, NOW)).toEqual({
      code: 'insufficient_user_authentication',
      reason: 'authentication_too_old',
      maxAgeSeconds: 5,
    })
  })

  it('sends nobody to log in again for what they may not do anyway', () => {
    const policy = { ...DEFAULT_POLICY, permissions: ['a'], maxAuthAgeSeconds: 0 }
    expect(authorize(live([], 0), policy, NOW)?.code).toBe('insufficient_scope')
    expect(authorize(live(['a'], 0), policy, NOW)?.code).toBe('insufficient_user_authentication')
  })
})

describe('session cookie', () => {
  it('is set and cleared with the same attributes', () => {
    expect(setCookieHeader('__Host-session', 'sess_a', 60.9)).toBe(
      '__Host-session=sess_a; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Lax',
    )
    expect(clearCookieHeader('__Host-session')).toBe(
      '__Host-session=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax',
    )
  })
})
