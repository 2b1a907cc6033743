/**
 * An application that knows nothing of us runs behind the Worker: Flood (github.com/jesec/flood), a web UI
 * with pages, hashed assets, a login of its own with a form and a cookie, and settings that persist. Chosen
 * because it is one npm package without dependencies, native parts or downloads (27 MB), and is kept up.
 * Must run the built Worker over HTTP against the stand; nothing here is mocked.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeSecrets } from '../stand/dev-vars.ts'
import { type Stand, startStand } from '../stand/http-redis.ts'
import { findRedisServer } from '../stand/redis/find-server.ts'
import { familyOf, freePorts, ROOT, type Running, run, survivors } from './processes.ts'

const SESSION_COOKIE = '__Host-session'
const LOGIN = { username: 'ada', password: 'lovelace' }
const JSON_BODY = { 'content-type': 'application/json' }

let stand: Stand
let app: Running
let worker: Running
let appUrl: string
let door: string
let apiKey: string
const folder = mkdtempSync(join(tmpdir(), 'third-party-app-'))

beforeAll(async () => {
  const redisServer = findRedisServer()
  const port = await freePorts(2)
  door = `http://127.0.0.1:${port}`
  appUrl = `http://127.0.0.1:${port + 1}`
  stand = await startStand({
    backend: redisServer ? { redisServer } : 'memory',
    regions: [{ name: 'local', lagMs: 0 }],
  })
  const secrets = await makeSecrets(stand.regions[0]?.url ?? '', stand.token)
  apiKey = secrets.apiKey
  const vars = { ...secrets.vars, ORIGIN_URL: appUrl, MAX_STALENESS_MS: '200' }
  app = run(process.execPath, [
    `${ROOT}node_modules/flood/dist/index.js`,
    ...['--auth', 'default', '--rundir', folder, '--host', '127.0.0.1'],
    ...['--port', String(port + 1)],
  ])
  worker = run(
    process.execPath,
    [
      `${ROOT}node_modules/wrangler/bin/wrangler.js`,
      'dev',
      ...['--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0'],
      '--show-interactive-dev-session=false',
      ...Object.entries(vars).flatMap(([name, value]) => ['--var', `${name}:${value}`]),
    ],
    { WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
  )
  await Promise.all([
    app.says(/starting on http/, 30_000),
    worker.says(/Ready on http/, 60_000),
    until(() => fetch(appUrl)),
  ])
  await until(() => fetch(`${door}/_session/v1/health`))
})

afterAll(async () => {
  const family = [worker, app].flatMap((running) => familyOf(running?.child.pid ?? 0))
  await Promise.all([worker?.end('SIGTERM'), app?.end('SIGTERM'), stand?.stop()])
  rmSync(folder, { recursive: true, force: true })
  expect(survivors(family)).toEqual([])
})

async function until(ask: () => Promise<Response>): Promise<void> {
  const endsAt = performance.now() + 30_000
  while (!(await ask().catch(() => null))?.ok) {
    if (performance.now() > endsAt) throw new Error(`${worker.output()}\n${app.output()}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** As much of a browser as a site notices: a cookie jar, and what it says of itself. */
class Browser {
  readonly cookies = new Map<string, string>()

  async open(path: string, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(door + path, {
      redirect: 'manual',
      ...init,
      headers: { 'sec-fetch-site': 'same-origin', origin: door, cookie, ...init.headers },
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/max-age=0\b/i.test(line)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return response
  }

  async json(path: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
    const response = await this.open(path, init)
    expect(response.status, `${init.method ?? 'GET'} ${path}`).toBe(200)
    return (await response.json()) as Record<string, unknown>
  }

  /** The app's own login, as its page sends it when scripts are off: a form. */
  logInToApp(): Promise<Record<string, unknown>> {
    return this.json('/api/auth/authenticate', {
      method: 'POST',
      body: new URLSearchParams(LOGIN),
    })
  }

  speak(language: string): Promise<Response> {
    return this.open('/api/settings', {
      method: 'PATCH',
      headers: JSON_BODY,
      body: JSON.stringify({ language }),
    })
  }
}

const operator = (path: string, init: RequestInit = {}) =>
  fetch(`${door}/_session/v1${path}`, {
    ...init,
    headers: { authorization: `Bearer ${apiKey}`, ...init.headers },
  })

/** A browser with a session at the front door, set by the very line the API hands out. */
async function browserOf(subject: string): Promise<{ browser: Browser; sid: string }> {
  const created = await operator('/sessions', { method: 'POST', body: JSON.stringify({ subject }) })
  const { set_cookie, session } = (await created.json()) as {
    set_cookie: string
    session: { sid: string }
  }
  const browser = new Browser()
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set_cookie) ?? []
  browser.cookies.set(name, value)
  return { browser, sid: session.sid }
}

describe('a third-party application behind the Worker', () => {
  let laptop: { browser: Browser; sid: string }
  let phone: { browser: Browser; sid: string }

  beforeAll(async () => {
    laptop = await browserOf('ada')
    phone = await browserOf('ada')
    await laptop.browser.json('/api/auth/register', {
      method: 'POST',
      headers: JSON_BODY,
      body: JSON.stringify({
        ...LOGIN,
        level: 10,
        client: { client: 'rTorrent', type: 'socket', version: 1, socket: join(folder, 'none') },
      }),
    })
  })

  it('is shut without a session, whatever cookie of its own a visitor holds', async () => {
    const stranger = new Browser()
    const [jwt] = [laptop.browser.cookies.get('jwt') ?? '']
    stranger.cookies.set('jwt', jwt)
    for (const path of ['/', '/api/settings', '/manifest.json']) {
      expect((await stranger.open(path)).status, path).toBe(401)
    }
    expect(
      (await fetch(`${appUrl}/api/settings`, { headers: { cookie: `jwt=${jwt}` } })).status,
    ).toBe(200)
  })

  it('shows its page and its assets byte for byte', async () => {
    const page = await laptop.browser.open('/')
    expect(page.status).toBe(200)
    expect(page.headers.get('cache-control')).toMatch(/\bprivate\b/)
    const html = await page.text()
    const assets = [...html.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map(([, path]) => path)
    expect(assets.length).toBeGreaterThanOrEqual(2)
    for (const path of assets) {
      const [through, direct] = await Promise.all([
        laptop.browser.open(`/${path}`),
        fetch(`${appUrl}/${path}`),
      ])
      expect(through.status).toBe(200)
      expect(through.headers.get('content-type')).toBe(direct.headers.get('content-type'))
      const [seen, sent] = await Promise.all([through.arrayBuffer(), direct.arrayBuffer()])
      expect(Buffer.from(seen).equals(Buffer.from(sent)), path).toBe(true)
    }
  })

  it('logs in with its own form and keeps its own cookie beside ours', async () => {
    for (const { browser } of [laptop, phone]) {
      expect(await browser.logInToApp()).toMatchObject({ success: true, username: 'ada' })
      expect([...browser.cookies.keys()].sort()).toEqual([SESSION_COOKIE, 'jwt'])
      expect(await browser.json('/api/auth/verify')).toMatchObject({ username: 'ada' })
    }
  })

  it('takes a write that another session then sees', async () => {
    expect((await laptop.browser.speak('de')).status).toBe(200)
    expect(await phone.browser.json('/api/settings')).toMatchObject({ language: 'de' })
  })

  it('is not written to by another site', async () => {
    const forged = await laptop.browser.open('/api/auth/authenticate', {
      method: 'POST',
      headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
      body: new URLSearchParams(LOGIN),
    })
    expect(forged.status).toBe(403)
  })

  it('stops for a revoked session by the time the receipt says so, while another goes on', async () => {
    const revoked = await operator(`/sessions/${laptop.sid}`, {
      method: 'DELETE',
      headers: { prefer: 'wait' },
    })
    expect(await revoked.json()).toMatchObject({ sessions_revoked: 1, enforced: true })

    expect((await laptop.browser.speak('fr')).status).toBe(401)
    expect([...laptop.browser.cookies.keys()]).toEqual(['jwt'])
    for (const path of ['/', '/api/settings', '/api/auth/verify']) {
      expect((await laptop.browser.open(path)).status, path).toBe(401)
    }

    expect(await phone.browser.json('/api/settings')).toMatchObject({ language: 'de' })
    expect((await phone.browser.speak('nl')).status).toBe(200)
    expect(await phone.browser.json('/api/settings')).toMatchObject({ language: 'nl' })
    expect((await phone.browser.open('/')).status).toBe(200)
  })
})
