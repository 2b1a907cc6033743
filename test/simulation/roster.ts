/**
 * Who holds what: every token ever made in a schedule, with what is true of it at any position of the
 * primary's log. The oracle's view; the code under test never sees it.
 */
import { toBase64Url } from '../../src/foundation/encoding.ts'
import type { Command } from '../../src/foundation/redis.ts'
import { epochOf } from '../../src/session/lifetime.ts'
import { parseSession } from '../../src/session/record.ts'
import type { Session, SessionAddress } from '../../src/vocabulary/session.ts'
import { SUBJECT_OF_SLOT } from './drafts.ts'
import type { Store, StreamItem } from './store.ts'

interface Pointer {
  readonly to: string
  readonly issued_at: number
  readonly until: number
}

export interface Holder {
  readonly name: string
  readonly token: string
  readonly address: SessionAddress
  readonly subject: string
  readonly session: Session
  readonly createdAt: number
  /** What the rotation that made it had read up to. */
  readonly readAt: number
  /** When its holder was handed it; a token nobody was handed is never sent. */
  knownAtMs: number
  /** When it was first acknowledged that it is dead. */
  deadAckAtMs: number
}

export class Roster {
  readonly #store: Store
  readonly holders: Holder[] = []
  readonly #byDigest = new Map<string, Holder>()
  #made = 0

  constructor(store: Store) {
    this.#store = store
  }

  newToken(slot: string): { readonly token: string; readonly address: SessionAddress } {
    const digest = nameOf(100 + this.#made++)
    return { token: tokenOf(digest), address: { slot, digest } }
  }

  holderOf(token: string): Holder | undefined {
    return this.#byDigest.get(token)
  }

  withDigest(digest: string): Holder | undefined {
    return this.#byDigest.get(tokenOf(digest))
  }

  /** A transaction wrote these: whatever sessions are new in it are somebody's from now on. */
  noticeNew(commands: readonly Command[], position: number, readAt: number): void {
    for (const [name, key, digest, value] of commands) {
      const [kind, slot = ''] = String(key).split(':')
      if (name !== 'HSET' || kind !== 'sessions' || String(digest).includes(':')) continue
      const token = tokenOf(String(digest))
      const stored = parseSession({ slot, digest: String(digest) }, value, null)
      if (stored === null || this.#byDigest.has(token)) continue
      const { session } = stored
      const holder = {
        name: `t${this.holders.length}`,
        token,
        address: session.address,
        subject: SUBJECT_OF_SLOT.get(slot) ?? '',
        session,
        createdAt: position,
        readAt,
        knownAtMs: Number.POSITIVE_INFINITY,
        deadAckAtMs: Number.POSITIVE_INFINITY,
      }
      this.holders.push(holder)
      this.#byDigest.set(token, holder)
    }
  }

  /** The store says alive: there, not before an epoch it has by then, its subject not disabled. */
  isStored({ address, session }: Holder, position: number, epochsAt = position): boolean {
    const { slot, digest } = address
    const field = (name: string) => this.#store.field(`sessions:${slot}`, name, position)
    if (field(digest) === null || field(`hold:${digest}`) !== null) return false
    const subject = (name: string) => this.#store.field(`subject:${slot}`, name, position)
    if (subject('subject') === null || subject('disabled') === '1') return false
    return session.createdAtMs >= epochOf(session, this.#epochsAt(epochsAt))
  }

  /** Stored, and its time is not up on a clock that says `clockMs`; use is another matter. */
  isAlive(holder: Holder, position: number, clockMs: number, epochsAt = position): boolean {
    if (!this.isStored(holder, position, epochsAt)) return false
    if (clockMs >= holder.session.expiresAtMs) return false
    const pointer = this.#pointerAt(holder, position)
    return pointer === null || clockMs < pointer.until
  }

  /** By what the store knows of its use. */
  isIdle(holder: Holder, position: number, clockMs: number): boolean {
    const { address, session } = holder
    if (session.idleMs === 0) return false
    const pointer = this.#pointerAt(holder, position)
    const digest = pointer?.to ?? address.digest
    const seen = this.#store.field(`seen:${address.slot}`, digest, position)
    const seenAtMs = seen === null ? 0 : (JSON.parse(seen) as { at: number }).at
    return clockMs >= Math.max(pointer?.issued_at ?? session.issuedAtMs, seenAtMs) + session.idleMs
  }

  /** As JSON, as they stand in the store. */
  permissionsAt({ address }: Holder, position: number): string {
    return this.#store.field(`subject:${address.slot}`, 'permissions', position) ?? '[]'
  }

  #pointerAt({ address }: Holder, position: number): Pointer | null {
    const name = `to:${address.digest}`
    const text = this.#store.field(`sessions:${address.slot}`, name, position)
    return text === null ? null : (JSON.parse(text) as Pointer)
  }

  #epochsAt(position: number): Map<string, number> {
    const epochs = new Map<string, number>()
    for (const [name, atMs] of this.#store.epochs) epochs.set(name, atMs.at(position) ?? 0)
    return epochs
  }
}

const tokenOf = (digest: string): string => `sess_${digest}`

/** Does this entry, by its meaning, end that token's session at `clockMs`? */
export function ends({ entry, position }: StreamItem, holder: Holder, clockMs: number): boolean {
  const { address, session, createdAt } = holder
  if (entry.kind === 'epoch') {
    const applies = Object.entries({ ...session.labels }).map(
      ([label, value]) => `${label}:${value}`,
    )
    return [...applies, '*'].includes(entry.name) && session.createdAtMs < entry.atMs
  }
  if (entry.slot !== address.slot || position <= createdAt) return false
  switch (entry.kind) {
    case 'session':
      return entry.family === session.root || entry.family === address.digest
    case 'sessions':
      return entry.keep !== session.root
    case 'rotation':
      return entry.digest === address.digest && clockMs >= entry.untilMs
    case 'subject':
      return false
  }
}

/** The n-th name: 16 bytes, base64url, as slots and digests are. */
export function nameOf(n: number): string {
  let name = NAMES[n]
  if (name === undefined) {
    const bytes = new Uint8Array(16)
    new DataView(bytes.buffer).setUint32(12, n)
    name = toBase64Url(bytes)
    NAMES[n] = name
  }
  return name
}

const NAMES: string[] = []
