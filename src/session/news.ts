/**
 * The news: what this isolate heard on the revocation feed, which span of it, and when.
 * Pure state and its rules (design 6); no I/O, and the clock comes with each reply. Must never claim to have
 * heard what it has not: a reply that is not whole makes it start anew.
 */
import type { FeedEntry, HeardEntry } from './feed-entry.ts'

/** Where a feed read starts from; sent with the read and handed back with its reply. */
export interface Since {
  readonly id: string
  readonly head: number
  readonly generation: number
}

/** A feed read's reply. `since` null: asked as a new isolate, for the head, the last id and the epochs. */
export interface FeedReply {
  readonly since: Since | null
  /** The start of the read, on this isolate's clock. */
  readonly askedAtMs: number
  readonly head: number
  /** From `since.id` on, that one included; for a new isolate the last entry only. */
  readonly entries: readonly HeardEntry[]
  /** Only for a new isolate. */
  readonly epochs: ReadonlyMap<string, number> | null
}

/** A piece of news and its place: the n-th entry ever written. */
export interface NewsItem {
  readonly seq: number
  readonly entry: Exclude<FeedEntry, { kind: 'epoch' }>
}

export type Hearing = 'heard' | 'ignored' | 'anew'

/** No entry: the id before every id. */
const NO_ID = '0-0'

/** How much is held before the older half goes. What is older than all news held goes to the primary. */
export interface NewsLimits {
  readonly maxItems: number
  readonly maxAgeMs: number
}

interface Page {
  readonly bySlot: Map<string, NewsItem[]>
  /** This page holds all news after that head (and up to the next page's). */
  readonly afterHead: number
  readonly openedAtMs: number
  items: number
}

export class News {
  readonly #limits: NewsLimits
  readonly #epochs = new Map<string, number>()
  #generation = 0
  #head: number | null = null
  #lastId = NO_ID
  #heardAtMs = Number.NEGATIVE_INFINITY
  /** The head that the latest whole read showed; `#head` may be further, by a reply asked for earlier. */
  #heardHead = 0
  /** The start of the first read as a new isolate: what was asked before may be from before a failover. */
  #validFromMs = Number.NEGATIVE_INFINITY
  /** The highest head any copy has shown, and when that was known here. */
  #seenHead = 0
  #seenAtMs = Number.NEGATIVE_INFINITY
  #older: Page | null = null
  #recent: Page | null = null

  constructor(limits: NewsLimits) {
    this.#limits = limits
  }

  /** The start of the latest whole read of the primary; -Infinity for a new isolate. */
  get heardAtMs(): number {
    return this.#heardAtMs
  }

  /** The latest epochs known, from wherever they came: they only ever move forward. */
  get epochs(): ReadonlyMap<string, number> {
    return this.#epochs
  }

  /** null: ask as a new isolate. */
  since(): Since | null {
    return this.#head === null
      ? null
      : { id: this.#lastId, head: this.#head, generation: this.#generation }
  }

  /**
   * Does the news held reach back to what was asked then and shows this head, nothing between missing? What was
   * asked before the latest read and knows more than that one may be of a line that a failover has lost.
   */
  reachesBackTo(head: number, askedAtMs: number): boolean {
    const first = this.#older ?? this.#recent
    if (first === null || head < first.afterHead || askedAtMs < this.#validFromMs) return false
    return head <= this.#heardHead || askedAtMs >= this.#heardAtMs
  }

  /** News about a subject, all that is held. */
  *about(slot: string): Iterable<NewsItem> {
    yield* this.#older?.bySlot.get(slot) ?? []
    yield* this.#recent?.bySlot.get(slot) ?? []
  }

  /** Epochs may come from any copy: an older copy only knows less. */
  learnEpochs(epochs: ReadonlyMap<string, number>): void {
    for (const [name, atMs] of epochs) {
      if (atMs > (this.#epochs.get(name) ?? 0)) this.#epochs.set(name, atMs)
    }
  }

  /** A copy showed this head: a primary that shows less when asked after that has lost writes in a failover. */
  sawHead(head: number, nowMs: number): void {
    if (head <= this.#seenHead) return
    this.#seenHead = head
    this.#seenAtMs = nowMs
  }

  /** All times are of a clock that was later: what was heard is kept, and has to be heard again to count. */
  clockWasSetBack(nowMs: number): void {
    this.#heardAtMs = Number.NEGATIVE_INFINITY
    this.#validFromMs = Math.min(this.#validFromMs, nowMs)
    this.#seenAtMs = Math.min(this.#seenAtMs, nowMs)
  }

  /** Takes in a reply of the primary, in whatever order replies arrive. 'anew': all memory is void. */
  hear(reply: FeedReply): Hearing {
    if (reply.epochs) this.learnEpochs(reply.epochs)
    // From a reply that is not whole or comes too late as well: no statement carries them.
    for (const { entry } of reply.entries) {
      if (entry.kind === 'epoch') this.learnEpochs(new Map([[entry.name, entry.atMs]]))
    }
    if (reply.since === null) return this.#hearAsNew(reply)
    if (this.#head === null || reply.since.generation !== this.#generation) return 'ignored'
    if (reply.head < this.#seenHead && reply.askedAtMs >= this.#seenAtMs) {
      this.#forget()
      return 'anew'
    }
    const fresh = reply.since.id === NO_ID ? reply.entries : reply.entries.slice(1)
    const last = fresh[this.#head - reply.since.head - 1]
    if (!isWhole(reply, reply.since) || (last !== undefined && last.id !== this.#lastId)) {
      this.#forget()
      return 'anew'
    }
    // Overtaken by a later one; or a failover lost what that one heard, and the next read will tell.
    if (reply.head < this.#head) return 'ignored'
    for (const [i, heard] of fresh.entries()) {
      const seq = reply.since.head + i + 1
      if (seq > this.#head) this.#add(seq, heard, reply.askedAtMs)
    }
    this.#heardAs(reply)
    return 'heard'
  }

  #heardAs({ askedAtMs, head }: FeedReply): void {
    if (askedAtMs < this.#heardAtMs) return
    this.#heardAtMs = askedAtMs
    this.#heardHead = head
  }

  #hearAsNew(reply: FeedReply): Hearing {
    const { head, entries, askedAtMs } = reply
    if (this.#head !== null && this.#head !== head) return 'ignored'
    if (this.#head === null) {
      this.#head = head
      this.#lastId = entries.at(-1)?.id ?? NO_ID
      this.#recent = openPage(head, askedAtMs)
      this.#validFromMs = askedAtMs
      this.#seenHead = head
    }
    this.#heardAs(reply)
    return 'heard'
  }

  #add(seq: number, { id, entry }: HeardEntry, nowMs: number): void {
    this.#head = seq
    this.#lastId = id
    if (entry.kind === 'epoch') return
    const page = this.#pageFor(seq, nowMs)
    const known = page.bySlot.get(entry.slot)
    if (known) known.push({ seq, entry })
    else page.bySlot.set(entry.slot, [{ seq, entry }])
    page.items++
  }

  /** The page in writing; a full or old one moves back, and what was behind it goes. */
  #pageFor(seq: number, nowMs: number): Page {
    let page = this.#recent ?? openPage(seq - 1, nowMs)
    const full = page.items >= this.#limits.maxItems / 2
    if (full || nowMs - page.openedAtMs >= this.#limits.maxAgeMs) {
      this.#older = page
      page = openPage(seq - 1, nowMs)
    }
    this.#recent = page
    return page
  }

  #forget(): void {
    this.#generation++
    this.#seenHead = 0
    this.#seenAtMs = Number.NEGATIVE_INFINITY
    this.#head = null
    this.#lastId = NO_ID
    this.#heardAtMs = Number.NEGATIVE_INFINITY
    this.#older = null
    this.#recent = null
  }
}

const openPage = (afterHead: number, openedAtMs: number): Page => ({
  bySlot: new Map(),
  afterHead,
  openedAtMs,
  items: 0,
})

/**
 * Whole: the entry last heard is still there and the new ones make up the difference of the heads. A head
 * below the one heard, or another entry in that place, is a failover that lost writes.
 */
function isWhole({ entries, head }: FeedReply, since: Since): boolean {
  const continues = since.id === NO_ID || entries[0]?.id === since.id
  const fresh = entries.length - (since.id === NO_ID ? 0 : 1)
  return continues && fresh === head - since.head
}
