/** What the stand has been asked: counters, and the last commands in a ring of fixed size. */
import type { Counts, SeenCommand, Stats } from './control-api.ts'

const RING_SIZE = 2000

export class Recorder {
  readonly #counts = new Map<string, Counts>()
  #ring: SeenCommand[] = []
  #next = 0

  constructor(regions: string[]) {
    for (const region of regions) this.#counts.set(region, { httpRequests: 0, commands: 0 })
  }

  countRequest(region: string): void {
    const counts = this.#counts.get(region)
    if (counts !== undefined) counts.httpRequests += 1
  }

  see(seen: SeenCommand): void {
    const counts = this.#counts.get(seen.region)
    if (counts !== undefined) counts.commands += 1
    this.#ring[this.#next] = seen
    this.#next = (this.#next + 1) % RING_SIZE
  }

  last(count: number): SeenCommand[] {
    const ordered = [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)]
    return count <= 0 ? [] : ordered.slice(-count)
  }

  stats(): Stats {
    const stats: Stats = { httpRequests: 0, commands: 0, byRegion: {} }
    for (const [region, counts] of this.#counts) {
      stats.byRegion[region] = { ...counts }
      stats.httpRequests += counts.httpRequests
      stats.commands += counts.commands
    }
    return stats
  }

  resetStats(): void {
    for (const counts of this.#counts.values()) {
      counts.httpRequests = 0
      counts.commands = 0
    }
  }

  reset(): void {
    this.resetStats()
    this.#ring = []
    this.#next = 0
  }
}
