/**
 * Defects of gateways that do what this one does: Ory Oathkeeper #743 (a cache that forgets the scope) and
 * Curity's Cloudflare Worker, src/handler.ts as of 2024-06-14. Each test fails on the defect.
 * No secret may be in what is logged, whatever goes wrong: that is one of them.
 */
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { slotOf } from '../../src/session/token.ts'
import { commandsOf, stand } from '../support/stand.ts'
import {
  ALL_KEY,
  COOKIE,
  environment,
  type Login,
  SITE,
  seenBy,
  sha256Hex,
  startWorker,
  TOKEN_KEY_BYTES,
  type Worker,
} from '../support/worker.ts'

const POLICIES = [
  { match: '/foo/*', permissions: ['foo'] },
  { match: '/bar/*', permissions: ['bar'] },
  { match: '/recent/*', max_auth_age_seconds: 60 },
]

let worker: Worker
beforeAll(async () => {
  worker = await startWorker({
    POLICIES,
    MAX_STALENESS_MS: 60_000,
    STORE_DEADLINE_MS: 10_000,
  })
})
afterEach(() => stand().clearFaults())

/** What the store was asked of one person's sessions while `action` ran. */
async function askedAbout({ subject }: Login, action: () => Promise<unknown>) {
  const slot = await slotOf(subject)
  const commands = await commandsOf(action)
  return commands.filter(({ command }) => command.join(' ').includes(slot))
}

describe('oathkeeper #743 (CVE-2021-32701, heimdall #3452): a cache that forgets the scope', () => {
  const hourAgo = () => new Date(Date.now() - 3_600_000).toISOString()
  const statusAt = async (path: string, { token }: Login) =>
    (await worker.visit(path, { token })).status

  it('what one route let pass is asked anew by the next, from memory', async () => {
    const login = await worker.login({ permissions: ['foo'], auth_time: hourAgo() })
    expect(await statusAt('/foo/x', login)).toBe(200)
    const asked = await askedAbout(login, async () => {
      expect(await statusAt('/bar/x', login)).toBe(403)
      expect(await statusAt('/recent/x', login)).toBe(401)
      expect(await statusAt('/foo/x', login)).toBe(200)
    })
    // So it was the remembered session that was refused.
    expect(asked).toEqual([])
  })

  it('what one route refused, the next may let pass', async () => {
    const login = await worker.login({ permissions: ['bar'], auth_time: hourAgo() })
    expect(await statusAt('/foo/x', login)).toBe(403)
    expect(await statusAt('/recent/x', login)).toBe(401)
    expect(await statusAt('/bar/x', login)).toBe(200)
  })
})

describe('Curity’s Worker: what passes without being looked at', () => {
  const JWT = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.'
  it.each([
    ['an unsigned JWT', `Bearer ${JWT}`],
    ['one letter', 'bearer x'],
    ['our prefix and no more', 'BEARER sess_x'],
    ['4,000 letters', `Bearer ${'A'.repeat(4000)}`],
  ])('a bearer token of any kind is verified: %s', async (_, authorization) => {
    const response = await worker.visit('/app', { headers: { authorization } })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ code: 'invalid_token' })
  })

  it('a bearer token beside a good cookie does not switch the checks off', async () => {
    const { token } = await worker.login()
    for (const method of ['GET', 'POST']) {
      const response = await worker.visit('/app', {
        method,
        cookie: `${COOKIE}=${token}`,
        token: JWT,
        headers: { origin: 'https://evil.test' },
      })
      expect(response.status).toBe(400)
    }
  })

  it('a preflight is a request like any other', async () => {
    const headers = { origin: 'https://evil.test', 'access-control-request-method': 'POST' }
    const response = await worker.visit('/app', { method: 'OPTIONS', headers })
    expect([response.status, response.headers.has('access-control-allow-origin')]).toEqual([
      401,
      false,
    ])
  })
})

describe('Curity’s Worker: what the origin gets', () => {
  it('is neither the cookie nor a token, whichever way it came', async () => {
    const { token } = await worker.login()
    for (const init of [
      { cookie: `a=1; ${COOKIE}=${token}; b=2` },
      { cookie: `a=1; b=2`, token },
      { cookie: `a=1; ${COOKIE}=${token}; b=2`, token },
    ]) {
      const seen = await seenBy(await worker.visit('/app', init))
      expect(seen.all('cookie')).toEqual(['a=1; b=2'])
      expect(seen.all('authorization')).toEqual([])
      expect(JSON.stringify(seen.headers)).not.toContain(token)
    }
  })
})

describe('Curity’s Worker: what the log gets', () => {
  it('is what happened, and no token, cookie, key or secret', async () => {
    const lines: string[] = []
    const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation((...said) => void lines.push(said.join(' '))),
    )
    const env = await environment()
    const own = await startWorker({ POLICIES, ORIGIN_URL: 'http://127.0.0.1:1' })
    const { token } = await own.login()
    const forged = `sess_${'f'.repeat(82)}`
    const cookie = `${COOKIE}=${token}; csrf=planted-csrf`
    try {
      // An origin that is down, another site, a forged token, two tokens, a wrong key.
      await own.visit('/app', { cookie })
      await own.visit('/app', { cookie, method: 'POST', headers: { origin: 'https://evil.test' } })
      await own.visit('/app', { token: forged })
      await own.visit('/app', { cookie, token: forged })
      await own.api('GET', '/events', undefined, 'planted-api-key')
      await stand().fault('*', {
        status: 500,
        body: `{"error":"ERR planted-store-answer ${token}"}`,
      })
      const cold = await startWorker({ POLICIES })
      await cold.visit('/app', { cookie })
      await cold.api('POST', '/sessions', { subject: 'planted-subject', claims: { a: 'planted' } })
    } finally {
      for (const spy of spies) spy.mockRestore()
    }
    const told = lines.join('\n')
    for (const code of ['origin_unreachable', 'session_store_unavailable', 'denials']) {
      expect(told).toContain(`"code":"${code}"`)
    }
    const { UPSTASH_REDIS_REST_TOKEN } = env
    for (const secret of [
      token,
      forged,
      ALL_KEY,
      TOKEN_KEY_BYTES,
      String(UPSTASH_REDIS_REST_TOKEN),
    ])
      expect(told).not.toContain(secret)
    expect(told).not.toMatch(/planted|sess_|__Host/)
  })
})

describe('Curity’s Worker: an introspection that cannot be had', () => {
  it('is one 503 that says when to come back, and ends nothing', async () => {
    const { token } = await worker.login()
    await stand().fault('*', { status: 502, body: 'Bad Gateway' })
    const cold = await startWorker({ POLICIES })
    const response = await cold.visit('/app', { cookie: `${COOKIE}=${token}` })
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
    expect(response.headers.has('set-cookie')).toBe(false)
    expect(await response.json()).toMatchObject({
      status: 503,
      title: 'Service Unavailable',
      code: 'session_store_unavailable',
    })
  })

  it('is not needed again for every request', async () => {
    const login = await worker.login()
    const visit = () => worker.visit('/app', { token: login.token })
    expect(await askedAbout(login, visit)).not.toEqual([])
    const asked = await askedAbout(login, async () => {
      for (let i = 0; i < 10; i++) await visit()
    })
    expect(asked).toEqual([])
  })
})

describe('Curity’s Worker: how it writes its own introspection request', () => {
  const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

  const ID = 'gateway-1'
  // Form-encoded, and in base64 with `+`, `/` and `=`: what base64url of the bare pair is not.
  const KEY = 'k>>???~~ü'

  async function introspect(own: Worker, authorization: string, body: string) {
    const request = new Request(`${SITE}/_session/v1/introspect`, {
      method: 'POST',
      headers: { ...FORM, authorization },
      body,
    })
    const response = await own.send(request)
    return { status: response.status, body: (await response.json()) as { active?: boolean } }
  }

  it('Basic credentials are base64 of form-encoded parts, and a token is form-encoded too', async () => {
    const keys = { [ID]: { sha256: await sha256Hex(KEY), scopes: ['sessions:read'] } }
    const own = await startWorker({ POLICIES, API_KEYS: JSON.stringify(keys) })
    const { token } = await worker.login()
    const pair = `${ID}:${encodeURIComponent(KEY)}`
    const everyByte = [...token].map((c) => `%${c.charCodeAt(0).toString(16)}`).join('')
    for (const body of [`token=${token}`, `token=${everyByte}&token_type_hint=access_token`]) {
      expect(await introspect(own, `Basic ${btoa(pair)}`, body)).toMatchObject({
        status: 200,
        body: { active: true },
      })
    }
    const splitInTwo = `token=${token.slice(0, 9)}&token=${token.slice(9)}`
    expect((await introspect(own, `Basic ${btoa(pair)}`, splitInTwo)).status).toBe(400)
  })
})
