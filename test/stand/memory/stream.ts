/**
 * A Redis stream as a data structure: ordered entries, last id, and trimming.
 * Entries sit in nodes as in Redis (100 entries, or about 4096 bytes, a node), because `~` trims
 * whole nodes only: code that counts on `~` being exact must fail here, too.
 */
export interface StreamEntry {
  /** Milliseconds in the high 64 bits, sequence in the low 64: one comparison orders two ids. */
  id: bigint
  fields: string[]
  node: number
}

export interface Trimming {
  /** Keep this many of the newest. */
  maxLength?: number
  /** Keep ids from this one on. */
  minId?: bigint
  approximate: boolean
  /** At most this many are removed; 0 is no limit. Only with `approximate`. */
  limit: number
}

const NODE_ENTRIES = 100
const NODE_BYTES = 4096
/** What a listpack spends on an entry beside its strings; an estimate. */
const ENTRY_OVERHEAD_BYTES = 10

export class Stream {
  #entries: StreamEntry[] = []
  #tail = { node: 0, entries: 0, bytes: 0 }
  lastId = 0n

  get length(): number {
    return this.#entries.length
  }

  /** The caller has checked that `id` is above `lastId`. */
  append(id: bigint, fields: string[]): void {
    const bytes = fields.reduce((sum, text) => sum + text.length + 2, ENTRY_OVERHEAD_BYTES)
    const tail = this.#tail
    if (
      this.#entries.at(-1)?.node !== tail.node ||
      tail.entries >= NODE_ENTRIES ||
      tail.bytes + bytes >= NODE_BYTES
    ) {
      this.#tail = { node: tail.node + 1, entries: 0, bytes: 0 }
    }
    this.#tail.entries += 1
    this.#tail.bytes += bytes
    this.#entries.push({ id, fields, node: this.#tail.node })
    this.lastId = id
  }

  /** Entries with `first <= id <= last`, oldest first; `reverse` gives the newest `count` first. */
  range(first: bigint, last: bigint, count: number, reverse: boolean): StreamEntry[] {
    const from = this.#indexOf(first)
    const to = this.#indexOf(last + 1n)
    if (to <= from) return []
    if (reverse) return this.#entries.slice(Math.max(from, to - count), to).reverse()
    return this.#entries.slice(from, Math.min(to, from + count))
  }

  remove(id: bigint): boolean {
    const index = this.#indexOf(id)
    if (this.#entries[index]?.id !== id) return false
    this.#entries.splice(index, 1)
    return true
  }

  /** Returns how many entries went. */
  trim({ maxLength, minId, approximate, limit }: Trimming): number {
    const excess = maxLength === undefined ? this.#indexOf(minId ?? 0n) : this.length - maxLength
    const surplus = Math.max(0, excess)
    const removed = approximate ? this.#wholeNodes(surplus, limit) : surplus
    if (removed > 0) this.#entries.splice(0, removed)
    return removed
  }

  /** The length of the longest run of whole nodes within the oldest `surplus` entries. */
  #wholeNodes(surplus: number, limit: number): number {
    let whole = 0
    for (let end = 1; end <= surplus; end += 1) {
      const nodeEnds = this.#entries[end]?.node !== this.#entries[end - 1]?.node
      if (!nodeEnds) continue
      if (limit > 0 && end > limit) break
      whole = end
    }
    return whole
  }

  /** The index of the first entry whose id is at least `id`. */
  #indexOf(id: bigint): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle]?.id ?? id) < id) low = middle + 1
      else high = middle
    }
    return low
  }

  clone(): Stream {
    const copy = new Stream()
    copy.#entries = this.#entries.slice()
    copy.#tail = { ...this.#tail }
    copy.lastId = this.lastId
    return copy
  }
}
