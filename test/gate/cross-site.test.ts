/**
 * CSRF at the door: a request of another site that may change something does not pass on the cookie alone,
 * unless the policy says so. Every way to be unsafe, with every way browsers say where a request comes from.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { COOKIE, type Login, SITE, startWorker, type Worker } from '../support/worker.ts'

const POLICIES = [
  { match: '/public/*', access: 'public' },
  { match: '/optional/*', access: 'optional' },
  { match: '/strong/*', consistency: 'strong' },
  { match: '/embedded/*', cross_site: 'allow' },
]
const UNSAFE = ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']
const SAFE = ['GET', 'HEAD', 'OPTIONS']
const FOREIGN: readonly Record<string, string>[] = [
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': ' Cross-Site ' },
  { 'sec-fetch-site': 'cross-site', origin: SITE },
  { origin: 'https://evil.test' },
  { origin: 'null' },
  { origin: '' },
  { origin: 'http://site.test' },
  { origin: `${SITE}:8443` },
  { origin: `${SITE}.evil.test` },
  { origin: 'https://www.site.test', 'sec-fetch-site': 'same-site' },
  { origin: `${SITE}, https://evil.test` },
]
const OWN: readonly Record<string, string>[] = [
  {},
  { origin: SITE },
  { origin: SITE, 'sec-fetch-site': 'same-origin' },
  { 'sec-fetch-site': 'same-origin' },
  // Typed in, or from a bookmark.
  { 'sec-fetch-site': 'none' },
]

let worker: Worker
let login: Login
let cookie: string
beforeAll(async () => {
  worker = await startWorker({ POLICIES })
  login = await worker.login()
  cookie = `${COOKIE}=${login.token}`
})

type Visit = Parameters<Worker['visit']>[1]
async function answerTo(path: string, init: Visit): Promise<{ status: number; code?: string }> {
  const response = await worker.visit(path, init)
  const text = await response.text()
  const isProblem = response.headers.get('content-type') === 'application/problem+json'
  expect(response.headers.has('set-cookie')).toBe(false)
  return { status: response.status, ...(isProblem && text && { code: JSON.parse(text).code }) }
}
const REFUSED = { status: 403, code: 'cross_site_request' }
const PASSED = { status: 200 }

describe.each(FOREIGN)('a request that says %j', (headers) => {
  it('is refused with the cookie alone, where it is unsafe', async () => {
    for (const method of UNSAFE) {
      for (const path of ['/app', '/optional/x', '/strong/x']) {
        expect(await answerTo(path, { method, headers, cookie }), method).toEqual(REFUSED)
      }
    }
    const upgrade = { ...headers, upgrade: 'websocket' }
    expect(await answerTo('/app', { headers: upgrade, cookie })).toEqual(REFUSED)
  })

  it('passes where it is safe, where it brings a token itself, and where the policy lets it', async () => {
    for (const method of SAFE) {
      expect(await answerTo('/app', { method, headers, cookie }), method).toEqual(PASSED)
    }
    for (const method of UNSAFE) {
      const { token } = login
      for (const init of [{ token }, { token, cookie }]) {
        expect(await answerTo('/app', { method, headers, ...init })).toEqual(PASSED)
      }
      expect(await answerTo('/embedded/x', { method, headers, cookie })).toEqual(PASSED)
      // Nobody’s name is used: a cookie is not looked at, or is none.
      expect(await answerTo('/public/x', { method, headers, cookie })).toEqual(PASSED)
      expect(await answerTo('/optional/x', { method, headers })).toEqual(PASSED)
    }
  })
})

describe.each(OWN)('a request that says %j', (headers) => {
  it('passes', async () => {
    for (const method of [...UNSAFE, ...SAFE]) {
      expect(await answerTo('/app', { method, headers, cookie }), method).toEqual(PASSED)
    }
  })
})

it('is refused before anybody is asked, and in every way to write the cookie', async () => {
  const headers = { origin: 'https://evil.test' }
  for (const written of [`a=1; ${cookie}`, `${COOKIE}="${login.token}"`, `${COOKIE}=sess_forged`]) {
    expect(await answerTo('/app', { method: 'POST', headers, cookie: written })).toEqual(REFUSED)
  }
})
