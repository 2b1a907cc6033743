/**
 * Rotation cut off, or raced, at each of its steps: whatever is left behind, nobody is logged out by it and
 * no session that was revoked lives again, the undoing included (it is made to fail here).
 */
import { beforeEach, describe, expect, inject, it } from 'vitest'
import { fromBase64Url } from '../../src/foundation/encoding.ts'
import { type Command, Redis, StoreUnavailable } from '../../src/foundation/redis.ts'
import { SessionRegistry } from '../../src/session/registry.ts'
import { addressOfSid, TokenSealer } from '../../src/session/token.ts'
import type { SessionAddress } from '../../src/vocabulary/session.ts'
import { stand } from '../support/stand.ts'
import { startWorker, TOKEN_KEY_BYTES, uniqueSubject } from '../support/worker.ts'
import { CAUSE, draftOf } from './session-draft.ts'

/** Runs `before` ahead of the n-th transaction; may throw instead of letting it through. */
class Interrupted extends Redis {
  #count = 0
  readonly #before: (n: number) => Promise<void>
  constructor(before: (n: number) => Promise<void>) {
    const { regions, token } = inject('stand')
    super({ url: regions[0]?.url ?? '', token, deadlineMs: 1000 })
    this.#before = before
  }
  override async transaction(commands: readonly Command[]) {
    await this.#before(++this.#count)
    return super.transaction(commands)
  }
}

const registryOver = (before: (n: number) => Promise<void> = async () => {}) => {
  const bytes = fromBase64Url(TOKEN_KEY_BYTES) ?? new Uint8Array(32)
  return new SessionRegistry({
    redis: new Interrupted(before),
    sealer: new TokenSealer('sess', [{ kid: '1', bytes }]),
    maxSessionsPerSubject: 50,
    eventRetentionMs: 1e10,
  })
}

async function made() {
  const established = await registryOver().create(draftOf(uniqueSubject()), CAUSE, Date.now())
  if (!established.ok) throw new Error('not made')
  const { token, view } = established.value
  const address = addressOfSid(view.sid) as SessionAddress
  return { token, address, subject: view.subject.subject }
}

async function rotated(address: SessionAddress, graceMs: number) {
  const outcome = await registryOver().rotate(address, graceMs, CAUSE, Date.now())
  if (!outcome.ok) throw new Error('not rotated')
  const { token, view } = outcome.value
  return { token, address: view.session.address }
}

const opens = async (token: string) => {
  const worker = await startWorker({ POLICIES: [{ match: '/*', consistency: 'strong' }] })
  return (await worker.visit('/', { token })).status === 200
}
const outage = () => {
  throw new StoreUnavailable('network')
}

beforeEach(() => stand().flush())

describe('an outage', () => {
  it.each([1, 2])(
    'before step %i leaves the old token as it was, and it can be rotated again',
    async (step) => {
      const { token, address, subject } = await made()
      const cut = registryOver(async (n) => {
        if (n === step) outage()
      })
      await expect(cut.rotate(address, 10_000, CAUSE, Date.now())).rejects.toThrow(StoreUnavailable)
      expect(await opens(token)).toBe(true)
      expect(await registryOver().list(subject, Date.now())).toHaveLength(1)
      expect((await registryOver().rotate(address, 10_000, CAUSE, Date.now())).ok).toBe(true)
      expect(await registryOver().list(subject, Date.now())).toHaveLength(1)
    },
  )
})

describe('a revocation', () => {
  it.each([
    ['of the session', 1],
    ['of the session', 2],
    ['of the subject', 1],
    ['of the subject', 2],
  ])('%s just before step %i stands, though the undoing fails', async (what, step) => {
    const { token, address, subject } = await made()
    const raced = registryOver(async (n) => {
      if (n > step) outage()
      if (n !== step) return
      if (what === 'of the session') await registryOver().revokeSession(address, CAUSE, Date.now())
      else await registryOver().revokeSubject(subject, null, CAUSE, Date.now())
    })
    const outcome = await raced.rotate(address, 60_000, CAUSE, Date.now()).catch(() => 'failed')
    expect(outcome).toBe('failed')
    expect(await opens(token)).toBe(false)
    expect(await registryOver().list(subject, Date.now())).toEqual([])
  })

  it('of the new token, cut off half-way and repeated, ends one still in its grace too', async () => {
    const first = await made()
    const second = await rotated(first.address, 60_000)
    const third = await rotated(second.address, 0)
    // The next rotation sweeps away what linked the first to the last.
    const last = await rotated(third.address, 0)
    const cut = registryOver(async (n) => {
      if (n > 1) outage()
    })
    await cut.revokeSession(last.address, CAUSE, Date.now()).catch(() => 'failed')
    await registryOver().revokeSession(last.address, CAUSE, Date.now())
    expect(await opens(first.token)).toBe(false)
  })

  it.each([0, 1])(
    'by former sid %i, cut off half-way while rotations go on, ends all when repeated',
    async (named) => {
      const first = await made()
      const second = await rotated(first.address, 60_000)
      const former = [first.address, second.address][named] as SessionAddress
      const third: Awaited<ReturnType<typeof rotated>>[] = []
      const cut = registryOver(async (n) => {
        if (n === 1) third.push(await rotated(second.address, 0))
        else outage()
      })
      await expect(cut.revokeSession(former, CAUSE, Date.now())).rejects.toThrow(StoreUnavailable)
      const last = await rotated(third[0]?.address as SessionAddress, 0)
      expect(await opens(last.token)).toBe(true)
      expect((await registryOver().revokeSession(former, CAUSE, Date.now())).sessionsRevoked).toBe(
        1,
      )
      expect(await opens(last.token)).toBe(false)
      expect(await registryOver().list(first.subject, Date.now())).toEqual([])
    },
  )
})
