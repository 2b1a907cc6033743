/** RFC 7240, Prefer Header for HTTP: the `wait` preference on every revocation. */
import { expect, it } from 'vitest'
import { uniqueSubject } from '../support/worker.ts'
import { BOUND_MS, worker } from './clients.ts'

const revoke = async (prefer?: string) => {
  const startedAt = Date.now()
  const answer = await worker.api(
    'DELETE',
    `/subjects/${uniqueSubject()}/sessions`,
    undefined,
    undefined,
    prefer === undefined ? {} : { prefer },
  )
  const hasWaited = Date.now() - startedAt >= BOUND_MS
  const applied = answer.headers.get('preference-applied')
  return { status: answer.status, enforced: answer.body.enforced, hasWaited, applied }
}
const WAITED = { status: 200, enforced: true, hasWaited: true, applied: 'wait' }
const AT_ONCE = { status: 200, enforced: false, hasWaited: false, applied: null }

it('2: without it the answer comes at once', async () => expect(await revoke()).toEqual(AT_ONCE))

it.each(['wait', 'wait=60', 'wait="60"', 'WAIT', 'wait=""', 'respond-async, wait', 'wait;x=1'])(
  '2, 4.3: %s waits, and 3: Preference-Applied says so',
  async (prefer) => expect(await revoke(prefer)).toEqual(WAITED),
)

it.each(['wait=0', 'respond-async', 'return=minimal', 'x;wait', 'x="wait"', 'wait=soon', '=', ''])(
  '2: %j is not applied, never an error, and 3: not said to be',
  async (prefer) => expect(await revoke(prefer)).toEqual(AT_ONCE),
)

it('2: of the same preference twice the first counts', async () => {
  expect(await revoke('wait=0, wait=60')).toEqual(AT_ONCE)
  expect(await revoke('wait=60, wait=0')).toEqual(WAITED)
})

it.each([
  ['DELETE', `/sessions/${'A'.repeat(43)}`, undefined],
  ['DELETE', '/subjects/nobody', undefined],
  ['POST', '/revocations', { subjects: ['nobody'] }],
])('%s %s honours it as well', async (method, path, body) => {
  const answer = await worker.api(method, path, body, undefined, { prefer: 'wait' })
  expect(answer.headers.get('preference-applied')).toBe('wait')
  expect(answer.body.enforced).toBe(true)
})
