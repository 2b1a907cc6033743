/**
 * What the control plane tells of itself: the OpenAPI document, the public keys, and its health. Whoever
 * has no key must learn nothing that is not public.
 */
import { describe, expect, it } from 'vitest'
import type { ControlDependencies } from '../../src/control/dependencies.ts'
import openApi from '../../src/control/openapi.json' with { type: 'json' }
import { openApiDocument } from '../../src/control/openapi-document.ts'
import { endpointTable } from '../../src/control/table.ts'
import { SCOPES } from '../../src/vocabulary/config.ts'
import { stand } from '../support/stand.ts'
import {
  API,
  environment,
  onlyKey,
  SECOND_JWK,
  SIGNING_JWK,
  startWorker,
  workerFor,
} from '../support/worker.ts'

const worker = await startWorker()

describe('openapi.json', () => {
  it('is what the table of endpoints says today; if not: npm run openapi', () => {
    const document = openApiDocument(endpointTable({} as ControlDependencies))
    expect(JSON.parse(JSON.stringify(document))).toEqual(openApi)
  })

  it('is served to everybody', async () => {
    for (const key of [null, 'wrong']) {
      const { status, body } = await worker.api('GET', '/openapi.json', undefined, key)
      expect(status).toBe(200)
      expect(body).toEqual(openApi)
    }
    expect(openApi.openapi).toBe('3.1.0')
  })
})

describe('the public keys', () => {
  it('are all configured ones without their private members', async () => {
    const response = await worker.visit('/_session/.well-known/jwks.json')
    expect(response.status).toBe(200)
    const text = await response.text()
    const { d: _, ...first } = SIGNING_JWK
    const { d: __, ...second } = SECOND_JWK
    expect(JSON.parse(text)).toEqual({
      keys: [
        { ...first, alg: 'ES256', use: 'sig' },
        { ...second, alg: 'EdDSA', use: 'sig' },
      ],
    })
    expect(text).not.toContain(SIGNING_JWK.d)
    expect(text).not.toContain(SECOND_JWK.d)
  })

  it('hold nothing that a key has beyond its public members', async () => {
    const planted = { ...SIGNING_JWK, oth: 'planted', k: 'planted', p: 'planted', x5c: ['planted'] }
    const own = await startWorker({ ASSERTION_KEYS: JSON.stringify([planted]) })
    const response = await own.visit('/_session/.well-known/jwks.json')
    expect(await response.text()).not.toContain('planted')
  })
})

describe('health', () => {
  const ask = async (by: typeof worker, key: string | null) =>
    by.api('GET', '/health', undefined, key)

  it('is one word without a valid key', async () => {
    for (const key of [null, 'wrong']) {
      const { status, body, headers } = await ask(worker, key)
      expect(status).toBe(200)
      expect(body).toEqual({ status: 'ok' })
      expect(headers.get('cache-control')).toBe('no-store')
    }
  })

  it('has details for any valid key', async () => {
    for (const scope of SCOPES) {
      const { status, body } = await ask(worker, onlyKey(scope))
      expect(status).toBe(200)
      expect(body).toEqual({
        status: 'ok',
        store: 'ok',
        primary_reads: true,
        feed_age_ms: null,
        denials: {},
        config: { ok: true, problems: [] },
      })
    }
  })

  it('tells how long ago this isolate heard the feed', async () => {
    const own = await startWorker()
    const { token } = await own.login()
    const response = await own.visit('/app', { token })
    await response.body?.cancel()
    const { body } = await ask(own, onlyKey('sessions:read'))
    expect(body.feed_age_ms).toBeGreaterThanOrEqual(0)
    expect(body.feed_age_ms).toBeLessThan(5000)
  })

  it('is 503 while the store is down, and tells why to operators only', async () => {
    await stand().fault('*', { reset: true })
    try {
      const visitor = await ask(worker, null)
      expect([visitor.status, visitor.body]).toEqual([503, { status: 'unavailable' }])
      const operator = await ask(worker, onlyKey('events:read'))
      expect(operator.status).toBe(503)
      expect(operator.body).toMatchObject({ status: 'unavailable', store: 'unavailable' })
    } finally {
      await stand().clearFaults()
    }
  })
})

describe('a Worker that is misconfigured', () => {
  it('refuses all traffic, and tells every problem to operators only', async () => {
    const own = await startWorker({ MAX_STALENESS_MS: 1, ENFORCEMENT: 'planted', POLICIES: '{' })
    for (const path of [
      '/',
      '/public/x',
      `${API}/openapi.json`,
      '/_session/.well-known/jwks.json',
    ]) {
      const response = await own.visit(path)
      expect(response.status).toBe(500)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      expect(response.headers.get('cache-control')).toBe('no-store')
      const text = await response.text()
      expect(JSON.parse(text)).toMatchObject({ status: 500, code: 'misconfigured' })
      expect(text).not.toMatch(/MAX_STALENESS_MS|ENFORCEMENT|POLICIES|planted/)
    }
    const refused = await own.api('POST', '/sessions', { subject: 'a' })
    expect(refused.status).toBe(500)
    const visitor = await own.api('GET', '/health', undefined, null)
    expect([visitor.status, visitor.body]).toEqual([503, { status: 'misconfigured' }])
    const { status, body } = await own.api('GET', '/health')
    expect(status).toBe(503)
    expect(body).toMatchObject({ status: 'misconfigured', config: { ok: false } })
    const names = body.config.problems.map((problem: string) => problem.split(':')[0])
    expect(names.sort()).toEqual(['ENFORCEMENT', 'MAX_STALENESS_MS', 'POLICIES'])
    expect(JSON.stringify(body)).not.toContain('planted')
  })

  it('knows no operator when the keys cannot be read', async () => {
    const own = workerFor({ ...(await environment()), API_KEYS: '{' })
    const { status, body } = await own.api('GET', '/health')
    expect([status, body]).toEqual([503, { status: 'misconfigured' }])
  })

  it('without anything refuses as well', async () => {
    const response = await workerFor({}).visit('/')
    expect(response.status).toBe(500)
    await response.body?.cancel()
  })
})
