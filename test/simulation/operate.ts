/**
 * Carries an operation out over the network: transaction by transaction, each a trip to the primary. Where a
 * trip is lost the outcome is unknown, and the caller begins again. Acknowledged is only what came back.
 */

import type { Random } from './random.ts'
import type { Operation } from './store.ts'
import { tripOf } from './trip.ts'
import type { World } from './world.ts'
import { type Course, Writer } from './writer.ts'

/** Then the caller gives up, and the outcome stays unknown. */
const MAX_ATTEMPTS = 3

export function operate(
  world: World,
  name: string,
  edge: number,
  random: Random,
  begin: (writer: Writer) => Course,
): void {
  const operation: Operation = { name, ackedAtMs: Number.POSITIVE_INFINITY }
  const writer = new Writer(world.store, world.roster, operation, () => world.clockOf(edge))
  const after = (delayMs: number, run: () => void) => world.timeline.at(world.nowMs + delayMs, run)
  const attempt = (n: number) => {
    const course = begin(writer)
    const again = () => {
      world.note(() => `${name}: outcome unknown`)
      if (n < MAX_ATTEMPTS) after(world.conditions.deadlineMs, () => attempt(n + 1))
    }
    const go = ({ done, value: transaction }: ReturnType<Course['next']>) => {
      if (done) return acknowledge(world, operation)
      const trip = tripOf(random, world.conditions)
      after(trip.toMs, () => {
        const isLost = trip.fate === 'lost-there' || trip.fate === 'refused'
        if (isLost || !world.reachesPrimary(edge)) return again()
        const before = world.store.position
        const sight = transaction(world.nowMs)
        if (world.store.position > before) world.note(() => `${name} writes #${before + 1}`)
        if (trip.fate === 'lost-back') return again()
        after(trip.backMs, () => go(course.next(sight)))
      })
    }
    go(course.next())
  }
  attempt(1)
}

/** From here on the guarantee holds its caller's word. */
function acknowledge(world: World, operation: Operation): void {
  const { nowMs, roster, store } = world
  operation.ackedAtMs = nowMs
  world.note(() => `${operation.name} acknowledged`)
  for (const holder of roster.holders) {
    if (
      holder.knownAtMs > nowMs ||
      holder.deadAckAtMs <= nowMs ||
      roster.isStored(holder, store.position)
    )
      continue
    holder.deadAckAtMs = nowMs
  }
}
