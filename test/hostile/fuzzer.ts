/**
 * Drives a target: batch after batch, and what reached new blocks of src is kept to be changed further. Must never
 * lose a finding: each comes with its input and the recipe that makes it again.
 */
import type { Coverage } from './coverage.ts'
import { BATCH, batchOf, type Recipe } from './inputs.ts'
import type { Target } from './target.ts'

export interface Found {
  readonly target: string
  readonly what: string
  readonly input: string
  readonly recipe: Recipe
}

/** CPU of this process, so that a busy machine is no finding; and it has to cost it twice more when asked again. */
const MAX_MS = 100
const AGAIN = 2

/** Checks one input; null: all is well. */
export async function tryInput(target: Target, input: string): Promise<string | null> {
  for (let attempt = 0; ; attempt++) {
    const before = process.cpuUsage()
    try {
      await target.check(input)
    } catch (error) {
      return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    }
    const { user, system } = process.cpuUsage(before)
    const tookMs = (user + system) / 1000
    if (tookMs <= MAX_MS) return null
    if (attempt === AGAIN) return `took ${tookMs.toFixed(0)} ms for ${input.length} characters`
  }
}

export class Fuzzer {
  inputs = 0
  readonly kept: Recipe[] = []
  readonly found: Found[] = []
  readonly #target: Target
  readonly #coverage: Coverage | null

  constructor(target: Target, coverage: Coverage | null) {
    this.#target = target
    this.#coverage = coverage
  }

  /** One batch from this seed; every other one changes something that was kept. */
  async batch(seed: number, size = BATCH): Promise<void> {
    const base = seed % 2 === 0 ? [] : (this.kept[seed % (this.kept.length + 1)] ?? [])
    const inputs = batchOf(this.#target, base, seed, size)
    for (const [place, input] of inputs.entries()) {
      const what = await tryInput(this.#target, input)
      this.inputs++
      if (what !== null) {
        this.found.push({ target: this.#target.name, what, input, recipe: [...base, seed, place] })
      }
    }
    if (this.#coverage === null) return
    const place = await this.#newIn(inputs)
    if (place !== null) this.kept.push([...base, seed, place])
  }

  /** The place of one input that reached what none before did; null if the batch reached nothing new. */
  async #newIn(inputs: readonly string[]): Promise<number | null> {
    const coverage = this.#coverage
    if (coverage === null || !(await coverage.take(false))) return null
    // Whole batch again, in halves: the counts were taken, and only the first half that has it is looked into.
    let [from, to] = [0, inputs.length]
    while (to - from > 1) {
      const middle = (from + to) >> 1
      for (const input of inputs.slice(from, middle)) await tryInput(this.#target, input)
      if (await coverage.take(false)) to = middle
      else from = middle
    }
    for (const input of inputs) await tryInput(this.#target, input)
    await coverage.take()
    return from
  }
}
