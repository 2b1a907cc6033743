/**
 * A login that is repeated or raced by something that ends sessions: nothing that ended comes back, and nothing is
 * left that was announced as ended. Both were found by the simulation.
 */
import { beforeEach, expect, inject, it } from 'vitest'
import { fromBase64Url } from '../../src/foundation/encoding.ts'
import { type Command, Redis, StoreUnavailable } from '../../src/foundation/redis.ts'
import { SessionRegistry } from '../../src/session/registry.ts'
import { TokenSealer } from '../../src/session/token.ts'
import { stand } from '../support/stand.ts'
import { TOKEN_KEY_BYTES, uniqueSubject } from '../support/worker.ts'
import { CAUSE, draftOf } from './session-draft.ts'

type Send = (commands: readonly Command[]) => ReturnType<Redis['transaction']>

/** The first transaction goes by `first`; the others as they are. */
class Meddled extends Redis {
  #first: ((commands: readonly Command[], send: Send) => ReturnType<Send>) | null
  constructor(first: ((commands: readonly Command[], send: Send) => ReturnType<Send>) | null) {
    const { regions, token } = inject('stand')
    super({ url: regions[0]?.url ?? '', token, deadlineMs: 1000 })
    this.#first = first
  }
  override async transaction(commands: readonly Command[]) {
    const first = this.#first
    this.#first = null
    const send: Send = (each) => super.transaction(each)
    return first ? first(commands, send) : send(commands)
  }
}

const registry = (maxSessionsPerSubject: number, first: ConstructorParameters<typeof Meddled>[0]) =>
  new SessionRegistry({
    redis: new Meddled(first),
    sealer: new TokenSealer('sess', [
      { kid: '1', bytes: fromBase64Url(TOKEN_KEY_BYTES) ?? new Uint8Array(32) },
    ]),
    maxSessionsPerSubject,
    eventRetentionMs: 1e10,
  })

beforeEach(() => stand().flush())

it('a login sent again after its answer was lost does not bring back what was ended in between', async () => {
  const subject = uniqueSubject()
  const repeated = registry(50, async (commands, send) => {
    await send(commands)
    await registry(50, null).revokeSubject(subject, null, CAUSE, Date.now())
    return send(commands)
  })
  const login = repeated.create(draftOf(subject), CAUSE, Date.now())
  await expect(login).rejects.toThrow(StoreUnavailable)
  expect(await registry(50, null).list(subject, Date.now())).toEqual([])
})

it('a login sent again after its answer was lost is one session', async () => {
  const subject = uniqueSubject()
  const repeated = registry(50, async (commands, send) => {
    await send(commands)
    return send(commands)
  })
  expect((await repeated.create(draftOf(subject), CAUSE, Date.now())).ok).toBe(true)
  expect(await registry(50, null).list(subject, Date.now())).toHaveLength(1)
})

it('a session that is rotated while a login at the cap evicts it ends with its new token', async () => {
  const subject = uniqueSubject()
  const old = await registry(1, null).create(draftOf(subject), CAUSE, Date.now())
  if (!old.ok) throw new Error('not made')
  const raced = registry(1, async (commands, send) => {
    const { address } = old.value.view.session
    const rotated = await registry(1, null).rotate(address, 10_000, CAUSE, Date.now())
    if (!rotated.ok) throw new Error('not rotated')
    const replies = await send(commands)
    // Somebody else's logout makes room, so that no second eviction does what is tested here.
    return replies.map((reply, i) => (commands[i]?.[0] === 'HLEN' ? 0 : reply))
  })
  const made = await raced.create(draftOf(subject), CAUSE, Date.now())
  if (!made.ok) throw new Error('not made')
  const left = await registry(1, null).list(subject, Date.now())
  expect(left.map(({ sid }) => sid)).toEqual([made.value.view.sid])
})
