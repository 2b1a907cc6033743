/**
 * The probe behind /health `primary_reads`: the guarantee rests on certain reads reaching the primary, which
 * no live account has confirmed yet, so a deployment must be able to see when they don't.
 */
import { afterEach, beforeEach, expect, inject, it } from 'vitest'
import { type Command, Redis } from '../../src/foundation/redis.ts'
import { SessionRegistry } from '../../src/session/registry.ts'
import { TokenSealer } from '../../src/session/token.ts'
import { stand } from '../support/stand.ts'

const connect = (region: number) => {
  const { regions, token } = inject('stand')
  return new Redis({ url: regions[region]?.url ?? '', token, deadlineMs: 1000 })
}

/** A database that answers "primary" reads from the nearest copy after all. */
class Misrouted extends Redis {
  override readPrimary(commands: readonly Command[]) {
    return connect(1).readNearest(commands)
  }
}

const registryOver = (redis: Redis) =>
  new SessionRegistry({
    redis,
    sealer: new TokenSealer('sess', []),
    maxSessionsPerSubject: 50,
    eventRetentionMs: 1e10,
  })

beforeEach(() => stand().flush())
afterEach(() => stand().flush())

it('sees that reads reach the primary, from any region and while a replica is cut off', async () => {
  await stand().partition('far')
  expect(await registryOver(connect(0)).readsReachPrimary()).toBe(true)
  expect(await registryOver(connect(1)).readsReachPrimary()).toBe(true)
})

it('sees that they do not', async () => {
  await stand().partition('far')
  const { regions, token } = inject('stand')
  const misrouted = new Misrouted({ url: regions[0]?.url ?? '', token, deadlineMs: 1000 })
  expect(await registryOver(misrouted).readsReachPrimary()).toBe(false)
})

it('still answers on a full database, which can not be marked', async () => {
  await stand().fullDatabase(true)
  expect(await registryOver(connect(0)).readsReachPrimary()).toBe(true)
})
