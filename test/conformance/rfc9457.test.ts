/** RFC 9457, Problem Details for HTTP APIs: each requirement on what generates them. */
import { expect, it } from 'vitest'
import { stand } from '../support/stand.ts'
import { ALL_KEY, API, SITE } from '../support/worker.ts'
import { jsonOf, worker } from './clients.ts'

const call = (method: string, path: string, body?: string, key = ALL_KEY) =>
  worker.send(
    new Request(SITE + path, {
      method,
      headers: { authorization: `Bearer ${key}` },
      ...(body !== undefined && { body }),
    }),
  )
const PROBLEMS: [status: number, code: string, ask: () => Promise<Response>][] = [
  [400, 'invalid_json', () => call('POST', `${API}/sessions`, '{')],
  [400, 'invalid_request', () => worker.visit('/a%00')],
  [401, 'invalid_api_key', () => call('GET', `${API}/events`, undefined, 'wrong')],
  [401, 'login_required', () => worker.visit('/')],
  [404, 'not_found', () => call('GET', `${API}/subjects/nobody`)],
  [405, 'method_not_allowed', () => call('GET', `${API}/revocations`)],
  [413, 'content_too_large', () => call('POST', `${API}/sessions`, 'x'.repeat(70_000))],
  [422, 'invalid_input', () => call('POST', `${API}/sessions`, '{"subject":1,"a/b~":2}')],
  [
    503,
    'session_store_unavailable',
    async () => {
      await stand().fault('*', { reset: true })
      return call('GET', `${API}/events`).finally(() => stand().clearFaults())
    },
  ],
]

it.each(PROBLEMS)('3: %i %s is an object with the members of 3.1', async (status, code, ask) => {
  const response = await ask()
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const problem = await jsonOf(response)
  // 3.1.2: `status` MUST be the one of the response.
  expect([response.status, problem.status, problem.code]).toEqual([status, status, code])
  // 3.1.1, 4.2.1: about:blank, with the status phrase as the title.
  expect(problem.type).toBe('about:blank')
  expect(problem.title).toMatch(/^[A-Z][A-Za-z ]+$/)
  expect(typeof problem.detail).toBe('string')
  // 3.1.5: a URI that names this occurrence, so no two are the same.
  expect(problem.instance).toMatch(/^urn:uuid:[0-9a-f-]{36}$/)
  expect((await jsonOf(await ask())).instance).not.toBe(problem.instance)
})

it('3.1.4, 5: detail is for people, and tells nothing of our inside', async () => {
  for (const [, , ask] of PROBLEMS) {
    expect(await (await ask()).text()).not.toMatch(/redis|upstash|\bat \w+ \(|src\/|stack/i)
  }
})

it('3: extension members name what is wrong, each by a JSON Pointer (RFC 6901)', async () => {
  const { errors } = await jsonOf(await call('POST', `${API}/sessions`, '{"subject":1,"a/b~":2}'))
  expect(errors).toEqual([
    { pointer: '/subject', detail: expect.any(String) },
    { pointer: '/a~1b~0', detail: expect.any(String) },
  ])
})
