/**
 * The configuration at the door (design 9): defaults, strings of JSON, and that everything wrong is named
 * at once, by name and never by value.
 */
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/foundation/config.ts'
import { DEFAULT_POLICY } from '../../src/vocabulary/policy.ts'

const KEY_A = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8'
const KEY_B = 'ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8'
const SHA = '31a65195ae16798d1e0d6d435b997168cc1cc4175b7f8a46c1484ed962f7c041'
const EC = { kid: 'es-1', kty: 'EC', crv: 'P-256', x: 'eHg', y: 'eXk', d: 'ZGQ' }
const OKP = { kid: 'ed-1', kty: 'OKP', crv: 'Ed25519', x: 'eHg', d: 'ZGQ' }

const SECRETS = {
  UPSTASH_REDIS_REST_URL: 'https://eu1-example.upstash.test',
  UPSTASH_REDIS_REST_TOKEN: 'store-token',
  TOKEN_KEYS: `1:${KEY_A}`,
  API_KEYS: JSON.stringify({ backend: { sha256: SHA, scopes: ['sessions:create'] } }),
  ASSERTION_KEYS: JSON.stringify([EC]),
}

function parsed(vars: Readonly<Record<string, unknown>> = {}) {
  const result = parseConfig({ ...SECRETS, ...vars })
  if (!result.ok) throw new Error(result.error.problems.join('; '))
  return result.value
}

function problemsOf(env: unknown): readonly string[] {
  const result = parseConfig(env)
  return result.ok ? [] : result.error.problems
}

const problemsWith = (vars: Readonly<Record<string, unknown>>) =>
  problemsOf({ ...SECRETS, ...vars })

describe('defaults', () => {
  it('are those of the documentation when only the secrets are there', () => {
    expect(parsed()).toMatchObject({
      redisUrl: SECRETS.UPSTASH_REDIS_REST_URL,
      redisToken: SECRETS.UPSTASH_REDIS_REST_TOKEN,
      originUrl: null,
      enforcement: 'enforce',
      maxStalenessMs: 1000,
      outageGraceMs: 0,
      storeDeadlineMs: 1000,
      sessionLifetimeSeconds: 604_800,
      sessionIdleSeconds: 86_400,
      maxSessionsPerSubject: 50,
      eventRetentionMs: 7_776_000_000,
      cookieName: '__Host-session',
      tokenPrefix: 'sess',
      loginUrl: null,
      assertionAudience: 'origin',
      assertionLifetimeSeconds: 60,
      policies: [],
    })
  })

  it('hold for empty ORIGIN_URL and LOGIN_URL too, as wrangler cannot leave a variable out', () => {
    expect(parsed({ ORIGIN_URL: '', LOGIN_URL: '' })).toMatchObject({
      originUrl: null,
      loginUrl: null,
    })
  })

  it('do not depend on bindings we do not know', () => {
    expect(parsed({ MY_KV: {}, SOMETHING: 'else' })).toEqual(parsed())
  })
})

describe('values', () => {
  const NUMBERS = [
    ['MAX_STALENESS_MS', 'maxStalenessMs', 100, 60_000],
    ['OUTAGE_GRACE_MS', 'outageGraceMs', 0, null],
    ['STORE_DEADLINE_MS', 'storeDeadlineMs', null, null],
    ['SESSION_LIFETIME_SECONDS', 'sessionLifetimeSeconds', 1, null],
    ['SESSION_IDLE_SECONDS', 'sessionIdleSeconds', 0, null],
    ['MAX_SESSIONS_PER_SUBJECT', 'maxSessionsPerSubject', 1, null],
    ['ASSERTION_LIFETIME_SECONDS', 'assertionLifetimeSeconds', null, null],
  ] as const

  it.each(NUMBERS)('%s is read from a number and from its text', (name, field) => {
    expect(parsed({ [name]: 500 })[field]).toBe(500)
    expect(parsed({ [name]: '500' })[field]).toBe(500)
  })

  it.each(NUMBERS)(
    '%s is refused when it is no whole number in its range',
    (name, _, low, high) => {
      const wrong = [-1, 1.5, 'soon', '', '1000ms', '1,000', true, null, [], {}, Number.NaN, 1e15]
      if (low !== null && low > 0) wrong.push(low - 1)
      if (high !== null) wrong.push(high + 1)
      for (const value of wrong) {
        const problems = problemsWith({ [name]: value })
        expect(problems, String(value)).toHaveLength(1)
        expect(problems[0]).toMatch(
          new RegExp(`^${name}: must be a whole number from \\d+ to \\d+$`),
        )
      }
      if (low !== null) expect(problemsWith({ [name]: low })).toEqual([])
      if (high !== null) expect(problemsWith({ [name]: high })).toEqual([])
    },
  )

  it('EVENT_RETENTION_DAYS is days, from one to ten years of them', () => {
    expect(parsed({ EVENT_RETENTION_DAYS: '7' }).eventRetentionMs).toBe(604_800_000)
    for (const days of [1, 3650]) expect(problemsWith({ EVENT_RETENTION_DAYS: days })).toEqual([])
    for (const days of [0, 3651, 1.5, 'x']) {
      expect(problemsWith({ EVENT_RETENTION_DAYS: days }), String(days)).toHaveLength(1)
    }
  })

  it.each([
    ['ORIGIN_URL', ['https://o.test', 'http://10.0.0.1:8080/base/']],
    ['ENFORCEMENT', ['monitor', 'enforce']],
    ['COOKIE_NAME', ['sid', '__Secure-x', 'a.b']],
    ['TOKEN_PREFIX', ['s', 'Acme1', 'A1b2C3d4E5f6G7h8']],
    ['LOGIN_URL', ['/login', '/login?x=1', 'https://id.test/login']],
    ['ASSERTION_AUDIENCE', ['https://api.test', 'my app']],
  ])('%s takes %j', (name, values) => {
    for (const value of values) expect(problemsWith({ [name]: value }), value).toEqual([])
  })

  it.each([
    ['UPSTASH_REDIS_REST_URL', ['', 'redis://h', 'h.test', 'https://u:p@h.test', 5]],
    ['UPSTASH_REDIS_REST_TOKEN', ['', 'a b', 'é', 'a\nb', 5]],
    ['ORIGIN_URL', ['ftp://o.test', 'o.test', 'https://u:p@o.test', '/x', 5]],
    ['ENFORCEMENT', ['off', 'Enforce', '', true]],
    ['COOKIE_NAME', ['', 'a b', 'a;b', 'a=b', 'é', 'x'.repeat(65)]],
    ['TOKEN_PREFIX', ['', '1a', 'a_b', 'a-b', 'x'.repeat(17)]],
    ['LOGIN_URL', ['login', '//evil.test', '/\\evil.test', 'javascript:alert(1)', 5]],
    ['ASSERTION_AUDIENCE', ['', 'a\nb', 'é']],
    [
      'TOKEN_KEYS',
      [
        '',
        KEY_A,
        `1:${KEY_A.slice(1)}`,
        `1:${KEY_A}A`,
        `1:${KEY_A}=`,
        `A:${KEY_A}`,
        `10:${KEY_A}`,
        `1:${KEY_A},1:${KEY_B}`,
        `1:${KEY_A},`,
        // The same bytes with another last character: only one spelling counts.
        `1:${KEY_A.slice(0, -1)}9`,
      ],
    ],
    [
      'API_KEYS',
      [
        '',
        '[]',
        '"x"',
        '{"a":1}',
        JSON.stringify({ a: { sha256: SHA } }),
        JSON.stringify({ a: { sha256: SHA.slice(1), scopes: [] } }),
        JSON.stringify({ a: { sha256: SHA, scopes: ['everything'] } }),
        JSON.stringify({ a: { sha256: SHA, scopes: [], extra: 1 } }),
        JSON.stringify({ 'a b': { sha256: SHA, scopes: [] } }),
      ],
    ],
    [
      'ASSERTION_KEYS',
      [
        '',
        '[]',
        '{}',
        JSON.stringify([{ ...EC, d: undefined }]),
        JSON.stringify([{ ...EC, kid: undefined }]),
        JSON.stringify([{ ...EC, crv: 'P-384' }]),
        JSON.stringify([{ kty: 'RSA', kid: 'r', n: 'x', e: 'AQAB', d: 'x' }]),
        JSON.stringify([{ kty: 'oct', kid: 'o', k: 'x' }]),
        JSON.stringify([EC, { ...OKP, kid: EC.kid }]),
      ],
    ],
  ])('%s refuses what it cannot mean, and is named', (name, values) => {
    for (const value of values) {
      const problems = problemsWith({ [name]: value })
      expect(problems.length, JSON.stringify(value)).toBeGreaterThan(0)
      for (const problem of problems) expect(problem).toMatch(new RegExp(`^${name}[.:]`))
    }
  })

  it.each(Object.keys(SECRETS))('%s must be there', (name) => {
    expect(problemsWith({ [name]: undefined })).toEqual([`${name}: missing`])
  })

  it('TOKEN_KEYS keeps the order: the first seals', () => {
    const { tokenKeys } = parsed({ TOKEN_KEYS: `b:${KEY_B}, 1:${KEY_A}` })
    expect(tokenKeys.map(({ kid, bytes }) => [kid, bytes[0], bytes.length])).toEqual([
      ['b', 32, 32],
      ['1', 0, 32],
    ])
  })

  it('API_KEYS and ASSERTION_KEYS may be values or their text', () => {
    const keys = { backend: { sha256: SHA.toUpperCase(), scopes: ['sessions:revoke'] } }
    const [apiKey] = parsed({ API_KEYS: keys }).apiKeys
    expect(apiKey).toMatchObject({ id: 'backend', scopes: ['sessions:revoke'] })
    expect(apiKey?.sha256).toEqual(parsed().apiKeys[0]?.sha256)
    const { assertionKeys } = parsed({ ASSERTION_KEYS: [OKP, EC] })
    expect(assertionKeys.map(({ kid, alg }) => [kid, alg])).toEqual([
      ['ed-1', 'EdDSA'],
      ['es-1', 'ES256'],
    ])
  })

  it('ORIGIN_URL loses its trailing slashes, as paths are appended to it', () => {
    expect(parsed({ ORIGIN_URL: 'http://o.test/base//' }).originUrl).toBe('http://o.test/base')
  })
})

describe('POLICIES', () => {
  const full = {
    match: 'www.site.test/admin/*',
    access: 'optional',
    permissions: ['admin', 'ops'],
    consistency: 'strong',
    max_auth_age_seconds: 300,
    session_commands: ['establish', 'rotate', 'revoke', 'revoke-all'],
    cross_site: 'allow',
    audience: 'https://billing.test',
  }

  it('are read from an array and from its text, in order', () => {
    const rules = [full, { match: '/' }]
    const expected = [
      {
        match: 'www.site.test/admin/*',
        access: 'optional',
        permissions: ['admin', 'ops'],
        consistency: 'strong',
        maxAuthAgeSeconds: 300,
        sessionCommands: ['establish', 'rotate', 'revoke', 'revoke-all'],
        crossSite: 'allow',
        audience: 'https://billing.test',
        signals: null,
        trustedNetworks: new Set(),
      },
      { ...DEFAULT_POLICY, match: '/' },
    ]
    expect(parsed({ POLICIES: rules }).policies).toEqual(expected)
    expect(parsed({ POLICIES: JSON.stringify(rules) }).policies).toEqual(expected)
  })

  it.each(['/', '/*', '/a/*', '/a*', '/a/b', '/ü', 'h.test/*', 'h.test:8080/x', 'localhost/'])(
    'match %s',
    (match) => {
      expect(problemsWith({ POLICIES: [{ match }] })).toEqual([])
    },
  )

  it.each<[unknown, string]>([
    [[{ match: 'admin' }], '0.match'],
    [[{ match: '' }], '0.match'],
    [[{ match: '/a*b' }], '0.match'],
    [[{ match: '*/a' }], '0.match'],
    [[{ match: '/a b' }], '0.match'],
    [[{ match: '/a?b' }], '0.match'],
    [[{ match: 'https://h.test/a' }], '0.match'],
    [[{ access: 'public' }], '0.match'],
    [[{ match: '/' }, { match: '/', access: 'open' }], '1.access'],
    [[{ match: '/', permissions: 'admin' }], '0.permissions'],
    [[{ match: '/', permissions: [''] }], '0.permissions.0'],
    [[{ match: '/', consistency: 'weak' }], '0.consistency'],
    [[{ match: '/', max_auth_age_seconds: 0 }], '0.max_auth_age_seconds'],
    [[{ match: '/', max_auth_age_seconds: '60' }], '0.max_auth_age_seconds'],
    [[{ match: '/', session_commands: ['login'] }], '0.session_commands.0'],
    [[{ match: '/', cross_site: true }], '0.cross_site'],
    [[{ match: '/', audience: '' }], '0.audience'],
    [[{ match: '/', audience: 'a\nb' }], '0.audience'],
    [[{ match: '/', audience: ['a'] }], '0.audience'],
    [[{ match: '/', permission: ['admin'] }], '0'],
    [['/admin'], '0'],
    // What is public checks nothing, so it must not look as if it did.
    [[{ match: '/', access: 'public', permissions: ['admin'] }], '0'],
    [[{ match: '/', access: 'public', max_auth_age_seconds: 60 }], '0'],
  ])('%j is refused whole, at %s', (rules, at) => {
    expect(problemsWith({ POLICIES: rules }).map((problem) => problem.split(':')[0])).toEqual([
      `POLICIES.${at}`,
    ])
  })

  it.each(['{}', 'not json', 5, null])('%j as a whole is refused', (value) => {
    expect(problemsWith({ POLICIES: value })).toHaveLength(1)
  })

  it('tells which field it does not know', () => {
    expect(problemsWith({ POLICIES: [{ match: '/', permision: [] }] })).toEqual([
      'POLICIES.0: does not know permision',
    ])
  })
})

describe('a wrong configuration', () => {
  const PLANTED = 'planted-secret'

  it('names everything that is wrong at once', () => {
    const problems = problemsOf({
      TOKEN_KEYS: 'x',
      API_KEYS: SECRETS.API_KEYS,
      MAX_STALENESS_MS: 1,
      ENFORCEMENT: 'maybe',
      POLICIES: [{ match: 'x' }, { match: '/', access: 'x' }],
    })
    expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual([
      'ASSERTION_KEYS',
      'ENFORCEMENT',
      'MAX_STALENESS_MS',
      'POLICIES.0.match',
      'POLICIES.1.access',
      'TOKEN_KEYS',
      'UPSTASH_REDIS_REST_TOKEN',
      'UPSTASH_REDIS_REST_URL',
    ])
  })

  it.each([null, undefined, 'text', 5, []])('%j for an environment is refused', (env) => {
    expect(parseConfig(env).ok).toBe(false)
  })

  it('never repeats a value: it may be a secret in the wrong place', () => {
    const names = Object.keys(parsed()).length
    const env: Record<string, unknown> = {}
    for (const name of [
      'UPSTASH_REDIS_REST_URL',
      'TOKEN_KEYS',
      'API_KEYS',
      'ASSERTION_KEYS',
      'ORIGIN_URL',
      'ENFORCEMENT',
      'MAX_STALENESS_MS',
      'OUTAGE_GRACE_MS',
      'STORE_DEADLINE_MS',
      'SESSION_LIFETIME_SECONDS',
      'SESSION_IDLE_SECONDS',
      'MAX_SESSIONS_PER_SUBJECT',
      'EVENT_RETENTION_DAYS',
      'LOGIN_URL',
      'ASSERTION_LIFETIME_SECONDS',
      'POLICIES',
    ]) {
      env[name] = PLANTED
    }
    env.UPSTASH_REDIS_REST_TOKEN = `${PLANTED} with a blank`
    env.COOKIE_NAME = `${PLANTED};`
    env.TOKEN_PREFIX = PLANTED
    env.ASSERTION_AUDIENCE = `${PLANTED}\n`
    const problems = problemsOf(env)
    expect(problems).toHaveLength(names)
    expect(problems.join('\n')).not.toContain('planted')
  })

  it('never repeats a value from within a structure', () => {
    const problems = problemsOf({
      ...SECRETS,
      API_KEYS: JSON.stringify({ backend: { sha256: PLANTED, scopes: [PLANTED] } }),
      ASSERTION_KEYS: JSON.stringify([{ ...EC, kty: PLANTED, d: PLANTED }]),
      POLICIES: [{ match: PLANTED, access: PLANTED, permissions: PLANTED, consistency: PLANTED }],
    })
    expect(problems.length).toBeGreaterThanOrEqual(7)
    expect(problems.join('\n')).not.toContain('planted')
  })

  it('still knows the keys of operators, if these could be read', () => {
    const broken = (vars: object) => parseConfig({ ...SECRETS, MAX_STALENESS_MS: 1, ...vars })
    const readable = broken({})
    expect(!readable.ok && readable.error.apiKeys.map(({ id }) => id)).toEqual(['backend'])
    const unreadable = broken({ API_KEYS: '{' })
    expect(!unreadable.ok && unreadable.error.apiKeys).toEqual([])
  })
})
