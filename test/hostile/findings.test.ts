/**
 * What the fuzzer has found, each by name, so that it is tried for ever: what was a defect, and what only looked
 * like one and says why it is none.
 */
import { describe, expect, it } from 'vitest'
import { cookieSpans, withoutSpans } from '../../src/gate/cookie-spans.ts'
import { cookieToken, readCredential } from '../../src/gate/credential.ts'
import { visitorResponse } from '../../src/gate/origin-response.ts'

const cacheControlOf = (said: string): string | null =>
  visitorResponse(
    new Response(null, { headers: { 'cache-control': said } }),
    true,
    null,
  ).headers.get('cache-control')

describe('a Cache-Control of the origin with a quote left open', () => {
  // RFC 9111 4.2.1: a cache may read such a header as it likes, so what stands behind the quote says nothing.
  it.each([',;"no-store', 'a="\\" private', '"x""no-store'])(
    'gets a `private` that no quote swallows: %s',
    (said) => {
      expect(cacheControlOf(said)).toMatch(/(?:^|,)\s*private\s*(?:,|$)/)
      expect(cacheControlOf(said)).toMatch(/^private/)
    },
  )
})

const oursIn = (cookie: string) => cookieSpans(cookie, '__Host-session')

describe('a cookie whose value begins with a comma', () => {
  it.each(['__Host-session=, b=2', '__Host-session=,n=,'])(
    'is empty, and so no credential: %s',
    (cookie) => {
      expect(readCredential({ ourCookies: oursIn(cookie), authorization: null })).toEqual({
        ok: true,
        value: null,
      })
    },
  )
})

describe('a cookie with a blank beside its name that only some parsers trim', () => {
  // Another host of the site could plant such a name past `__Host-`; to the origin it may be ours all the same.
  it.each(['\u000b', '\f', '\u00a0', '\ufeff'])('is refused, and does not go on: %j', (blank) => {
    for (const name of [`__Host-session${blank}`, `${blank}__Host-session`]) {
      const cookie = `a=1; ${name}=t; b=2`
      expect(cookieToken(oursIn(cookie))).toEqual({ ok: false, error: 'cookie_twice' })
      expect(withoutSpans(cookie, oursIn(cookie))).toBe('a=1; b=2')
    }
  })

  it.each(['\u000b', '\u00a0'])('that is not ours keeps it: %j', (blank) => {
    const cookie = `__Host-session=t; ${blank}b=2`
    expect(withoutSpans(cookie, oursIn(cookie))).toBe(`${blank}b=2`)
  })

  it.each([' ', '\t'])('is ours where everybody trims it: %j', (blank) => {
    const cookie = `a=1;${blank}__Host-session${blank}=${blank}t`
    expect(cookieToken(oursIn(cookie))).toEqual({ ok: true, value: 't' })
  })
})
