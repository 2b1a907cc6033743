/**
 * Each endpoint × each scope, both ways, with a request that would succeed: the right key does it, every other
 * key is refused and has changed nothing; nor does a request that is broken. Driven by the table of endpoints,
 * so that a new one can't be forgotten.
 */
import { describe, expect, it } from 'vitest'
import type { ControlDependencies } from '../../src/control/dependencies.ts'
import { endpointTable } from '../../src/control/table.ts'
import { SCOPES } from '../../src/vocabulary/config.ts'
import { redis, stand } from '../support/stand.ts'
import { type Login, onlyKey, startWorker, uniqueSubject } from '../support/worker.ts'

// What other files left may end by itself meanwhile.
await stand().flush()
const worker = await startWorker({ MAX_STALENESS_MS: 100 })
const table = endpointTable({} as ControlDependencies).filter(({ scope }) => scope !== null)
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** A body that succeeds, for every endpoint that takes one. */
const BODIES: Readonly<Record<string, (login: Login) => unknown>> = {
  createSession: () => ({ subject: uniqueSubject() }),
  rotateSession: () => ({}),
  putSubject: () => ({ permissions: ['a'] }),
  patchSubject: () => ({ permissions: ['b'] }),
  revokeMany: ({ sid }) => ({ sessions: [sid] }),
  introspectToken: ({ token }) => `token=${token}`,
  revokeToken: ({ token }) => `token=${token}`,
}
const state = () =>
  Promise.all([
    redis('DBSIZE'),
    redis('GET', 'feed:head'),
    redis('XLEN', 'feed'),
    redis('XLEN', 'events'),
    redis('ZCARD', 'epochs'),
  ])
const fill = (path: string, { sid, subject }: Login) =>
  path.replace(':sid', sid).replace(':subject', encodeURIComponent(subject))

it('every endpoint that takes a body has one here', () => {
  const taking = table.filter(({ body }) => body).map(({ name }) => name)
  expect(taking.sort()).toEqual(Object.keys(BODIES).sort())
})

describe.each(table)('$method $path', ({ method, path, name, scope, form, body: takesBody }) => {
  const call = (login: Login, key: string, body: unknown = BODIES[name]?.(login)) =>
    worker.api(method, fill(path, login), body, key, form ? FORM : {})

  it('is done with a key that has the scope alone, and refused with every other', async () => {
    const login = await worker.login()
    const before = await state()
    for (const other of SCOPES.filter((each) => each !== scope)) {
      expect((await call(login, onlyKey(other))).status, other).toBe(403)
    }
    expect(await state()).toEqual(before)
    expect((await call(login, onlyKey(scope ?? 'events:read'))).status).toBeLessThan(300)
  })

  it.runIf(takesBody)(
    'refuses a body that is broken, wrong or too large, and has changed nothing',
    async () => {
      const login = await worker.login()
      const key = onlyKey(scope ?? 'events:read')
      const before = await state()
      const wrong = form ? 'token=a&token=b' : { unknown_field: 1 }
      expect((await call(login, key, form ? '' : '{')).status).toBe(400)
      expect((await call(login, key, wrong)).status).toBe(form ? 400 : 422)
      expect((await call(login, key, 'x'.repeat(65_537))).status).toBe(413)
      expect(await state()).toEqual(before)
    },
  )

  it.runIf(!form)('refuses a query that it does not know, and has changed nothing', async () => {
    const login = await worker.login()
    const before = await state()
    const at = `${fill(path, login)}?dry_run=true`
    const { status } = await worker.api(method, at, BODIES[name]?.(login))
    expect(status).toBe(422)
    expect(await state()).toEqual(before)
  })
})
