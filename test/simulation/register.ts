/**
 * One value and all it ever was, by position in the primary's log: replicas and the oracle look back.
 * Must never forget a version, nor have one changed.
 */
export class Register<T> {
  readonly #positions: number[] = []
  readonly #values: T[] = []

  /** Positions only go up; a second write at the same position stands for both. */
  set(position: number, value: T): void {
    const last = this.#positions.length - 1
    if (this.#positions[last] === position) {
      this.#values[last] = value
      return
    }
    this.#positions.push(position)
    this.#values.push(value)
  }

  at(position: number): T | undefined {
    const positions = this.#positions
    for (let i = positions.length - 1; i >= 0; i--) {
      if ((positions[i] ?? 0) <= position) return this.#values[i]
    }
    return undefined
  }

  get latest(): T | undefined {
    return this.#values[this.#values.length - 1]
  }

  /** Back to what it was: a failover lost what came after. */
  revert(to: number, position: number, none: T): void {
    const last = this.#positions[this.#positions.length - 1] ?? 0
    if (last > to) this.set(position, this.at(to) ?? none)
  }
}
