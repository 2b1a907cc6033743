/**
 * Single steps of the hot path, each run many times on one request inside workerd: what each costs, when the
 * machine is too busy for anything else. Must never be deployed: it times itself, which works locally only.
 */
import { arrivalOf } from '../../../src/gate/arrival.ts'
import { readCredential } from '../../../src/gate/credential.ts'
import { isCrossSite } from '../../../src/gate/cross-site.ts'
import { originRequest } from '../../../src/gate/origin-request.ts'
import { visitorResponse } from '../../../src/gate/origin-response.ts'
import { placeOf } from '../../../src/gate/place.ts'
import { compilePolicies, policyFor } from '../../../src/gate/policy-lookup.ts'

const BATCHES = 40
const TIMES = 1500

const POLICY = {
  permissions: [],
  consistency: 'bounded',
  maxAuthAgeSeconds: null,
  audience: null,
  signals: null,
  trustedNetworks: new Set<number>(),
} as const
const lookup = compilePolicies([
  { ...POLICY, match: '/public/*', access: 'public', sessionCommands: [], crossSite: 'refuse' },
  { ...POLICY, match: '/api/*', access: 'required', sessionCommands: [], crossSite: 'refuse' },
])
const identity = {
  assertion: 'x'.repeat(560),
  sid: 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA',
  subject: 'user-42',
  permissions: 'orders%3Aread orders%3Awrite',
}
const COOKIE = '__Host-session'
const options = {
  originUrl: 'http://127.0.0.1:9',
  tokenPrefix: 'sess',
  identity,
  asking: null,
}
const ANSWER = { 'cache-control': 'no-cache', etag: '"5f2b-1a9"', vary: 'accept-encoding, cookie' }

/** Each gets a request of its own, as wrappers made for one are kept with it. */
const steps: Readonly<Record<string, (request: Request) => unknown>> = {
  'nothing (clone a request)': () => null,
  'request.headers': (request) => request.headers,
  'headers.get(cookie)': (request) => request.headers.get('cookie'),
  'new URL(request.url)': (request) => new URL(request.url),
  'placeOf (cf and address)': placeOf,
  policyFor: () => policyFor(lookup, 'localhost', '/api/orders'),
  readCredential: (request) => readCredential(arrivalOf(request, COOKIE)),
  'walk headers.keys()': ({ headers }) => {
    for (const name of headers.keys()) if (name === '') return name
    return null
  },
  'ten headers.get': ({ headers }) => {
    for (let i = 0; i < 10; i++) headers.get('x-user')
  },
  'ten headers.set': (request) => {
    const { headers } = new Request('http://127.0.0.1:9/api', request)
    for (let i = 0; i < 10; i++) headers.set('x-user', 'user-42')
  },
  isCrossSite: (request) => isCrossSite(arrivalOf(request, COOKIE)),
  'new Request(url, request)': (request) => new Request('http://127.0.0.1:9/api', request),
  'new Request(url, fields)': ({ method, headers, body, signal }) =>
    new Request('http://127.0.0.1:9/api', { method, headers, body, signal, redirect: 'manual' }),
  'new Request(url, no signal)': ({ method, headers, body }) =>
    new Request('http://127.0.0.1:9/api', { method, headers, body, redirect: 'manual' }),
  'originRequest, anonymous': (request) =>
    originRequest(arrivalOf(request, COOKIE), { ...options, identity: null }),
  'originRequest, identified': (request) => originRequest(arrivalOf(request, COOKIE), options),
  'new Response(headers)': () => new Response('{}', { headers: ANSWER }),
  '… and visitorResponse': () =>
    visitorResponse(new Response('{}', { headers: ANSWER }), true, null),
  'crypto.randomUUID': () => crypto.randomUUID(),
}

/** Milliseconds, the resolution of workerd's clock: a batch is long enough for that not to matter. */
function batch(step: (request: Request) => unknown, incoming: Request): number {
  const start = performance.now()
  for (let i = 0; i < TIMES; i++) step(new Request(incoming.url, incoming))
  return performance.now() - start
}

export default {
  fetch(incoming) {
    const best = new Map<string, number>()
    // Interleaved, so that a busy moment does not hit one step only; the first batches also warm up.
    for (let round = 0; round < BATCHES; round++) {
      for (const [name, step] of Object.entries(steps)) {
        best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, batch(step, incoming)))
      }
    }
    return Response.json(
      Object.fromEntries([...best].map(([name, ms]) => [name, (ms * 1000) / TIMES])),
    )
  },
} satisfies ExportedHandler
