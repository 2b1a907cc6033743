/**
 * Who holds what: every token ever made in a schedule, with what is true of it at any position of the
 * primary's log. The oracle's view; the code under test never sees it.
 */
import { toBase64Url } from '../../src/foundation/encoding.ts'
import { epochOf } from '../../src/session/lifetime.ts'
import type { Session, SessionAddress } from '../../src/vocabulary/session.ts'
import { rowOf, type SessionRow, type Store, type StreamItem } from './store.ts'

export interface Holder {
  readonly name: string
  readonly token: string
  readonly address: SessionAddress
  readonly subject: string
  readonly session: Session
  readonly createdAt: number
  /** When its holder was handed it; a token nobody was handed is never sent. */
  knownAtMs: number
  /** When it was first acknowledged that it is dead. */
  deadAckAtMs: number
}

export class Roster {
  readonly #store: Store
  readonly holders: Holder[] = []
  #made = 0

  constructor(store: Store) {
    this.#store = store
  }

  newAddress(slot: string): SessionAddress {
    return { slot, digest: nameOf(100 + this.#made++) }
  }

  add(session: Session, subject: string, createdAt: number): Holder {
    const holder = {
      name: `t${this.holders.length}`,
      token: `sess_${session.address.digest}`,
      address: session.address,
      subject,
      session,
      createdAt,
      knownAtMs: Number.POSITIVE_INFINITY,
      deadAckAtMs: Number.POSITIVE_INFINITY,
    }
    this.holders.push(holder)
    return holder
  }

  rowAt({ address }: Holder, position: number): SessionRow | null {
    return rowOf(this.#store.slot(address.slot).sessions, address.digest).at(position) ?? null
  }

  /** The store says alive: there, not before an epoch it has by then, its subject not disabled. */
  isStored(holder: Holder, position: number, epochsAt = position): boolean {
    const row = this.rowAt(holder, position)
    if (row === null) return false
    const subject = this.#store.slot(holder.address.slot).subject.at(position)
    if (!subject || subject.subject.disabled) return false
    const { holds } = this.#store.slot(holder.address.slot)
    if (holds.get(holder.address.digest)?.at(position)) return false
    const { session } = row.stored
    return session.createdAtMs >= epochOf(session, this.#epochsAt(epochsAt))
  }

  /** Stored, and its time is not up on a clock that says `clockMs`; use is another matter. */
  isAlive(holder: Holder, position: number, clockMs: number, epochsAt = position): boolean {
    const row = this.rowAt(holder, position)
    if (row === null || !this.isStored(holder, position, epochsAt)) return false
    const { graceUntilMs, session } = row.stored
    if (clockMs >= session.expiresAtMs) return false
    return graceUntilMs === null || clockMs < graceUntilMs
  }

  /**
   * A pointer left by a rotation, and what it points to is gone: it opens nothing, and is about to go itself. It
   * may still be admitted until that is acknowledged, so the windows of oracle.ts take it for alive.
   */
  isDangling({ address }: Holder, position: number): boolean {
    const { sessions } = this.#store.slot(address.slot)
    const target = sessions.get(address.digest)?.at(position)?.stored.session.address.digest
    return target !== undefined && !sessions.get(target)?.at(position)
  }

  /** By what the store knows of its use. */
  isIdle(holder: Holder, position: number, clockMs: number): boolean {
    const row = this.rowAt(holder, position)
    if (row === null || row.stored.session.idleMs === 0) return false
    const { session } = row.stored
    const { slot, digest } = session.address
    const seen = rowOf(this.#store.slot(slot).seen, digest).at(position)
    return clockMs >= Math.max(session.issuedAtMs, seen?.atMs ?? 0) + session.idleMs
  }

  permissionsAt({ address }: Holder, position: number): string {
    const row = this.#store.slot(address.slot).subject.at(position)
    return String(row?.subject.permissions ?? [])
  }

  #epochsAt(position: number): Map<string, number> {
    const epochs = new Map<string, number>()
    for (const [name, atMs] of this.#store.epochs) epochs.set(name, atMs.at(position) ?? 0)
    return epochs
  }
}

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
