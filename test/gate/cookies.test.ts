/**
 * Our cookie is found where it is, taken out, and nothing else moves by a byte.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arrivalOf } from '../../src/gate/arrival.ts'
import { cookieSpans, withoutSpans } from '../../src/gate/cookie-spans.ts'
import { readCredential } from '../../src/gate/credential.ts'
import vectors from '../vectors/cookies.json' with { type: 'json' }

const NAME = '__Host-session'
const arrivalWith = (headers: HeadersInit, name = NAME) =>
  arrivalOf(new Request('https://h.test/', { headers }), name)
const withoutCookie = (header: string, name: string) =>
  withoutSpans(header, cookieSpans(header, name))
const read = (cookie?: string, authorization?: string) => {
  const headers = new Headers()
  if (cookie !== undefined) headers.set('cookie', cookie)
  if (authorization !== undefined) headers.set('authorization', authorization)
  return readCredential(arrivalWith(headers))
}
const none = { ok: true, value: null }
const refused = (error: string) => ({ ok: false, error })

describe('cookie vectors', () => {
  it.each(vectors.cookies)('reads and removes $header', ({ header, token, error, rest }) => {
    const credential = readCredential(arrivalWith({ cookie: header }, vectors.name))
    if (error !== undefined) expect(credential).toEqual(refused(error))
    else if (token == null) expect(credential).toEqual(none)
    else expect(credential).toEqual({ ok: true, value: { token, from: 'cookie' } })
    expect(withoutCookie(header, vectors.name)).toBe(rest)
  })
})

describe('withoutSpans', () => {
  const text = (unit: string) => fc.string({ unit: fc.constantFrom(...unit), maxLength: 8 })
  const name = fc.oneof(
    fc.constantFrom(NAME, `x${NAME}`, `${NAME}x`, NAME.toLowerCase(), 'session', ''),
    text('abc_-.'),
  )
  const value = text('abz019=.-_"{}:/ ').map((raw) => raw.trim())

  it('leaves the pieces that are not ours, as they were', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, value)),
        fc.constantFrom('; ', ';'),
        (pairs, separator) => {
          const pieces = pairs.map(([key, content]) => `${key}=${content}`)
          const others = pieces.filter((_, index) => pairs[index]?.[0] !== NAME)
          const header = pieces.join(separator)
          const expected = others.length === 0 && pieces.length > 0 ? null : others.join(separator)
          expect(withoutCookie(header, NAME)).toBe(expected)
        },
      ),
    )
  })

  it('leaves nothing of ours, whatever the header is', () => {
    const piece = fc.constantFrom(NAME, '=', 'secret', ';', ',', ' ', '\t', '"', 'a', '; ')
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const rest = withoutCookie(pieces.join(''), NAME)
        if (rest !== null) expect(rest).not.toMatch(/(^|[;,])[ \t]*__Host-session[ \t]*=/)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('readCredential', () => {
  const token = { token: 'sess_abc', from: 'bearer' }

  it('takes a bearer token, the scheme in any case', () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect(read(undefined, `${scheme} sess_abc`)).toEqual({ ok: true, value: token })
    }
    expect(read(undefined, 'Bearer  sess_abc')).toEqual({ ok: true, value: token })
    expect(read(undefined, 'Bearer a-b.c_d~e+f/g==').ok).toBe(true)
  })

  it.each([
    'Bearer',
    'Bearer sess_abc sess_abc',
    'Bearer sess_abc, Bearer sess_abc',
    'Bearer sess_abc,',
    'Bearer "sess_abc"',
    'Bearer token=sess_abc',
    'Bearer=sess_abc',
    'Bearer,sess_abc',
    'Bearer\tsess_abc',
    'Bearer a=b',
    'Bearer sess_\u00e9',
    'Basic dTpw, Bearer sess_abc',
    ', Bearer sess_abc',
    'Digest username="a",bearer sess_abc',
  ])('refuses %s', (header) => {
    expect(read(undefined, header)).toEqual(refused('malformed_authorization'))
  })

  it.each([
    'Basic dTpw',
    'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir, and more"',
    'AWS4-HMAC-SHA256 Credential=x/20130524/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=f',
    'BearerX sess_abc',
    'Bearer-Token sess_abc',
    'sess_abc',
  ])('leaves another scheme alone: %s', (header) => {
    expect(read(undefined, header)).toEqual(none)
    expect(read(`${NAME}=t`, header)).toEqual({ ok: true, value: { token: 't', from: 'cookie' } })
  })

  it('refuses two different tokens and takes one that came twice', () => {
    expect(read(`${NAME}=t`, 'Bearer u')).toEqual(refused('two_tokens'))
    expect(read(`${NAME}=t`, 'Bearer t')).toEqual({ ok: true, value: { token: 't', from: 'both' } })
    expect(read(`${NAME}=`, 'Bearer t')).toEqual({
      ok: true,
      value: { token: 't', from: 'bearer' },
    })
  })

  it('reads two Cookie headers as one that cannot be trusted', () => {
    const headers = new Headers({ authorization: 'Basic dTpw' })
    headers.append('cookie', `${NAME}=t`)
    headers.append('cookie', `${NAME}=t`)
    // Node joins them with `; `, workerd with `, `: refused both ways.
    expect(readCredential(arrivalWith(headers))).toEqual(refused('cookie_twice'))
  })

  it('finds nothing where there is nothing', () => {
    expect(read()).toEqual(none)
    expect(read('a=1; b=2')).toEqual(none)
  })
})
