/**
 * How refusals look from outside: to programs, to people, and to somebody who probes.
 */
import { describe, expect, it } from 'vitest'
import { denialResponse } from '../../src/gate/denial-response.ts'
import type { DeadReason, Denial } from '../../src/vocabulary/denial.ts'

const options = { loginUrl: null, cookieName: '__Host-session', instance: 'urn:uuid:1' }
const URL_HERE = 'https://h.test/a?b=c d&e'
const answer = (
  denial: Denial,
  loginUrl: string | null = null,
  init: RequestInit = {},
  url = URL_HERE,
) => denialResponse(denial, new Request(url, init), { ...options, loginUrl })
const navigation = { headers: { 'sec-fetch-mode': 'navigate' } }
const dead = (reason: DeadReason = 'revoked', fromCookie = true): Denial => ({
  code: 'invalid_token',
  reason,
  fromCookie,
})
const noToken: Denial = { code: 'login_required', reason: 'no_token' }
const stepUp: Denial = {
  code: 'insufficient_user_authentication',
  reason: 'authentication_too_old',
  maxAgeSeconds: 300,
}
const lacking = (...required: string[]): Denial => ({
  code: 'insufficient_scope',
  reason: 'missing_permission',
  required,
})
const ambiguous: Denial = { code: 'invalid_request', reason: 'two_tokens' }
const crossSite: Denial = { code: 'cross_site_request', reason: 'cross_site' }
const outage: Denial = {
  code: 'session_store_unavailable',
  reason: 'store_unavailable',
  retryAfterSeconds: 1.2,
}
const EVERY = [ambiguous, noToken, dead(), stepUp, lacking('a'), crossSite, outage]

describe('denialResponse for programs', () => {
  it.each([
    [ambiguous, 400, 'Bearer error="invalid_request"'],
    [noToken, 401, 'Bearer realm="h.test"'],
    [dead(), 401, 'Bearer error="invalid_token"'],
    [
      stepUp,
      401,
      'Bearer error="insufficient_user_authentication", ' +
        'error_description="A more recent authentication is required", max_age="300"',
    ],
    [lacking('read', 'x:y'), 403, 'Bearer error="insufficient_scope", scope="read x:y"'],
    [lacking('read', 'a"b'), 403, 'Bearer error="insufficient_scope"'],
    [lacking('ü'), 403, 'Bearer error="insufficient_scope"'],
    [crossSite, 403, null],
    [outage, 503, null],
  ])('%j is %i with %s', async (denial, status, challenge) => {
    const response = answer(denial, '/login')
    expect(response.status).toBe(status)
    expect(response.headers.get('www-authenticate')).toBe(challenge)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('cache-control')).toBe('no-store')
    const problem = await response.json()
    expect(problem).toMatchObject({ type: 'about:blank', status, code: denial.code })
    expect(problem).toMatchObject({ instance: 'urn:uuid:1' })
  })

  it('never tells the reason: all dead tokens look the same', async () => {
    const reasons: DeadReason[] = [
      'forged',
      'unknown',
      'revoked',
      'expired',
      'idle',
      'subject_disabled',
    ]
    const texts = reasons.map(async (reason) => {
      const response = answer(dead(reason))
      return JSON.stringify([[...response.headers], await response.text()])
    })
    expect(new Set(await Promise.all(texts)).size).toBe(1)
    for (const denial of EVERY) {
      const members = Object.keys((await answer(denial).json()) as object)
      expect(members).toEqual(['type', 'title', 'status', 'code', 'detail', 'instance'])
    }
  })

  it('clears the cookie of a dead session, and no other', () => {
    const cleared = (denial: Denial) => answer(denial).headers.get('set-cookie')
    expect(cleared(dead())).toMatch(/^__Host-session=; Max-Age=0;/)
    expect(cleared(dead('revoked', false))).toBeNull()
    for (const denial of EVERY) {
      if (denial.code !== 'invalid_token') expect(cleared(denial)).toBeNull()
    }
  })

  it('says in whole seconds when to come back', () => {
    expect(answer(outage).headers.get('retry-after')).toBe('2')
    expect(answer({ ...outage, retryAfterSeconds: 0 } as Denial).headers.get('retry-after')).toBe(
      '1',
    )
  })

  it('has no body for HEAD', async () => {
    for (const denial of EVERY) {
      expect(await answer(denial, null, { method: 'HEAD' }).text()).toBe('')
    }
  })
})

describe('denialResponse for people', () => {
  const location = (
    denial: Denial,
    loginUrl: string,
    init: RequestInit = navigation,
    url = URL_HERE,
  ) => answer(denial, loginUrl, init, url).headers.get('location')
  const back = encodeURIComponent('https://h.test/a?b=c%20d&e')

  it('sends them to log in, and back afterwards', () => {
    const response = answer(dead(), '/login', navigation)
    expect(response.status).toBe(302)
    expect(response.headers.get('location')).toBe(`https://h.test/login?return_to=${back}`)
    expect(response.headers.get('set-cookie')).toMatch(/^__Host-session=; Max-Age=0;/)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.body).toBeNull()
  })

  it('keeps what LOGIN_URL says', () => {
    expect(location(noToken, 'https://id.test/in?a=%7e+1#top')).toBe(
      `https://id.test/in?a=%7e+1&return_to=${back}#top`,
    )
    expect(location(stepUp, '/login')).toBe(`https://h.test/login?return_to=${back}&max_age=300`)
  })

  it('knows a navigation by what the browser says, else by what it takes', () => {
    const status = (init: RequestInit) => answer(noToken, '/login', init).status
    const accept = 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8'
    expect(status({ headers: { accept } })).toBe(302)
    expect(status({ headers: { accept, 'sec-fetch-mode': 'cors' } })).toBe(401)
    expect(status({ headers: { accept }, method: 'POST' })).toBe(401)
    expect(status({ ...navigation, method: 'POST' })).toBe(302)
    expect(status({ headers: { accept: '*/*' } })).toBe(401)
    expect(status({})).toBe(401)
  })

  it('answers plainly where a login would not help, and on the login page itself', () => {
    for (const denial of [ambiguous, lacking('a'), crossSite, outage]) {
      expect(location(denial, '/login')).toBeNull()
    }
    expect(answer(noToken, null, navigation).status).toBe(401)
    const onLogin = 'https://h.test/login?return_to=x'
    expect(answer(noToken, '/login?a=1', navigation, onLogin).status).toBe(401)
    expect(answer(noToken, 'https://h.test/login', navigation, onLogin).status).toBe(401)
    expect(answer(noToken, 'https://id.test/login', navigation, onLogin).status).toBe(302)
  })
})
