/**
 * A replica: how far along the primary's log it is, at any time. It lags, gets stuck and heals; it never goes
 * back, except when a failover cuts off what it had ahead of the new primary.
 */
import type { ReplicaSetup } from './conditions.ts'
import { Random } from './random.ts'
import type { Store } from './store.ts'

export class Replica {
  readonly #store: Store
  readonly #setup: ReplicaSetup
  readonly #random: Random
  #position = 0
  #appliedAtMs = 0
  /** When the next entry of the log arrives here, once it is there. */
  #nextAtMs: number | null = null

  constructor(store: Store, setup: ReplicaSetup, seed: number, index: number) {
    this.#store = store
    this.#setup = setup
    this.#random = new Random(seed, 1000 + index)
  }

  positionAt(nowMs: number): number {
    while (this.#position < this.#store.position) {
      const next = this.#next()
      this.#nextAtMs ??= this.#arrival(this.#store.times[next] ?? 0)
      if (this.#nextAtMs > nowMs) break
      this.#appliedAtMs = this.#nextAtMs
      this.#position = next
      this.#nextAtMs = null
    }
    return this.#position
  }

  /** The position is no more: what the new primary has takes its place. */
  cutBack(to: number): void {
    if (this.#position > to) this.#position = this.#store.position
    this.#nextAtMs = null
  }

  #next(): number {
    let next = this.#position + 1
    while (this.#store.lost[next]) next++
    return next
  }

  #arrival(writtenAtMs: number): number {
    const { lagMs, stuck } = this.#setup
    let atMs = Math.max(this.#appliedAtMs, writtenAtMs + this.#random.between(0, lagMs))
    for (const { fromMs, toMs } of stuck) if (atMs >= fromMs && atMs < toMs) atMs = toMs
    return atMs
  }
}
