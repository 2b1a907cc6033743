/**
 * Which responses are followed and which are left alone, through the whole Worker. How followed ones end is
 * shown on real connections: test/prove/streams.test.ts.
 */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { stand } from '../support/stand.ts'
import { startWorker, type Worker } from '../support/worker.ts'

const BOUND_MS = 200
const POLICIES = [
  { match: '/public/*', access: 'public' },
  { match: '/optional/*', access: 'optional' },
  { match: '/step-up/*', max_auth_age_seconds: 1 },
]
const elapse = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

let worker: Worker
beforeEach(async () => {
  await stand().flush()
  worker = await startWorker({ MAX_STALENESS_MS: BOUND_MS, POLICIES })
})

/** An event stream of the origin, opened with or without a session. */
async function openEvents(path: string, token?: string, by: Worker = worker) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const response = await by.open(new Request(`https://site.test${path}`, { headers }))
  expect(response.status).toBe(200)
  const reader = response.body?.getReader()
  await reader?.read()
  let ended: string | null = null
  const drain = async () => {
    while (!(await reader?.read())?.done) {}
  }
  drain().then(
    () => {
      ended = 'whole'
    },
    (error: Error) => {
      ended = error.message
    },
  )
  return { ended: () => ended, close: () => reader?.cancel() }
}

describe('an event stream', () => {
  it.each(['/events', '/optional/events'])('at %s ends with its session', async (path) => {
    const { token, sid } = await worker.login()
    const stream = await openEvents(path, token)
    await elapse(2 * BOUND_MS)
    expect(stream.ended()).toBeNull()
    await worker.api('DELETE', `/sessions/${sid}`)
    await expect.poll(stream.ended, { timeout: 3 * BOUND_MS }).toBe('invalid_token')
  })

  it.each([
    ['of a public route', '/public/events', true, {}],
    ['of an anonymous visitor', '/optional/events', false, {}],
    ['in monitor mode', '/events', true, { ENFORCEMENT: 'monitor' }],
  ])('%s is left alone', async (_, path, withToken, vars) => {
    const by = await startWorker({ MAX_STALENESS_MS: BOUND_MS, POLICIES, ...vars })
    const { token, subject } = await worker.login()
    const stream = await openEvents(path, withToken ? token : undefined, by)
    await worker.api('DELETE', `/subjects/${subject}/sessions`)
    await elapse(3 * BOUND_MS)
    expect(stream.ended()).toBeNull()
    await stream.close()
  })

  it('may outlast the age of login that opening it asked for', async () => {
    const { token } = await worker.login()
    const stream = await openEvents('/step-up/events', token)
    await elapse(1500)
    expect((await worker.visit('/step-up/x', { token })).status).toBe(401)
    expect(stream.ended()).toBeNull()
    await stream.close()
  })

  it('counts among the denials when it ends', async () => {
    const { token, sid } = await worker.login()
    const stream = await openEvents('/events', token)
    await worker.api('DELETE', `/sessions/${sid}`)
    await expect.poll(stream.ended, { timeout: 3 * BOUND_MS }).not.toBeNull()
    const { body } = await worker.api('GET', '/health')
    expect(body.denials).toMatchObject({ 'invalid_token/revoked': 1 })
  })
})

describe('a short response of a declared length', () => {
  it('passes with the very body that the origin sent: it ends by itself', async () => {
    const { token } = await worker.login()
    const origin = new Response('short', {
      headers: { 'content-length': '5', 'cache-control': 'no-store' },
    })
    const fetchOnce = vi.spyOn(globalThis, 'fetch')
    await worker.visit('/warm', { token })
    fetchOnce.mockResolvedValueOnce(origin)
    const response = await worker.visit('/x', { token })
    fetchOnce.mockRestore()
    expect(response).toBe(origin)
  })
})
