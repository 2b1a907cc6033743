/**
 * Whose token a step is about. Drawn at random, but people come again where they were, and what happens to
 * sessions happens to those in use: that is where an edge has something to get wrong.
 */
import type { Random } from './random.ts'
import type { Holder } from './roster.ts'
import type { World } from './world.ts'

export class Crowd {
  readonly #world: World
  /** The latest to have come, by edge. */
  readonly #cameTo = new Map<number, Holder>()
  #came: Holder | null = null

  constructor(world: World) {
    this.#world = world
  }

  /** Who comes to an edge; null: somebody with a token that never was. */
  comer(random: Random, edge: number): Holder | null {
    const known = this.#known()
    const again = this.#cameTo.get(edge)
    if (known.length === 0 || random.chance(0.04)) return null
    const holder = again && random.chance(0.5) ? again : this.#lively(random, known)
    this.#cameTo.set(edge, holder)
    this.#came = holder
    return holder
  }

  /** Whose token is made anew. */
  inUse(random: Random): Holder | null {
    const known = this.#known()
    if (known.length === 0) return null
    return this.#came && random.chance(0.5) ? this.#came : this.#lively(random, known)
  }

  /** Whose session is to end, or to stay; by any token that leads to it, or led to it once. */
  concerned(random: Random): Holder | null {
    const holder = this.inUse(random)
    if (holder === null || random.chance(0.3)) return holder
    return random.pick(this.#known().filter(({ session }) => session.root === holder.session.root))
  }

  #known(): readonly Holder[] {
    return this.#world.roster.holders.filter(({ knownAtMs }) => knownAtMs <= this.#world.nowMs)
  }

  /** Most come with what still works, or just did, and the newest more often than the older. */
  #lively(random: Random, known: readonly Holder[]): Holder {
    const oldestMs = this.#world.nowMs - 2 * this.#world.conditions.boundMs
    const lively = known.filter(({ deadAckAtMs }) => deadAckAtMs >= oldestMs)
    const some = lively.length > 0 && random.chance(0.8) ? lively : known
    return random.pick(random.chance(0.5) ? some.slice(-2) : some)
  }
}
