/**
 * The whole Worker inside workerd, against the stand: what most tests of the worker project start from.
 * Must never share a subject or a key in Redis between two tests: each asks for its own.
 */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { inject } from 'vitest'
import { createApp } from '../../src/app.ts'
import { SCOPES, type Scope } from '../../src/vocabulary/config.ts'
import './stand.ts'
import { leakWatch } from './leak-watch.ts'

/** Where tests pretend the site is. */
export const SITE = 'https://site.test'
export const API = '/_session/v1'
export const COOKIE = '__Host-session'

/** Holds every scope. */
export const ALL_KEY = 'test-key-all'
/** Holds one scope each: `only:sessions:read`. */
export const onlyKey = (scope: Scope): string => `only:${scope}`

export const TOKEN_KEY_BYTES = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8'
export const OTHER_KEY_BYTES = 'ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8'

/** Made for these tests and used nowhere else. */
export const SIGNING_JWK = {
  kid: 'test-es',
  kty: 'EC',
  crv: 'P-256',
  x: 'wm78d49yLOhyiLb8Tj4xEJWVCrX4pgdt-jKGyL__zko',
  y: 'ECssAD-vok5WQJSPfTt9BL0WN6pVkHxAVwN5zac7Ty4',
  d: 'Xv2iR5U41F9HvJj_lIz5CeLWXYP2a8cTBvwN5xnis5s',
} as const
export const SECOND_JWK = {
  kid: 'test-ed',
  kty: 'OKP',
  crv: 'Ed25519',
  x: 'Kh_GcKz_zBg2somlRsnL46afKwa9QQY_1jD1wFLv-OQ',
  d: 'yUTOZTcRu-cy5Up8AQsRQh5vSoEb3C1efH_pbcjMQ7Y',
} as const

const hex = (bytes: ArrayBuffer): string =>
  [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('')

export const sha256Hex = async (text: string): Promise<string> =>
  hex(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))

/** Bindings of a Worker in front of the stand. `vars` come last and may be of any type. */
export async function environment(
  vars: Readonly<Record<string, unknown>> = {},
): Promise<Record<string, unknown>> {
  const { regions, token } = inject('stand')
  const watch = leakWatch()
  // Not ALL_KEY: it is the id of its key, too, and ids may be told.
  const secrets = {
    token,
    TOKEN_KEY_BYTES,
    OTHER_KEY_BYTES,
    es: SIGNING_JWK.d,
    ed: SECOND_JWK.d,
  }
  for (const [kind, secret] of Object.entries(secrets)) watch.plant(kind, secret)
  const keys: [string, readonly Scope[]][] = [
    [ALL_KEY, SCOPES],
    ...SCOPES.map((scope): [string, Scope[]] => [onlyKey(scope), [scope]]),
  ]
  const apiKeys = await Promise.all(
    keys.map(async ([key, scopes]) => [
      key.replaceAll(':', '-'),
      { sha256: await sha256Hex(key), scopes },
    ]),
  )
  return {
    UPSTASH_REDIS_REST_URL: regions[0]?.url,
    UPSTASH_REDIS_REST_TOKEN: token,
    TOKEN_KEYS: `1:${TOKEN_KEY_BYTES}`,
    API_KEYS: JSON.stringify(Object.fromEntries(apiKeys)),
    ASSERTION_KEYS: JSON.stringify([SIGNING_JWK, SECOND_JWK]),
    ORIGIN_URL: inject('originUrl'),
    ...vars,
  }
}

/** What a visitor brings. Header names go out as they are written here. */
export interface VisitInit {
  readonly token?: string
  readonly cookie?: string
  readonly headers?: HeadersInit
  readonly method?: string
  readonly body?: BodyInit
  readonly signal?: AbortSignal
}

/** An answer of the operator API, its body parsed. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any
}

export interface Worker {
  /** Hands a request to the Worker; work it left for after the answer is done when this resolves. */
  send(request: Request): Promise<Response>
  /** The same, but not waiting for what goes on after the answer: for streams without an end. */
  open(request: Request): Promise<Response>
  /** A visitor on the site. `path` is a path, or a whole URL. */
  visit(path: string, init?: VisitInit): Promise<Response>
  /** A call of the operator API below `/_session/v1`; `key` null sends none. */
  api(
    method: string,
    path: string,
    body?: unknown,
    key?: string | null,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>
  /** A session of its own subject, created through the API. */
  login(draft?: Readonly<Record<string, unknown>>): Promise<Login>
}

export interface Login {
  readonly token: string
  readonly sid: string
  readonly subject: string
}

/** A name that no other test uses. */
export const uniqueSubject = (about = 'user'): string => `${about}-${crypto.randomUUID()}`

const unread = new Set<Response>()

/** An answer nobody reads is an open stream: its session is watched over, and that asks the store. */
export function endUnread(): void {
  for (const { body } of unread) if (body && !body.locked) void body.cancel().catch(() => undefined)
  unread.clear()
}

/** Builds the Worker as deployed, with these variables over the test secrets. */
export async function startWorker(vars?: Readonly<Record<string, unknown>>): Promise<Worker> {
  return workerFor(await environment(vars))
}

/** The same from bindings given whole. */
export function workerFor(env: unknown): Worker {
  const app = createApp(env)

  /** Nothing that was planted may be in an answer. */
  async function watched(request: Request, context: ExecutionContext): Promise<Response> {
    const response = await app(request, context)
    unread.add(response)
    await leakWatch().lookAtAnswer(new URL(request.url).pathname, response)
    return response
  }

  const open = (request: Request) => watched(request, createExecutionContext())

  async function send(request: Request): Promise<Response> {
    const context = createExecutionContext()
    const response = await watched(request, context)
    await waitOnExecutionContext(context)
    return response
  }

  function visit(path: string, { token, cookie, headers, ...init }: VisitInit = {}) {
    const all = new Headers(headers)
    if (token !== undefined) all.set('authorization', `Bearer ${token}`)
    if (cookie !== undefined) all.set('cookie', cookie)
    const url = path.startsWith('/') ? SITE + path : path
    return send(new Request(url, { redirect: 'manual', ...init, headers: all }))
  }

  async function api(
    method: string,
    path: string,
    body?: unknown,
    key: string | null = ALL_KEY,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const response = await send(
      new Request(SITE + API + path, {
        method,
        headers: { ...(key !== null && { authorization: `Bearer ${key}` }), ...headers },
        ...(body !== undefined && {
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
      }),
    )
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') ?? false
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(text) : text,
    }
  }

  async function login(draft: Readonly<Record<string, unknown>> = {}): Promise<Login> {
    const { status, body } = await api('POST', '/sessions', { subject: uniqueSubject(), ...draft })
    if (status !== 201) throw new Error(`login was answered with ${status}`)
    leakWatch().plant('session token', body.token, 'owner-only')
    return { token: body.token, sid: body.session.sid, subject: body.session.subject }
  }

  return { send, open, visit, api, login }
}

/** What the echo origin saw of a request. */
export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** The values of one header. */
  all(name: string): string[]
}

export async function seenBy(response: Response): Promise<Seen> {
  const seen = (await response.json()) as Omit<Seen, 'all'>
  return {
    ...seen,
    all: (name) => seen.headers.filter(([other]) => other === name).map(([, value]) => value),
  }
}
