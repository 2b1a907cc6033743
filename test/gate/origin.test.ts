/**
 * What crosses to the origin and back: nothing of ours from the visitor, nothing personal to caches.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arrivalOf } from '../../src/gate/arrival.ts'
import { type Identity, identityOf } from '../../src/gate/identity.ts'
import { type Asking, originRequest } from '../../src/gate/origin-request.ts'
import { visitorResponse } from '../../src/gate/origin-response.ts'
import { askingFor } from '../../src/gate/streams.ts'
import { OUR_HEADERS } from '../../src/vocabulary/headers.ts'
import type { LiveSession } from '../../src/vocabulary/session.ts'

const COOKIE = '__Host-session'
const options = {
  originUrl: null as string | null,
  tokenPrefix: 'sess',
  identity: null as Identity | null,
  asking: null as Asking | null,
}
const identity: Identity = {
  assertion: 'a.b.c',
  sid: 'sid_-1',
  subject: 'user-42',
  permissions: 'read write',
}
const sent = (
  headers: HeadersInit,
  changes: Partial<typeof options> = {},
  url = 'https://h.test/',
) => {
  const { input: target, init } = originRequest(arrivalOf(new Request(url, { headers }), COOKIE), {
    ...options,
    ...changes,
  })
  return { url: target, headers: init.headers }
}

describe('originRequest', () => {
  it('takes our token off and leaves the rest', () => {
    const { headers } = sent({
      cookie: 'a=1; __Host-session=sess_abc; b="2"',
      authorization: 'Bearer sess_abc',
      accept: 'text/html',
    })
    expect([...headers]).toEqual([
      ['accept', 'text/html'],
      ['cookie', 'a=1; b="2"'],
    ])
    expect(sent({ cookie: '__Host-session=x' }).headers.has('cookie')).toBe(false)
  })

  it.each([
    ['bearer  sess_abc', null],
    ['Bearer sess_abc, Bearer sess_def', null],
    ['Basic dTpw, Bearer sess_abc', null],
    ['Bearer "sess_abc"', null],
    ['Bearer token=sess_abc', null],
    ['Bearer eyJhbGciOi.x.y', 'Bearer eyJhbGciOi.x.y'],
    ['Bearer mysess_abc', 'Bearer mysess_abc'],
    ['Basic sess_abc', 'Basic sess_abc'],
    ['Digest username="a, b"', 'Digest username="a, b"'],
  ])('Authorization %s becomes %s', (authorization, expected) => {
    expect(sent({ authorization }).headers.get('authorization')).toBe(expected)
  })

  it('never lets a visitor speak in our name', () => {
    const spelt = fc
      .tuple(
        fc.constantFrom(...OUR_HEADERS),
        fc.infiniteStream(fc.boolean()),
        fc.constantFrom('-', '_', '.'),
      )
      .map(([name, upper, separator]) =>
        [...name.replace('-', separator)]
          .map((letter) => (upper.next().value ? letter.toUpperCase() : letter))
          .join(''),
      )
    fc.assert(
      fc.property(fc.uniqueArray(spelt, { selector: (name) => name.toLowerCase() }), (names) => {
        const { headers } = sent(names.map((name) => [name, 'forged']))
        expect([...headers]).toEqual([])
        const identified = sent(
          names.map((name) => [name, 'forged']),
          { identity },
        ).headers
        expect([...identified.values()]).not.toContain('forged')
      }),
    )
    expect([...sent({ 'session-ids': '1', 'x-session-id': '2' }).headers]).toHaveLength(2)
  })

  it('takes our names out of Connection, so that no proxy drops what we say', () => {
    const connection = (value: string) => sent({ connection: value }).headers.get('connection')
    expect(connection('keep-alive, Session-Assertion, X-Other')).toBe('keep-alive, X-Other')
    expect(connection('session_id')).toBeNull()
    expect(connection('Upgrade,  keep-alive')).toBe('Upgrade,  keep-alive')
  })

  it('says who is calling', () => {
    const { headers } = sent({}, { identity })
    expect(Object.fromEntries(headers)).toEqual({
      'session-assertion': 'a.b.c',
      'session-id': 'sid_-1',
      'session-subject': 'user-42',
      'session-permissions': 'read write',
    })
  })

  it('keeps path and query byte for byte, below the base of ORIGIN_URL', () => {
    const url = 'https://h.test:8443/a%2fb//c;d/%7e?q=%20&&?='
    expect(sent({}, {}, url).url).toBe(url)
    const { url: target, headers } = sent(
      { 'x-forwarded-host': 'evil', x_forwarded_proto: 'evil' },
      { originUrl: 'http://10.0.0.1/base' },
      url,
    )
    expect(target).toBe('http://10.0.0.1/base/a%2fb//c;d/%7e?q=%20&&?=')
    expect(Object.fromEntries(headers)).toEqual({
      'x-forwarded-host': 'h.test:8443',
      'x-forwarded-proto': 'https',
    })
    expect(sent({ 'x-forwarded-host': 'as it was' }).headers.get('x-forwarded-host')).toBe(
      'as it was',
    )
  })

  it.each([null, 'http://10.0.0.1'])(
    'streams the body and leaves redirects (origin %s)',
    async (originUrl) => {
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode('one '))
          controller.enqueue(new TextEncoder().encode('two'))
          controller.close()
        },
      })
      const init = { method: 'PUT', body, duplex: 'half' }
      const outbound = originRequest(arrivalOf(new Request('https://h.test/', init), COOKIE), {
        ...options,
        originUrl,
      })
      const request = new Request(outbound.input, outbound.init)
      expect([request.method, request.redirect]).toEqual(['PUT', 'manual'])
      expect(await request.text()).toBe('one two')
    },
  )
})

describe('askingFor', () => {
  const asked = (headers: HeadersInit) => {
    const arrival = arrivalOf(new Request('https://h.test/', { headers }), COOKIE)
    const asking = askingFor(arrival)
    return { asking, init: originRequest(arrival, { ...options, asking }).init }
  }

  it('gives an upgrade a signal that breaks the connection to the origin', () => {
    const { asking, init } = asked({ upgrade: 'websocket' })
    expect(init).toMatchObject({ encodeResponseBody: 'manual', signal: { aborted: false } })
    asking.cut()
    expect(init.signal?.aborted).toBe(true)
  })

  it('asks for all else without a signal', () => {
    expect(asked({}).init).toMatchObject({ encodeResponseBody: 'manual', signal: null })
  })
})

describe('identityOf', () => {
  const live = (subject: string, permissions: readonly string[]): LiveSession => ({
    sid: 'sid_-1',
    session: {
      address: { slot: 'slot', digest: 'digest' },
      root: 'digest',
      createdAtMs: 0,
      issuedAtMs: 0,
      expiresAtMs: 1,
      idleMs: 0,
      authTimeMs: 0,
      labels: {},
    },
    subject: { subject, permissions, disabled: false },
  })

  it('percent-encodes what is not plain, and half a surrogate pair too', () => {
    expect(identityOf(live('Zoë / 42\ud800', ['read', 'a b', 'ü']))).toEqual({
      sid: 'sid_-1',
      subject: 'Zo%C3%AB%20%2F%2042%EF%BF%BD',
      permissions: 'read a%20b %C3%BC',
    })
  })

  it('tells people with the same list of permissions apart', () => {
    const permissions = ['read', 'write']
    const [ada, bob] = ['ada', 'bob'].map((name) => identityOf(live(name, permissions)))
    expect([ada?.subject, bob?.subject]).toEqual(['ada', 'bob'])
    expect([ada?.permissions, bob?.permissions]).toEqual(['read write', 'read write'])
    expect(identityOf(live('ada', ['read'])).permissions).toBe('read')
    expect(identityOf(live('ada', [])).permissions).toBe('')
  })
})

describe('visitorResponse', () => {
  const cacheControl = (value: string | null, admitted = true) => {
    const response = new Response('x')
    if (value !== null) response.headers.set('cache-control', value)
    return visitorResponse(response, admitted, null).headers.get('cache-control')
  }

  it.each([
    [null, 'private'],
    ['max-age=60', 'private, max-age=60'],
    ['public, max-age=60, s-maxage=600', 'private, max-age=60'],
    ['Public,S-MaxAge="5",immutable', 'private, immutable'],
    ['no-cache="a, public", max-age=1', 'private, no-cache="a, public", max-age=1'],
    ['private="set-cookie"', 'private, private="set-cookie"'],
    ['no-store', 'no-store'],
    ['Private , max-age=60', 'Private , max-age=60'],
  ])('an admitted response with Cache-Control %s gets %s', (before, after) => {
    expect(cacheControl(before)).toBe(after)
    expect(cacheControl(before, false)).toBe(before)
  })

  it('hands the very same response on when nothing changes', () => {
    const anonymous = new Response('x', { headers: { 'cache-control': 'public, s-maxage=9' } })
    expect(visitorResponse(anonymous, false, null)).toBe(anonymous)
    const kept = new Response('x', { headers: { 'cache-control': 'no-store' } })
    expect(visitorResponse(kept, true, null)).toBe(kept)
  })

  it('takes commands to us and words to caches off, and adds our cookie to the others', async () => {
    const headers = new Headers({
      'session-command': 'rotate',
      'cdn-cache-control': 'max-age=9',
      'cloudflare-cdn-cache-control': 'max-age=9',
      'surrogate-control': 'max-age=9',
      'x-other': '1',
    })
    headers.append('set-cookie', 'a=1')
    headers.append('set-cookie', 'b=2')
    const response = new Response('body', { status: 201, headers })
    const changed = visitorResponse(response, false, 's=; Max-Age=0')
    expect(changed.headers.getSetCookie()).toEqual(['a=1', 'b=2', 's=; Max-Age=0'])
    const names = new Set(changed.headers.keys())
    expect([...names].sort()).toEqual(['cache-control', 'content-type', 'set-cookie', 'x-other'])
    expect(changed.status).toBe(201)
    expect(await changed.text()).toBe('body')
  })

  it.each(['cdn-cache-control', 'cloudflare-cdn-cache-control', 'surrogate-control'])(
    'takes %s off what was made for a session, however private the rest of it is',
    (name) => {
      const response = new Response('x', {
        headers: { 'cache-control': 'private', [name]: 'max-age=9' },
      })
      expect(visitorResponse(response, true, null).headers.has(name)).toBe(false)
      expect(visitorResponse(response, false, null)).toBe(response)
    },
  )

  it('takes commands off what anonymous visitors get', () => {
    const response = new Response(null, { status: 204, headers: { 'session-command': 'revoke' } })
    expect([...visitorResponse(response, false, null).headers]).toEqual([])
  })
})
