/**
 * One schedule's world: virtual time, the primary and its replicas, and who can reach them. Knows nothing of the
 * code under test. Must never let anything happen but through its timeline.
 */
import { type Conditions, PRIMARY } from './conditions.ts'
import { Replica } from './replica.ts'
import { Roster } from './roster.ts'
import { Sightings } from './sightings.ts'
import { EPOCH_MS, Store } from './store.ts'
import { Pump, Timeline } from './timeline.ts'
import { isIn } from './trip.ts'

export class World {
  readonly conditions: Conditions
  readonly timeline = new Timeline()
  readonly pump = new Pump()
  readonly store: Store
  readonly roster: Roster
  readonly sightings: Sightings
  readonly #replicas: readonly Replica[]
  /** Lines a person can follow; null when nobody looks, which is faster. */
  readonly trace: string[] | null
  /** The latest use of each session anybody noted, whether or not it was written. */
  readonly touched = new Map<string, number>()
  failedOver = false
  failure: unknown = null

  constructor(conditions: Conditions, trace: string[] | null) {
    this.conditions = conditions
    this.trace = trace
    this.store = new Store()
    this.roster = new Roster(this.store)
    this.sightings = new Sightings(conditions.seed, this.store)
    this.#replicas = conditions.replicas.map(
      (setup, i) => new Replica(this.store, setup, conditions.seed, i),
    )
    const { failover } = conditions
    if (failover) this.timeline.at(failover.atMs, () => this.#failOver(failover.replica))
  }

  get nowMs(): number {
    return this.timeline.nowMs
  }

  /** A line of the trace; the text is only made when somebody looks. */
  note(text: () => string): void {
    this.trace?.push(`${String(this.nowMs).padStart(6)} ${text()}`)
  }

  /** Where in the primary's log a copy stands now. */
  positionOf(copy: number): number {
    if (copy === PRIMARY) return this.store.position
    return this.#replicas[copy]?.positionAt(this.nowMs) ?? 0
  }

  /** Can that edge reach the primary now? */
  reachesPrimary(edge: number): boolean {
    return !isIn(this.conditions.edges[edge]?.cutOff ?? [], this.nowMs)
  }

  clockOf(edge: number): number {
    return EPOCH_MS + this.nowMs + (this.conditions.edges[edge]?.clockOffsetMs ?? 0)
  }

  /** The last position written before a moment: where a span of time that begins then starts. */
  positionBefore(atMs: number): number {
    const { times } = this.store
    let position = times.length - 1
    while (position > 0 && (times[position] ?? 0) >= atMs) position--
    return position
  }

  /** An exception of the code under test, or of the simulation itself, is no outcome: the schedule ends with it. */
  watch(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.failure = error
    })
  }

  #failOver(replica: number): void {
    const to = this.positionOf(replica)
    const first = to + 1
    for (const copy of this.#replicas.keys()) this.positionOf(copy)
    this.note(
      () => `FAILOVER to r${replica}: lost ${this.store.position - to} writes from #${first}`,
    )
    this.store.failOver(to, this.nowMs)
    for (const copy of this.#replicas) copy.cutBack(to)
    for (const holder of this.roster.holders) {
      const isBack = this.roster.isStored(holder, this.store.position)
      if (isBack) holder.deadAckAtMs = Number.POSITIVE_INFINITY
    }
    this.failedOver = true
  }
}
