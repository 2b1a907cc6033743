/**
 * What else a visitor's request says: header names, where it comes from, the page to come back to. Each check asks:
 * can somebody speak in our name, from another site, or send a person there? Must never need a token.
 */
import { arrivalOf } from '../../src/gate/arrival.ts'
import { isCrossSite } from '../../src/gate/cross-site.ts'
import { denialResponse } from '../../src/gate/denial-response.ts'
import { originRequest } from '../../src/gate/origin-request.ts'
import { OUR_HEADERS } from '../../src/vocabulary/headers.ts'
import { folded } from './oracle.ts'
import { ensure, headersFrom, type Target } from './target.ts'

const COOKIE = '__Host-session'
const SITE = 'https://site.test'
const OURS = new Set([...OUR_HEADERS])

/** A header name for every line. */
const headerNames: Target = {
  name: 'header names',
  pieces: [
    'session',
    '-',
    '_',
    '.',
    '~',
    '!',
    'assertion',
    'subject',
    'id',
    'permissions',
    'command',
    'x',
    'S',
    'forwarded',
    'host',
    '\n',
  ],
  seeds: [
    ...OURS,
    'session_subject',
    'Session.Id',
    'X_Forwarded_Host',
    'x-forwarded-proto',
    'sessionsubject',
  ],
  check(input) {
    const names = input.split('\n').slice(0, 20)
    const headers = headersFrom([
      ...names.map((name) => [name, 'mallory'] as const),
      ['connection', names.join(',').replaceAll(/[^\x21-\x7e]/g, '')],
    ])
    if (headers === null) return
    const outbound = originRequest(arrivalOf(new Request(`${SITE}/x`, { headers }), COOKIE), {
      originUrl: 'https://origin.test',
      tokenPrefix: 'sess',
      identity: null,
      asking: null,
    })
    for (const [name, value] of outbound.init.headers) {
      ensure(!OURS.has(folded(name)), `${name} reaches the origin`)
      if (/^x-forwarded-(?:host|proto)$/.test(folded(name)))
        ensure(value !== 'mallory', `${name} is the visitor's`)
    }
  },
}

/** Three lines: a method, Sec-Fetch-Site, Origin. */
const crossSite: Target = {
  name: 'cross-site',
  pieces: [
    'POST',
    'GET',
    'DELETE',
    'HEAD',
    '\n',
    'cross-site',
    'same-origin',
    'Cross-Site',
    ' ',
    'null',
    SITE,
    'https://',
    'evil.test',
    '.',
    ':443',
    '/',
    '@',
  ],
  seeds: [
    `POST\ncross-site\n${SITE}`,
    `POST\n\n${SITE}`,
    'DELETE\nsame-origin\nnull',
    `POST\n\n${SITE}.evil.test`,
  ],
  check(input) {
    const [method = '', site = '', origin = ''] = input.split('\n', 3)
    const headers = headersFrom([
      ...(site === '' ? [] : [['sec-fetch-site', site] as const]),
      ...(origin === '' ? [] : [['origin', origin] as const]),
    ])
    if (headers === null || !/^(?:POST|PUT|PATCH|DELETE)$/.test(method)) return
    const request = new Request(`${SITE}/x`, { method, headers })
    const said = request.headers.get('origin')
    if (said !== null && said !== SITE)
      ensure(isCrossSite(arrivalOf(request, COOKIE)), 'another origin is let through')
    if (/^cross-site$/i.test(site.trim()))
      ensure(isCrossSite(arrivalOf(request, COOKIE)), 'cross-site is let through')
  },
}

/** A path with its query, asked for by a browser without a session. */
const loginRedirect: Target = {
  name: 'login redirect',
  pieces: [
    '/',
    '//',
    '\\',
    '..',
    '%2F',
    '%5C',
    '?',
    '#',
    '%00',
    '&',
    '=',
    'return_to=',
    'https://evil.test',
    '//evil.test',
    '@',
    ':',
    'javascript:',
    '\r\n',
    '%0d%0a',
  ],
  seeds: [
    '/account?x=1',
    '/a?return_to=https://evil.test',
    '/login?a',
    '/\\evil.test',
    '//evil.test/x',
  ],
  check(input) {
    let request: Request
    try {
      request = new Request(`${SITE}/${input.replace(/^\//, '')}`, {
        headers: { 'sec-fetch-mode': 'navigate' },
      })
    } catch {
      return
    }
    const options = { loginUrl: '/login', cookieName: COOKIE, instance: 'urn:uuid:0' }
    const response = denialResponse(
      { code: 'login_required', reason: 'no_token' },
      request,
      options,
    )
    const location = response.headers.get('location')
    if (location === null) return
    const url = new URL(location)
    ensure(url.origin === SITE && url.pathname === '/login', 'sent somewhere else to log in')
    ensure(url.searchParams.getAll('return_to').join() === request.url, 'return_to is another page')
  },
}

export const REQUEST_TARGETS: readonly Target[] = [headerNames, crossSite, loginRedirect]
