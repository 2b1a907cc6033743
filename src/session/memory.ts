/**
 * The memory: what this isolate read about tokens, bounded by entries and by bytes, least recently used goes
 * first. Pure state. Must never grow past its bounds, and never put an older copy's word over a newer one's.
 */
import { ownText } from './compact.ts'
import type { Statement } from './statement.ts'

export interface MemoryLimits {
  readonly maxEntries: number
  /** An estimate, checked against the heap by the benchmark: an isolate has 128 MB in all. */
  readonly maxBytes: number
}

interface Slot {
  statement: Statement
  readonly bytes: number
  /** Used since the eviction last passed by: it gets a second round. */
  used: boolean
}

/**
 * What an entry costs beside its variable parts, in bytes of heap (measured: `npm run bench:scale`). The assertion
 * that hangs on a session in use is not in it: gate/assertion.ts bounds those.
 */
const ENTRY_BYTES = 500

/** Where a session was, on routes that look at signs: two places, countries, networks. */
const TRAIL_BYTES = 600

export class Memory {
  readonly #limits: MemoryLimits
  /** In order of arrival; the front goes first, unless it was used. */
  readonly #slots = new Map<string, Slot>()
  #bytes = 0

  constructor(limits: MemoryLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#slots.size
  }

  get bytes(): number {
    return this.#bytes
  }

  /** What is remembered about a token; its use is noted. */
  get(token: string): Statement | undefined {
    const slot = this.#slots.get(token)
    if (slot === undefined) return undefined
    slot.used = true
    return slot.statement
  }

  /** Remembers a statement, unless what is remembered was read from a newer copy. */
  put(token: string, statement: Statement): void {
    const known = this.#slots.get(token)
    if (known !== undefined) {
      if (isOlder(statement, known.statement)) return
      this.#remove(token, known)
    }
    const bytes = ENTRY_BYTES + token.length + variableBytes(statement)
    this.#slots.set(ownText(token), { statement, bytes, used: false })
    this.#bytes += bytes
    this.#evict()
  }

  /** The same copy's word with something of our own added (a touch); no new read. */
  amend(token: string, from: Statement, to: Statement): void {
    const slot = this.#slots.get(token)
    if (slot?.statement === from) slot.statement = to
  }

  clear(): void {
    this.#slots.clear()
    this.#bytes = 0
  }

  #evict(): void {
    while (this.#slots.size > this.#limits.maxEntries || this.#bytes > this.#limits.maxBytes) {
      const [front] = this.#slots
      if (front === undefined) return
      const [token, slot] = front
      this.#slots.delete(token)
      if (slot.used) {
        slot.used = false
        this.#slots.set(token, slot)
      } else {
        this.#bytes -= slot.bytes
      }
    }
  }

  #remove(token: string, slot: Slot): void {
    this.#slots.delete(token)
    this.#bytes -= slot.bytes
  }
}

/** By the copy's head; of two reads of the same head the later one stands. */
const isOlder = (a: Statement, b: Statement): boolean =>
  a.head < b.head || (a.head === b.head && a.askedAtMs < b.askedAtMs)

/** Two bytes for a character, as if no value were shared: the bound is one in the worst case too. */
function variableBytes({ live, signs }: Statement): number {
  if (live === null) return 0
  const { session, subject } = live
  const text = JSON.stringify([session.labels, subject.subject, subject.permissions])
  return 2 * text.length + (signs.trail === null ? 0 : TRAIL_BYTES)
}
