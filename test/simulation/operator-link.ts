/**
 * The network between an edge that carries out an operation and the primary: what src/foundation/redis.ts is to
 * the registry. A call may be lost on the way there or back, and is then sent once more, as the SDK does, or given
 * up: the outcome is unknown. Must never tell the code under test which.
 */
import type { Command, ReadReply, Reply } from '../../src/foundation/redis.ts'
import { answer } from './answers.ts'
import type { Code } from './code.ts'
import type { Random } from './random.ts'
import type { Operation } from './store.ts'
import { tripOf } from './trip.ts'
import type { World } from './world.ts'
import { execute } from './writes.ts'

export class OperatorLink {
  readonly #world: World
  readonly #edge: number
  readonly #code: Code
  readonly #random: Random
  readonly #operation: Operation

  constructor(world: World, edge: number, code: Code, random: Random, operation: Operation) {
    this.#world = world
    this.#edge = edge
    this.#code = code
    this.#random = random
    this.#operation = operation
  }

  readPrimary(commands: readonly Command[]): Promise<ReadReply> {
    const { store, conditions } = this.#world
    return this.#send(() => {
      this.#operation.readAt = store.position
      return {
        head: store.head.latest ?? 0,
        replies: commands.map((each) => answer(store, each, store.position, conditions)),
      }
    })
  }

  transaction(commands: readonly Command[]): Promise<readonly Reply[]> {
    const { store, conditions, roster } = this.#world
    return this.#send(() => {
      const replies = execute(store, commands, this.#world.nowMs, conditions, this.#operation)
      roster.noticeNew(commands, store.position, this.#operation.readAt ?? 0)
      this.#world.note(() => `${this.#operation.name} writes #${store.position} ${said(commands)}`)
      return replies
    })
  }

  #send<T>(serve: () => T): Promise<T> {
    const { conditions, pump } = this.#world
    pump.leave()
    return new Promise<T>((resolve, reject) => {
      const fail = () => {
        pump.enter()
        reject(new this.#code.StoreUnavailable('timeout'))
      }
      const deliver = (value: T) => {
        pump.enter()
        resolve(value)
      }
      const attempt = (again: boolean) => {
        const trip = tripOf(this.#random, conditions)
        const lost = () => {
          if (again && this.#random.chance(0.5)) attempt(false)
          else this.#in(conditions.deadlineMs, fail)
        }
        this.#in(trip.toMs, () => {
          const isLost = trip.fate === 'lost-there' || trip.fate === 'refused'
          if (isLost || !this.#world.reachesPrimary(this.#edge)) return lost()
          const value = serve()
          if (trip.fate === 'lost-back') return lost()
          this.#in(trip.backMs, () => deliver(value))
        })
      }
      attempt(true)
    })
  }

  #in(delayMs: number, run: () => void): void {
    this.#world.timeline.at(this.#world.nowMs + delayMs, run)
  }
}

const said = (commands: readonly Command[]): string =>
  commands
    .filter(([name]) => /^(HSET|HSETNX|HDEL|DEL|ZADD)$/.test(name))
    .map(
      ([name, key, ...fields]) =>
        `${name} ${String(key).slice(0, 8)} ${fields.map((field) => String(field).slice(-6)).join(' ')}`,
    )
    .join(', ')
