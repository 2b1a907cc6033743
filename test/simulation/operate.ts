/**
 * Carries an operation out by the real registry, over the simulated network. Where its outcome stays unknown the
 * caller begins again. Acknowledged is only what came back.
 */
import type { Code } from './code.ts'
import type { Begin, Registries } from './operations.ts'
import { OperatorLink } from './operator-link.ts'
import type { Random } from './random.ts'
import type { Operation } from './store.ts'
import type { World } from './world.ts'

/** Then the caller gives up, and the outcome stays unknown. */
const MAX_ATTEMPTS = 3

export function operate(
  world: World,
  code: Code,
  name: string,
  edge: number,
  random: Random,
  begin: Begin,
): void {
  const operation: Operation = { name, ackedAtMs: Number.POSITIVE_INFINITY }
  const registries = registriesOver(
    new OperatorLink(world, edge, code, random, operation),
    world,
    code,
  )
  const attempt = async (n: number): Promise<void> => {
    world.pump.enter()
    try {
      const token = await begin(registries, world.clockOf(edge))
      if (token !== null) handOut(world, token)
      acknowledge(world, operation)
    } catch (error) {
      if (!(error instanceof code.StoreUnavailable)) throw error
      world.note(() => `${name}: outcome unknown`)
      const againAtMs = world.nowMs + world.conditions.deadlineMs
      if (n < MAX_ATTEMPTS) world.timeline.at(againAtMs, () => world.watch(attempt(n + 1)))
    } finally {
      world.pump.leave()
    }
  }
  world.watch(attempt(1))
}

function registriesOver(link: OperatorLink, world: World, code: Code): Registries {
  const redis = link as unknown as ConstructorParameters<Code['SubjectRegistry']>[0]
  const sealer = { seal: async (slot: string) => world.roster.newToken(slot) }
  const { sessionCap } = world.conditions
  const writer = { redis, sealer, maxSessionsPerSubject: sessionCap, eventRetentionMs: 1e10 }
  return {
    sessions: new code.SessionRegistry(
      writer as unknown as ConstructorParameters<Code['SessionRegistry']>[0],
    ),
    subjects: new code.SubjectRegistry(redis),
  }
}

function handOut(world: World, token: string): void {
  const holder = world.roster.holderOf(token)
  if (holder === undefined) throw new Error('handed out a token that was never written')
  holder.knownAtMs = world.nowMs
  world.note(() => `${holder.name} is handed out`)
}

/** From here on the guarantee holds its caller's word. */
export function acknowledge(world: World, operation: Operation): void {
  const { nowMs, roster, store } = world
  operation.ackedAtMs = nowMs
  world.note(() => `${operation.name} acknowledged`)
  for (const holder of roster.holders) {
    const isKnownDead = holder.deadAckAtMs <= nowMs
    if (holder.knownAtMs > nowMs || isKnownDead || roster.isStored(holder, store.position)) continue
    holder.deadAckAtMs = nowMs
  }
}
