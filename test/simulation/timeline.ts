/**
 * Virtual time: a queue of things to happen, in order of their time and, at the same time, of their
 * being asked for. Must never look at the real clock.
 */
interface Coming {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

export class Timeline {
  #nowMs = 0
  #order = 0
  /** A binary heap, the next one first. */
  readonly #heap: Coming[] = []

  get nowMs(): number {
    return this.#nowMs
  }

  at(atMs: number, run: () => void): void {
    const coming = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, run }
    const heap = this.#heap
    let i = heap.push(coming) - 1
    while (i > 0) {
      const above = (i - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || !isBefore(coming, parent)) break
      heap[i] = parent
      i = above
    }
    heap[i] = coming
  }

  /** Moves the clock on and makes the next thing happen; false when nothing is to come. */
  step(): boolean {
    const heap = this.#heap
    const next = heap[0]
    const last = heap.pop()
    if (next === undefined || last === undefined) return false
    if (next !== last) this.#sink(last)
    this.#nowMs = next.atMs
    next.run()
    return true
  }

  #sink(coming: Coming): void {
    const heap = this.#heap
    let i = 0
    for (;;) {
      const left = heap[2 * i + 1]
      const right = heap[2 * i + 2]
      if (left === undefined) break
      const isRight = right !== undefined && isBefore(right, left)
      const child = isRight ? right : left
      if (!isBefore(child, coming)) break
      heap[i] = child
      i = 2 * i + (isRight ? 2 : 1)
    }
    heap[i] = coming
  }
}

const isBefore = (a: Coming, b: Coming): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)

/**
 * Lets the promises of the code under test run on until it has asked for something or decided: one event
 * moves one request. Bounded, so that work nobody waits for (a background read) ends it too.
 */
export class Pump {
  #stirred = false
  #progress = 0
  #running = 0

  /** A promise was settled, or a request started. */
  stir(): void {
    this.#stirred = true
  }

  /** The code under test reached a point from which only a later event moves it. */
  reached(): void {
    this.#progress++
  }

  /** An operation runs, until it asks for something or is over. */
  enter(): void {
    this.#running++
  }

  leave(): void {
    this.#running--
  }

  async settle(): Promise<void> {
    do {
      for (let tick = 0; this.#running > 0; tick++) {
        if (tick === MAX_OPERATION_TICKS) throw new Error('an operation waits for no event')
        await null
      }
      if (!this.#stirred) return
      this.#stirred = false
      const before = this.#progress
      for (let tick = 0; tick < MAX_TICKS && this.#progress === before; tick++) await null
      // A request that was decided may have begun to look at where it comes from.
    } while (this.#running > 0)
  }
}

/** A reply needs 8 ticks from the store's promise to the verdict in the present code. */
const MAX_TICKS = 24
const MAX_OPERATION_TICKS = 1000
