/**
 * What an operator's program can send: bodies, paths, API keys, preferences. Each check asks: is it taken whole or
 * refused, in bounded work, without quoting what came? Must never run a handler: only what stands before it.
 */

import { readInput } from '../../src/control/call-input.ts'
import './node-runtime.ts'
import { authenticateClient } from '../../src/control/client-authentication.ts'
import type { ControlDependencies } from '../../src/control/dependencies.ts'
import { BASE_PATH, type Endpoint } from '../../src/control/endpoint.ts'
import { waitPreference } from '../../src/control/prefer.ts'
import { endpointTable } from '../../src/control/table.ts'
import { sha256, utf8 } from '../../src/foundation/encoding.ts'
import { ensure, headersFrom, type Target } from './target.ts'

/** Only the schemas are used; a handler that ran would be a bug of the check. */
const endpoints = endpointTable({ config: {} } as unknown as ControlDependencies)
/** No answer may quote it. */
const MARK = 'planted-7f3a'

/** One for each input, always the same: all of them for every input would be the same work many times over. */
const endpointFor = (input: string, among: readonly Endpoint[]): Endpoint => {
  let sum = input.length
  for (let at = 0; at < input.length; at++) sum = (sum * 31 + input.charCodeAt(at)) >>> 0
  return among[sum % among.length] as Endpoint
}

const withBody = endpoints.filter(({ body }) => body !== undefined)

const JSON_WORDS = [
  'subject',
  'permissions',
  'claims',
  'labels',
  'lifetime_seconds',
  'idle_seconds',
  'auth_time',
  'amr',
  'acr',
  'device',
  'disabled',
  'sessions',
  'subjects',
  'all',
  'issued_before',
  'reason',
  'dry_run',
  'grace_seconds',
  '__proto__',
  'constructor',
  'ip',
]

const apiBody: Target = {
  name: 'API body',
  pieces: [
    ...JSON_WORDS.map((word) => `"${word}":`),
    ...[
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '\\u0000',
      '\\ud800',
      'null',
      'true',
      '-1',
      '1e999',
      '0.5',
    ],
    ...[
      '"a"',
      `"${MARK}"`,
      '"2026-11-24T00:00:00.000Z"',
      '"\\u202e"',
      '{"a":',
      '[[',
      '9007199254740993',
      '\ufeff',
      '\0',
    ],
  ],
  seeds: [
    '{"subject":"user-42"}',
    `{"subject":"${MARK}","permissions":["read"],"claims":{"a":[1,{"b":null}]},"labels":{"tier":"gold"}}`,
    `{"sessions":["${'A'.repeat(43)}"],"reason":"${MARK}","dry_run":true}`,
    '{"labels":{"a":"b"},"issued_before":"2026-11-24T00:00:00.000Z"}',
    '{"disabled":true}',
    '{"__proto__":{"disabled":true}}',
    'token=abc&token_type_hint=x',
    `token=${MARK}&token=b`,
    '['.repeat(5000),
  ],
  async check(input) {
    const endpoint = endpointFor(input, withBody)
    const type = endpoint.form ? 'application/x-www-form-urlencoded' : 'application/json'
    const url = `https://site.test${BASE_PATH}${endpoint.path.replaceAll(/:\w+/g, 'x')}`
    const { method } = endpoint
    const request = new Request(url, { method, body: input, headers: { 'content-type': type } })
    const read = await readInput(request, endpoint)
    if (read.ok) {
      ensure(!Object.hasOwn(Object(read.value.body), '__proto__'), 'a body with __proto__')
    } else {
      const text = await read.error.text()
      ensure([400, 413, 422].includes(read.error.status), `status ${read.error.status}`)
      ensure(text.length < 64 * 1024, 'an answer as long as an attack')
      ensure(!text.includes(MARK) || nestedKey(input), 'the answer quotes the body')
    }
    ensure(!('disabled' in {}), 'a polluted prototype')
  },
}

/** A name of a field is a part of its pointer (RFC 6901), and may be told. */
const nestedKey = (input: string): boolean => new RegExp(`${MARK}[^"]*"\\s*:`).test(input)

/** A parameter of a path, percent-encoded or not. */
const apiPath: Target = {
  name: 'API path',
  pieces: [
    '%',
    '%2F',
    '%00',
    '%ff',
    '%C3%A9',
    '.',
    '..',
    '%2e',
    ';',
    'a',
    '%ED%A0%80',
    '?',
    '&',
    '=',
    'except=',
    'subject=',
    '%F0%9F%98%80',
    '\u202e',
  ],
  seeds: ['user-42', 'user%2F42', '%ff', '%2e%2e', 'a?except=x&except=y', 'A'.repeat(43)],
  async check(input) {
    const endpoint = endpointFor(input, endpoints)
    let request: Request
    try {
      const path = endpoint.path.replaceAll(/:\w+/g, () => input)
      request = new Request(`https://site.test${BASE_PATH}${path}`)
    } catch {
      return
    }
    const { body: _, ...bodiless } = endpoint
    const read = await readInput(request, bodiless as Endpoint)
    if (!read.ok) ensure([400, 413, 422].includes(read.error.status), `status ${read.error.status}`)
  },
}

const KEY = 'k-real-key'
const apiKeys = [{ id: 'ops', sha256: await sha256(utf8(KEY)), scopes: [] }]
const RIGHT = [`Bearer ${KEY}`, `Basic ${btoa(`ops:${KEY}`)}`]

const apiKey: Target = {
  name: 'API key',
  pieces: [
    'Bearer ',
    'bearer',
    'Basic ',
    'basic',
    KEY,
    'ops',
    ':',
    btoa(`ops:${KEY}`),
    '=',
    ' ',
    ',',
    '%6b',
    '+',
    'é',
    '\t',
    btoa('ops:'),
    btoa(`x:${KEY}`),
  ],
  seeds: [
    ...RIGHT,
    `Basic ${btoa(`x:${KEY}`)}`,
    `Bearer ${KEY}, Bearer ${KEY}`,
    `Basic ${btoa('ops:%')}`,
  ],
  async check(input) {
    const headers = headersFrom([['authorization', input]])
    if (headers === null) return
    const header = headers.get('authorization') ?? ''
    const operator = await authenticateClient(header, apiKeys)
    ensure(operator === null || holdsKey(header), 'let in without the key')
  },
}

/** Form-decoding gives one key many spellings (RFC 6749 2.3.1). */
function holdsKey(header: string): boolean {
  const bearer = /^bearer +(\S+) *$/i.exec(header)?.[1]
  if (bearer === KEY) return true
  const basic = /^basic +(\S+) *$/i.exec(header)?.[1]
  return (
    basic !== undefined && decodeURIComponent(atob(basic).replaceAll('+', ' ')) === `ops:${KEY}`
  )
}

const prefer: Target = {
  name: 'Prefer',
  pieces: [
    'wait',
    '=',
    '1',
    '999999999',
    '"',
    '\\',
    ',',
    ';',
    ' ',
    'Wait',
    'respond-async',
    '\t',
    '"a"',
    '-',
  ],
  seeds: ['wait', 'wait=10', 'respond-async, wait="5"; a=b', 'wait="\\"', 'a="'],
  check(input) {
    const headers = headersFrom([['prefer', input]])
    const wait = headers && waitPreference(headers.get('prefer'))
    if (wait) ensure(wait.atMostMs >= 0 && /wait/i.test(input), 'a preference out of nothing')
  },
}

export const OPERATOR_TARGETS: readonly Target[] = [apiBody, apiPath, apiKey, prefer]
