/**
 * The network between one isolate and the store: what src/foundation/redis.ts is in the product. A reply shows
 * the store as it was at some moment between asking and arriving; some never come. Must never answer an edge
 * from a position no copy stood at.
 */
import type { Command, ReadReply, Reply } from '../../src/foundation/redis.ts'
import { answer } from './answers.ts'
import type { Code } from './code.ts'
import type { Request } from './request.ts'
import type { Operation } from './store.ts'
import { type Trip, tripOf } from './trip.ts'
import type { World } from './world.ts'
import { execute } from './writes.ts'

export interface Read {
  readonly request: Request
  readonly source: 'primary' | 'nearest' | 'write'
  /** Of the token asked about, which its request waits for; null: what a request leaves behind. */
  readonly digest: string | null
  readonly startedMs: number
  readonly generation: number
  /** The position of the copy when it told its head. */
  position: number
  deliveredMs: number
}

/** What the isolate is told about its reads, before the code under test is. */
export interface Listener {
  readonly generation: number
  delivered(read: Read, commands: readonly Command[]): void
}

/** A touch announces nothing. */
const NOBODYS: Operation = { name: 'touch', ackedAtMs: 0 }

export class Link {
  readonly #world: World
  readonly #edge: number
  readonly #code: Code
  readonly #listener: Listener
  #turn = 0
  /** Whose promises are running: one event moves one request. */
  actor: Request | null = null

  constructor(world: World, edge: number, code: Code, listener: Listener) {
    this.#world = world
    this.#edge = edge
    this.#code = code
    this.#listener = listener
  }

  readPrimary(commands: readonly Command[]): Promise<ReadReply> {
    return this.#send(commands, 'primary', (read, trip, resolve) => {
      if (!this.#world.reachesPrimary(this.#edge)) return
      const { store, conditions } = this.#world
      read.position = store.position
      const replies = commands.map((each) => answer(store, each, read.position, conditions))
      const head = store.head.at(read.position) ?? 0
      this.#in(trip.backMs, () => {
        if (this.#world.reachesPrimary(this.#edge)) resolve({ head, replies })
      })
    })
  }

  readNearest(commands: readonly Command[]): Promise<ReadReply> {
    const { region } = this.#world.conditions.edges[this.#edge] ?? { region: [0] }
    const copy = region[this.#turn++ % region.length] ?? 0
    return this.#send(commands, 'nearest', (read, trip, resolve) => {
      const { store, conditions } = this.#world
      read.position = this.#world.positionOf(copy)
      const head = store.head.at(read.position) ?? 0
      const together = read.request.random.between(0, commands.length)
      const ask = (some: readonly Command[]) => {
        const position = this.#world.positionOf(copy)
        return some.map((each) => answer(store, each, position, conditions))
      }
      const replies: Reply[] = ask(commands.slice(0, together))
      const gapMs = Math.floor(trip.backMs / 2)
      this.#in(gapMs, () => {
        replies.push(...ask(commands.slice(together)))
        this.#in(trip.backMs - gapMs, () => resolve({ head, replies }))
      })
    })
  }

  transaction(commands: readonly Command[]): Promise<readonly Reply[]> {
    const world = this.#world
    for (const [name, , digest] of commands) {
      if (name === 'HSET') world.touched.set(String(digest), world.clockOf(this.#edge))
    }
    return this.#send(commands, 'write', (read, trip, resolve) => {
      if (!this.#world.reachesPrimary(this.#edge)) return
      const { store, conditions } = this.#world
      const replies = execute(store, commands, this.#world.nowMs, conditions, NOBODYS)
      world.sightings.touched(read.request, commands, store.position)
      this.#in(trip.backMs, () => resolve(replies))
    })
  }

  #send<T>(
    commands: readonly Command[],
    source: Read['source'],
    serve: (read: Read, trip: Trip, resolve: (value: T) => void) => void,
  ): Promise<T> {
    const request = this.actor
    if (request === null) throw new Error('nobody asked for this')
    const { conditions, pump, nowMs } = this.#world
    const isAwaited =
      source !== 'write' && commands.some(([, key]) => /^sessions:/.test(String(key)))
    const read: Read = {
      request,
      source,
      digest: isAwaited ? request.address.digest : null,
      startedMs: nowMs,
      generation: this.#listener.generation,
      position: 0,
      deliveredMs: Number.POSITIVE_INFINITY,
    }
    const trip = tripOf(request.random, conditions)
    if (isAwaited) pump.reached()
    return new Promise<T>((resolve, reject) => {
      let isOver = false
      const settle = (then: () => void) => {
        if (isOver) return
        isOver = true
        this.actor = request
        pump.stir()
        then()
      }
      const fail = () =>
        settle(() => {
          if (isAwaited) request.troubled = true
          this.#world.note(() => `${request.name} ${source} read from ${read.startedMs} lost`)
          reject(new this.#code.StoreUnavailable('timeout'))
        })
      const deliver = (value: T) =>
        settle(() => {
          read.deliveredMs = this.#world.nowMs
          this.#listener.delivered(read, commands)
          resolve(value)
        })
      this.#in(conditions.deadlineMs, fail)
      this.#in(trip.toMs, () => {
        if (trip.fate === 'refused') fail()
        else if (trip.fate !== 'lost-there') {
          serve(read, trip, trip.fate === 'lost-back' ? () => {} : deliver)
        }
      })
    })
  }

  #in(delayMs: number, run: () => void): void {
    this.#world.timeline.at(this.#world.nowMs + delayMs, run)
  }
}
