/**
 * Advisories of oauth2-proxy, each as a test that fails on the behaviour it reports: what a visitor says in a
 * header must never pass for what the proxy says, choose the rule, or make a request look like a probe.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { type Login, type Seen, seenBy, startWorker, type Worker } from '../support/worker.ts'

const POLICIES = [
  { match: '/foo/secret', permissions: ['secrets'] },
  { match: '/foo/*', access: 'public' },
  { match: '/public/*', access: 'public' },
  { match: '/admin/*', permissions: ['admin'] },
  { match: 'open.test/*', access: 'public' },
]

let worker: Worker
let visitor: Login
beforeAll(async () => {
  worker = await startWorker({ POLICIES, STORE_DEADLINE_MS: 10_000 })
  visitor = await worker.login({ permissions: ['read'] })
})

/** Headers as WSGI, Rack, PHP and CGI hand them to an application (RFC 3875 4.1.18). */
function cgiValues({ headers }: Seen, name: string): string[] {
  const meta = (header: string) => header.toUpperCase().replace(/[^A-Z0-9]/g, '_')
  return headers.filter(([other]) => meta(other) === meta(name)).map(([, value]) => value)
}

describe('GHSA-vjrc-mh2v-45x6 (CVE-2025-64484): headers under another spelling', () => {
  const OURS = ['Session-Subject', 'Session-Id', 'Session-Permissions', 'Session-Assertion']
  const SPELLINGS: readonly ((name: string) => string)[] = [
    (name) => name,
    (name) => name.toUpperCase(),
    (name) => name.toLowerCase(),
    (name) => name.replaceAll('-', '_'),
    (name) => name.replaceAll('-', '_').toUpperCase(),
    (name) => name.replace('-', '_').toLowerCase(),
    (name) => name.replaceAll('-', '.'),
  ]
  const forged = (name: string) => SPELLINGS.map((spell) => [spell(name), 'forged'])

  it('an application that reads `_` as `-` sees only what we said', async () => {
    const headers = OURS.flatMap(forged) as [string, string][]
    const response = await worker.visit('/app', { token: visitor.token, headers })
    expect(response.status).toBe(200)
    const seen = await seenBy(response)
    expect(cgiValues(seen, 'Session-Subject')).toEqual([visitor.subject])
    expect(cgiValues(seen, 'Session-Id')).toEqual([visitor.sid])
    expect(cgiValues(seen, 'Session-Permissions')).toEqual(['read'])
    expect(cgiValues(seen, 'Session-Assertion')).toEqual([expect.stringMatching(/^eyJ/)])
    expect(JSON.stringify(seen.headers)).not.toContain('forged')
  })

  it('nobody is somebody on a route without sessions', async () => {
    const headers = OURS.flatMap(forged) as [string, string][]
    const seen = await seenBy(await worker.visit('/public/x', { headers }))
    for (const name of OURS) expect(cgiValues(seen, name)).toEqual([])
  })

  it('what we say of the host and the scheme has one value', async () => {
    const names = ['X-Forwarded-Host', 'X-Forwarded-Proto']
    const headers = names.flatMap(forged) as [string, string][]
    const seen = await seenBy(await worker.visit('/public/x', { headers }))
    expect(names.map((name) => cgiValues(seen, name))).toEqual([['site.test'], ['https']])
  })
})

describe('GHSA-5hvv-m4w4-gf6v (CVE-2026-34457): a request that calls itself a health check', () => {
  const PROBES = [
    'GoogleHC/1.0',
    'kube-probe/1.33',
    'ELB-HealthChecker/2.0',
    'Better Uptime Bot',
    'Mozilla/5.0 (compatible; Cloudflare-Healthchecks/1.0)',
    '',
  ]
  it.each(PROBES)('is asked for a session like any other: %j', async (userAgent) => {
    for (const method of ['GET', 'HEAD']) {
      const headers = { 'user-agent': userAgent }
      const response = await worker.visit('/app', { headers, method })
      expect(response.status).toBe(401)
      // The problem is ours: the origin was not asked.
      expect(response.headers.get('content-type')).toBe('application/problem+json')
    }
  })

  it.each(['/ping', '/ready', '/healthz', '/robots.txt', '/_sessionx/v1/health', '/oauth2/auth'])(
    'has no path of its own on the site: %s',
    async (path) => {
      expect((await worker.visit(path)).status).toBe(401)
    },
  )

  it('the one health report there is tells one word, and opens nothing', async () => {
    const headers = { 'user-agent': 'GoogleHC/1.0', 'x-original-url': '/app' }
    const response = await worker.visit('/_session/v1/health', { headers })
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }])
    for (const path of ['/_session/v1/health/app', '/_session/v1/health/..%2Fsessions']) {
      expect((await worker.visit(path, { headers })).status).toBe(404)
    }
  })
})

describe('GHSA-7x63-xv5r-3p2x (CVE-2026-40575, and #3506): a header that names another path', () => {
  const SAID = [
    'X-Forwarded-Uri',
    'X-Forwarded-Path',
    'X-Forwarded-Prefix',
    'X-Original-Uri',
    'X-Original-Url',
    'X-Rewrite-Url',
    'X-Envoy-Original-Path',
    'X-Auth-Request-Redirect',
  ]
  it.each(SAID)('%s does not choose the rule', async (name) => {
    const headers = { [name]: '/public/x' }
    expect((await worker.visit('/app', { headers })).status).toBe(401)
    const { token } = visitor
    expect((await worker.visit('/admin/users', { headers, token })).status).toBe(403)
    // Nor the other way about: the path that is sent is the path that was judged.
    const response = await worker.visit('/public/x?q=1', { headers: { [name]: '/app' } })
    expect(response.status).toBe(200)
    expect((await seenBy(response)).url).toBe('/public/x?q=1')
  })

  it.each(['X-Forwarded-Host', 'X-Host', 'X-Original-Host', 'Forwarded'])(
    '%s does not choose the host of the rule',
    async (name) => {
      const headers = { [name]: name === 'Forwarded' ? 'host=open.test' : 'open.test' }
      expect((await worker.visit('/app', { headers })).status).toBe(401)
    },
  )

  it.each(['X-Http-Method-Override', 'X-Http-Method', 'X-Method-Override', 'X-Forwarded-Method'])(
    '%s does not make an unsafe request of another site a safe one',
    async (name) => {
      const response = await worker.visit('/app', {
        method: 'POST',
        cookie: `__Host-session=${visitor.token}`,
        headers: { [name]: 'GET', origin: 'https://evil.test' },
      })
      expect(response.status).toBe(403)
    },
  )
})

describe('GHSA-pxq7-h93f-9jrg (CVE-2026-41059): a fragment in the path of an open rule', () => {
  it.each([
    '/foo/secret%23/bar',
    '/foo/secret%23',
    '/foo/secret%2523/bar',
    '/foo/x/..%2Fsecret%23/bar',
    '/foo/secret%3B%23/bar',
  ])('%s is neither open nor sent on', async (path) => {
    for (const init of [{}, { token: visitor.token }]) {
      const response = await worker.visit(path, init)
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ code: 'invalid_request' })
    }
  })

  it('a fragment as such is no part of the path', async () => {
    expect((await worker.visit('/foo/secret#/bar')).status).toBe(401)
    expect((await worker.visit('/foo/secret#/bar', { token: visitor.token })).status).toBe(403)
  })

  it('what is not ambiguous is still open', async () => {
    expect((await worker.visit('/foo/bar')).status).toBe(200)
    expect((await worker.visit('/foo/a%23b')).status).toBe(200)
  })
})

describe('GHSA-7rh7-c77v-6434 (CVE-2025-54576): a query that looks like an open path', () => {
  it.each(['/app?/public/x', '/app?next=/public/x', '/app%3F/public/x', '/admin/users?x=/foo/bar'])(
    '%s needs what its path needs',
    async (path) => {
      expect((await worker.visit(path)).status).toBe(401)
    },
  )
})
