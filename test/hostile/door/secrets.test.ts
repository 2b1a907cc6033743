/**
 * Secrets never leak: everything is planted with values that occur nowhere else, every endpoint and route is asked
 * rightly and wrongly while the store fails in every way, and whatever came out is searched for them: answers,
 * errors, log lines, the audit trail, and what the origin was told.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SCOPES } from '../../../src/vocabulary/config.ts'
import type { Fault } from '../../stand/control-api.ts'
import { LeakWatch } from '../../support/leaks.ts'
import { stand } from '../../support/stand.ts'
import {
  API,
  COOKIE,
  environment,
  type Login,
  SIGNING_JWK,
  SITE,
  sha256Hex,
  startWorker,
  TOKEN_KEY_BYTES,
  uniqueSubject,
  type Worker,
  workerFor,
} from '../../support/worker.ts'

/** Errors of Redis quote the command (platform.md B): these are the words of one, with what must not come out. */
const KEY = 'planted-api-key-9c4e71'
const ARGUMENT = 'planted-redis-argument-51b7'
const QUOTING = {
  error: `ERR wrong, command was: ["HSET","sessions:{x}","${ARGUMENT}"] WRONGPASS ${ARGUMENT}`,
}
const FAULTS: (Fault | null)[] = [
  null,
  { reset: true },
  { halfAnswer: true },
  { garbage: 'text' },
  { garbage: 'shape' },
  { unauthorized: true },
  { status: 400, body: JSON.stringify(QUOTING) },
  { status: 200, body: JSON.stringify([QUOTING, QUOTING, QUOTING]) },
  { status: 500, body: `<html>${ARGUMENT}</html>`, contentType: 'text/html' },
]
/** What no log and no error may say of the store, whatever its arguments were. */
const STORE_WORDS =
  /HSET|HMGET|XADD|GETEX|multi-exec|command was|sessions:[\w{-]|subject:[\w{-]{20}/

const BODIES: unknown[] = [
  undefined,
  {},
  '{',
  '[]',
  '"x"',
  { subject: 7 },
  '\0',
  { [ARGUMENT]: ARGUMENT },
]

let watch: LeakWatch
let worker: Worker
let person: Login
let texts: string[]
let unlisten: () => void

beforeEach(async () => {
  watch = new LeakWatch()
  texts = []
  unlisten = watch.listenTo(console)
  for (const name of ['info', 'warn', 'error', 'log'] as const) {
    const own = console[name]
    vi.spyOn(console, name).mockImplementation((...said) => {
      texts.push(said.join(' '))
      own(...said)
    })
  }
  const sha256 = await sha256Hex(KEY)
  const apiKeys = {
    ...JSON.parse(String((await environment()).API_KEYS)),
    ops: { sha256, scopes: SCOPES },
  }
  worker = await startWorker({
    LOGIN_URL: '/login',
    POLICIES: [{ match: '/optional/*', access: 'optional' }],
    API_KEYS: JSON.stringify(apiKeys),
  })
  person = await worker.login({ subject: uniqueSubject('planted') })
  const env = await environment()
  watch.plant('store token', String(env.UPSTASH_REDIS_REST_TOKEN))
  watch.plant('sealing key', TOKEN_KEY_BYTES)
  watch.plant('signing key', SIGNING_JWK.d)
  watch.plant('API key', KEY)
  watch.plant('session token', person.token)
  watch.plant('redis argument', ARGUMENT)
})
afterEach(async () => {
  vi.restoreAllMocks()
  unlisten()
  await stand().clearFaults()
})

/** Everything an answer says; `own` where it may tell a person or an operator what is theirs. */
async function collect(where: string, response: Response, own = false): Promise<void> {
  const body = await textOf(response)
  const text = [...response.headers].map((pair) => pair.join(': ')).join('\n')
  watch.look(where, `${text}\n${body}`, own)
  if (response.status >= 400) texts.push(body)
}

/** Of a stream, what comes at once. */
async function textOf(response: Response): Promise<string> {
  if (!response.headers.get('content-type')?.includes('event-stream')) return response.text()
  const reader = response.body?.getReader()
  const first = await reader?.read()
  await reader?.cancel()
  return new TextDecoder().decode(first?.value)
}

const request = (
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: unknown,
): Request =>
  new Request(SITE + path, {
    method,
    headers,
    redirect: 'manual',
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })

async function visitEverywhere(): Promise<void> {
  const { token } = person
  const other = `${token.slice(0, -2)}AA`
  const carried = [
    { authorization: `Bearer ${token}` },
    { cookie: `${COOKIE}=${token}` },
    { authorization: `Bearer ${token}, Bearer ${token}` },
    { authorization: `Bearer ${other}`, cookie: `${COOKIE}=${token}` },
    { authorization: 'Basic b3BzOm5vbmU=', cookie: `${COOKIE}=${other}` },
    { cookie: `${COOKIE}=${token}; ${COOKIE}=${token}` },
    { cookie: `${COOKIE}=${token}`, origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' },
  ]
  for (const headers of carried) {
    for (const [method, path] of [
      ['GET', '/app'],
      ['POST', '/app'],
      ['GET', '/optional/x'],
      ['GET', '/a%2f..%2fb'],
      ['GET', '/%00'],
    ] as const) {
      // A program and a browser: one gets a problem, the other the login page.
      for (const more of [{}, { 'sec-fetch-mode': 'navigate' }]) {
        await collect(
          `${method} ${path}`,
          await worker.send(request(method, path, { ...headers, ...more })),
        )
      }
    }
  }
}

async function callEverything(): Promise<void> {
  const document = await (await worker.send(request('GET', '/_session/v1/openapi.json', {}))).json()
  const { paths } = document as { paths: Record<string, Record<string, unknown>> }
  for (const [path, methods] of Object.entries(paths)) {
    for (const method of Object.keys(methods).filter((name) =>
      /^(get|post|put|patch|delete)$/.test(name),
    )) {
      // Erasing or ending the person would make the rest of the walk one of the dead.
      const filled = `${API}${path}`
        .replace('{sid}', 'A'.repeat(43))
        .replace('{subject}', `${ARGUMENT}%ff`)
      for (const body of method === 'get' || method === 'delete' ? [undefined] : BODIES) {
        for (const key of [KEY, `${KEY}x`, person.token]) {
          const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
          const answer = await worker.open(request(method.toUpperCase(), filled, headers, body))
          // An unknown field is named in its pointer: the caller's own word, to the caller (RFC 6901).
          const isPointer = answer.status === 422
          if (isPointer) await answer.body?.cancel()
          else await collect(`${method} ${path}`, answer)
        }
      }
    }
  }
}

describe('nothing that was planted comes out', { timeout: 60_000 }, () => {
  it.each(FAULTS.map((fault) => [JSON.stringify(fault), fault] as const))(
    'store: %s',
    async (_, fault) => {
      if (fault !== null) await stand().fault('*', fault)
      await visitEverywhere()
      await callEverything()
      expect(watch.leaks).toEqual([])
      expect(texts.filter((text) => STORE_WORDS.test(text))).toEqual([])
      expect(watch.looked).toBeGreaterThan(200)
      expect(texts.some((text) => text.includes('invalid_api_key'))).toBe(true)
      expect(texts.some((text) => text.includes('session_store_unavailable'))).toBe(fault !== null)
    },
  )

  it('audit trail, export, health, key set and metadata', async () => {
    await worker.api('POST', `/sessions/${person.sid}/rotate`, {})
    await worker.api('PATCH', `/subjects/${person.subject}`, { permissions: ['read'] })
    await worker.api('DELETE', `/subjects/${person.subject}/sessions`)
    const headers = { authorization: `Bearer ${KEY}` }
    const query = `subject=${encodeURIComponent(person.subject)}`
    for (const path of [
      `/_session/v1/events?${query}`,
      `/_session/v1/subjects/${person.subject}/export`,
      '/_session/v1/health',
      '/_session/.well-known/jwks.json',
      '/.well-known/oauth-authorization-server/_session',
    ]) {
      const answer = await worker.send(request('GET', path, headers))
      expect([path, answer.status]).toEqual([path, 200])
      await collect(path, answer)
    }
    expect(watch.leaks).toEqual([])
  })

  it('a configuration that is wrong in every secret', async () => {
    const env = await environment()
    const broken = workerFor({
      ...env,
      TOKEN_KEYS: `1:${TOKEN_KEY_BYTES}A`,
      ASSERTION_KEYS: JSON.stringify([{ ...SIGNING_JWK, kty: 'RSA' }]),
      UPSTASH_REDIS_REST_TOKEN: `${env.UPSTASH_REDIS_REST_TOKEN} `,
      POLICIES: `[{"match": "${ARGUMENT}"}]`,
      MAX_STALENESS_MS: ARGUMENT,
    })
    for (const path of ['/app', '/_session/v1/health']) {
      const answer = await broken.send(request('GET', path, { authorization: `Bearer ${KEY}` }))
      await collect(path, answer)
    }
    expect(texts.some((text) => text.includes('TOKEN_KEYS'))).toBe(true)
    expect(watch.leaks).toEqual([])
  })
})
