/**
 * What a visitor is let in by: tokens, cookies, the authorization header, paths, sids. Each check asks: can this be
 * read in two ways, or let somebody in? Must never know a token but the one it sealed.
 */
import { readFileSync } from 'node:fs'
import { arrivalOf } from '../../src/gate/arrival.ts'
import { withoutSpans } from '../../src/gate/cookie-spans.ts'
import { readCredential } from '../../src/gate/credential.ts'
import { compilePolicies, policyFor } from '../../src/gate/policy-lookup.ts'
import { addressOfSid, sidOf, slotOf, TokenSealer } from '../../src/session/token.ts'
import { DEFAULT_POLICY } from '../../src/vocabulary/policy.ts'
import { cookieValues, pathsSeen } from './oracle.ts'
import { ensure, Finding, headersFrom, type Target } from './target.ts'

const vectors = (name: string) =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'))

const COOKIE = '__Host-session'
const key = { kid: '1', bytes: new Uint8Array(32).fill(7) }
const sealer = new TokenSealer('sess', [key])
/** The one token that is ours. */
const genuine = await sealer.seal(await slotOf('user-42'), {
  nonce: new Uint8Array(12).fill(1),
  secret: new Uint8Array(16).fill(2),
})
const other = await new TokenSealer('sess', [{ kid: '1', bytes: new Uint8Array(32) }]).seal(
  await slotOf('user-42'),
)

const token: Target = {
  name: 'token',
  pieces: ['sess_', '_', 'MQ', 'MYXev', '=', '-', '.', 'A', '1', 'z', 'sess', '%', '\0', 'é'],
  seeds: [
    genuine.token,
    other.token,
    'sess_',
    ...vectors('tokens').map((v: { token: string }) => v.token),
  ],
  async check(input) {
    const address = await sealer.open(input)
    ensure(address === null || input === genuine.token, 'a token that was never sealed opens')
  },
}

const TOKEN_CHARACTERS = /^[\w.~+/-]+=*$/

/** Two lines: a Cookie header, and an Authorization header. */
const credential: Target = {
  name: 'credential',
  pieces: [
    ...[COOKIE, '=', ';', '; ', ',', ', ', ' ', '\t', '"', '\n', 'a=1', 'x', '__host-session'],
    ...['Bearer ', 'bearer', 'BEARER ', 'Basic ', 'Digest ', 'DPoP ', 'sess_abc', 'sess_xyz', 'é'],
  ],
  seeds: [
    ...vectors('cookies').cookies.map(
      (v: { header: string }) => `${v.header.replaceAll('s=', `${COOKIE}=`)}\n`,
    ),
    `${COOKIE}=sess_abc\nBearer sess_abc`,
    `a=1; ${COOKIE}=sess_abc; b=2\nBasic dTpw`,
    '\nBearer sess_abc, Bearer sess_xyz',
  ],
  check(input) {
    const [cookie = '', authorization = ''] = input.split('\n', 2)
    const headers = headersFrom([
      ...(cookie === '' ? [] : [['cookie', cookie] as const]),
      ...(authorization === '' ? [] : [['authorization', authorization] as const]),
    ])
    if (headers === null) return
    const arrival = arrivalOf(new Request('https://h.test/', { headers }), COOKIE)
    const read = readCredential(arrival)
    const { strict, plain, joined } = cookieValues(headers.get('cookie') ?? '', COOKIE)
    const schemes =
      (headers.get('authorization') ?? '').match(/(?:^|,)\s*bearer(?=[\s,]|$)/gi) ?? []
    if (read.ok && read.value !== null) {
      const { token: taken, from } = read.value
      ensure(from === 'cookie' || TOKEN_CHARACTERS.test(taken), 'no token68')
      ensure(joined.length < 2, 'the cookie twice, and one of them is taken')
      ensure(from === 'bearer' || plain.length === 1, 'a cookie that only a comma makes')
      ensure(from === 'bearer' || strict.length === 1, 'a cookie that only some parsers see')
      ensure(schemes.length < 2, 'two bearer credentials, and one is taken')
      ensure(from === 'cookie' || schemes.length === 1, 'a bearer token out of nothing')
    }
    if (read.ok && read.value === null) {
      // No token of ours holds a comma, so it ends the value.
      const values = plain.map((value) => value.split(',', 1)[0]?.trim())
      const empty = values.every((value) => value === '' || value === '""')
      ensure(empty, 'a cookie is overlooked')
    }
    const rest = withoutSpans(headers.get('cookie') ?? '', arrival.ourCookies)
    ensure(rest === null || cookieValues(rest, COOKIE).joined.length === 0, 'our cookie goes on')
  },
}

const ADMIN = { ...DEFAULT_POLICY, match: '/admin/*', permissions: ['admin'] }
const OPEN = { ...DEFAULT_POLICY, match: '/public/*', access: 'public' as const }
const lookup = compilePolicies([ADMIN, OPEN])

const path: Target = {
  name: 'path',
  pieces: [
    ...[
      '/',
      '//',
      '\\',
      '.',
      '..',
      '/../',
      '/./',
      '/.',
      ';',
      ';a=b',
      '#',
      '?',
      '%',
      'admin',
      'public',
      'x',
    ],
    ...[
      '%2F',
      '%2f',
      '%5C',
      '%2e',
      '%252F',
      '%252e',
      '%25',
      '%00',
      '%0a',
      '%3B',
      '%23',
      '%3F',
      '%C0%AF',
    ],
    ...[
      '%c0%ae',
      '%u002f',
      '%E0%80%AF',
      'ADMIN',
      'ſ',
      'İ',
      '%C4%B0',
      '\u212a',
      '%61dmin',
      '\ud800',
      '\0',
    ],
  ],
  seeds: [
    ...vectors('paths').paths.map((v: { path: string }) => v.path),
    ...['/public/../admin/x', '/public/%2e%2e/admin', '/public/..%2fadmin', '/public;/../admin/x'],
  ],
  check(input) {
    const found = policyFor(lookup, 'site.test', input.startsWith('/') ? input : `/${input}`)
    if (!found.ok || found.value.access !== 'public') return
    const admin = pathsSeen(input.startsWith('/') ? input : `/${input}`).find((read) =>
      /^\/admin(?:\/|$)/i.test(read),
    )
    ensure(admin === undefined, `public, and read as ${JSON.stringify(admin)} by others`)
  },
}

const sid: Target = {
  name: 'sid',
  pieces: ['A', '-', '_', '=', '.', '/', 'Zg', '0', ' ', 'é'],
  seeds: [sidOf(genuine.address), vectors('tokens')[0].sid, ''],
  check(input) {
    const address = addressOfSid(input)
    if (address !== null && sidOf(address) !== input) throw new Finding('two spellings of one sid')
  },
}

export const VISITOR_TARGETS: readonly Target[] = [token, credential, path, sid]
