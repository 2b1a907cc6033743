/**
 * Which blocks of src ran, as V8 counts them (a block is a branch, a loop's body, a function). Must never be on
 * while time is measured: counting costs some.
 */
import { readFileSync } from 'node:fs'
import { type Profiler, Session } from 'node:inspector/promises'
import { fileURLToPath } from 'node:url'

const SRC = new URL('../../src/', import.meta.url).href

export interface FileCoverage {
  readonly file: string
  readonly reached: number
  readonly blocks: number
  /** Where the blocks begin that nothing has reached. */
  readonly unreachedLines: readonly number[]
}

export class Coverage {
  readonly #session = new Session()
  /** Every block seen, and whether it ever ran. */
  readonly #blocks = new Map<string, boolean>()

  async start(): Promise<void> {
    this.#session.connect()
    await this.#session.post('Profiler.enable')
    await this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** Takes what ran since the last call; true: something that never ran before. `commit` false only looks. */
  async take(commit = true): Promise<boolean> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage')
    let isNew = false
    for (const { url, functions } of result) {
      if (!url.startsWith(SRC)) continue
      for (const block of functions.flatMap(({ ranges }) => ranges)) {
        const name = nameOf(url, block)
        const ran = block.count > 0
        if (ran && this.#blocks.get(name) !== true) isNew = true
        if (commit) this.#blocks.set(name, ran || this.#blocks.get(name) === true)
      }
    }
    return isNew
  }

  files(): FileCoverage[] {
    const byFile = Map.groupBy(this.#blocks, ([name]) => name.split(' ', 1)[0] ?? '')
    return [...byFile]
      .map(([url, blocks]) => {
        const text = readFileSync(fileURLToPath(url), 'utf8')
        const unreached = blocks
          .filter(([, ran]) => !ran)
          .map(([name]) => Number(name.split(' ')[1]))
        const lines = unreached.map((at) => text.slice(0, at).split('\n').length)
        return {
          file: url.slice(SRC.length),
          reached: blocks.length - unreached.length,
          blocks: blocks.length,
          unreachedLines: [...new Set(lines)].sort((a, b) => a - b),
        }
      })
      .sort((a, b) => (a.file < b.file ? -1 : 1))
  }

  stop(): void {
    this.#session.disconnect()
  }
}

const nameOf = (url: string, { startOffset, endOffset }: Profiler.CoverageRange): string =>
  `${url} ${startOffset} ${endOffset}`
