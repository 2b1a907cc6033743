/**
 * The network between a lookout and the primary: what src/foundation/redis.ts is to it, its deadline and its one
 * retry on a broken connection included. What was sent is carried out even if nobody waits for it any more. Must
 * never tell the code under test which of its calls took effect.
 */
import type { Command, ReadReply, Reply } from '../../src/foundation/redis.ts'
import { answer } from './answers.ts'
import type { Code } from './code.ts'
import { isSwap, type Look } from './sightings.ts'
import { tripOf } from './trip.ts'
import type { World } from './world.ts'
import { execute } from './writes.ts'

export class SightingLink {
  readonly #world: World
  readonly #edge: number
  readonly #code: Code
  /** Whose promises are running. */
  actor: Look | null = null

  readonly deadlineMs: number

  constructor(world: World, edge: number, code: Code) {
    this.deadlineMs = world.conditions.deadlineMs
    this.#world = world
    this.#edge = edge
    this.#code = code
  }

  readPrimary(commands: readonly Command[]): Promise<ReadReply> {
    const { store, conditions } = this.#world
    return this.#send(() => ({
      head: store.head.latest ?? 0,
      replies: commands.map((each) => answer(store, each, store.position, conditions)),
    }))
  }

  transaction(commands: readonly Command[]): Promise<readonly Reply[]> {
    const { store, conditions, sightings, touched } = this.#world
    const look = this.#actor()
    const clockMs = this.#world.clockOf(this.#edge)
    look.hasSentSwap ||= commands.some(([name]) => isSwap(name))
    for (const [name, , digest] of commands) {
      if (name === 'HSET') touched.set(String(digest), clockMs)
    }
    return this.#send(() => {
      const replies = execute(store, commands, this.#world.nowMs, conditions, look.operation)
      sightings.wrote(look, commands, store.position)
      this.#world.note(() => `${look.operation.name} writes #${store.position} ${said(commands)}`)
      return replies
    })
  }

  #actor(): Look {
    if (this.actor === null) throw new Error('nobody looked')
    return this.actor
  }

  #send<T>(serve: () => T): Promise<T> {
    const { conditions, pump } = this.#world
    const look = this.#actor()
    const { random } = look.request
    pump.leave()
    return new Promise<T>((resolve, reject) => {
      let isOver = false
      const settle = (then: () => void) => {
        if (isOver) return
        isOver = true
        pump.enter()
        this.actor = look
        then()
      }
      const fail = () =>
        settle(() => {
          look.isTroubled = true
          this.#world.note(() => `${look.operation.name}: lost`)
          reject(new this.#code.StoreUnavailable('timeout'))
        })
      const attempt = (isLast: boolean) => {
        const trip = tripOf(random, conditions)
        const broken = () => {
          if (isLast) return fail()
          if (!isOver) attempt(true)
        }
        this.#in(trip.toMs, () => {
          if (trip.fate === 'refused') return broken()
          if (trip.fate === 'lost-there' || !this.#world.reachesPrimary(this.#edge)) return
          const value = serve()
          if (trip.fate === 'arrives') this.#in(trip.backMs, () => settle(() => resolve(value)))
          else if (random.chance(0.5)) this.#in(trip.backMs, broken)
        })
      }
      attempt(false)
      this.#in(conditions.deadlineMs, fail)
    })
  }

  #in(delayMs: number, run: () => void): void {
    this.#world.timeline.at(this.#world.nowMs + delayMs, run)
  }
}

/** Without the ids of transactions and copies, which are random: the same run has the same trace. */
const said = (commands: readonly Command[]): string =>
  commands
    .filter(([name]) => /^(HSET|HSETNX|COPY|HDEL|DEL|XADD)$/.test(name))
    .map(([name, key, ...rest]) => `${name} ${String(key).slice(0, 8)} ${rest.join(' ')}`)
    .join(', ')
    .replaceAll(/ txn \S+|(?<= before):\S+/g, '')
