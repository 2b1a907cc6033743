/**
 * One copy of the database: keys, values, expiry times, and nothing about commands.
 * A read never removes an expired key: on a copy that lags, a write still on its way may have
 * been made before the expiry. Time is always an argument.
 */
import type { Stream } from './stream.ts'

export type Value =
  | { type: 'string'; text: string }
  | { type: 'hash'; fields: Map<string, string> }
  | { type: 'zset'; scores: Map<string, number> }
  | { type: 'stream'; stream: Stream }

interface Entry {
  value: Value
  /** Unix milliseconds; undefined lives for ever. */
  expiresAt: number | undefined
  /** Grows with every key made, so that SCAN can go on where it stopped. */
  readonly serial: number
}

export class Keyspace {
  #entries = new Map<string, Entry>()
  #serial = 0

  #live(key: string, now: number): Entry | undefined {
    const entry = this.#entries.get(key)
    if (entry?.expiresAt !== undefined && entry.expiresAt <= now) return undefined
    return entry
  }

  get(key: string, now: number): Value | undefined {
    return this.#live(key, now)?.value
  }

  /** undefined: no such key. null: lives for ever. */
  expiresAt(key: string, now: number): number | null | undefined {
    const entry = this.#live(key, now)
    return entry === undefined ? undefined : (entry.expiresAt ?? null)
  }

  put(key: string, value: Value, expiresAt?: number): void {
    this.#serial += 1
    this.#entries.delete(key)
    this.#entries.set(key, { value, expiresAt, serial: this.#serial })
  }

  /** Changes what a live key holds, leaving its expiry alone. */
  replace(key: string, value: Value, now: number): void {
    const entry = this.#live(key, now)
    if (entry === undefined) this.put(key, value)
    else entry.value = value
  }

  setExpiry(key: string, expiresAt: number | undefined): void {
    const entry = this.#entries.get(key)
    if (entry !== undefined) entry.expiresAt = expiresAt
  }

  /** With its expiry. false: there is nothing to copy. */
  copy(from: string, to: string, now: number): boolean {
    const entry = this.#live(from, now)
    if (entry !== undefined) this.put(to, cloneValue(entry.value), entry.expiresAt)
    return entry !== undefined
  }

  delete(key: string, now: number): boolean {
    const live = this.#live(key, now) !== undefined
    this.#entries.delete(key)
    return live
  }

  clear(): void {
    this.#entries.clear()
  }

  *keys(now: number): Generator<{ key: string; serial: number; value: Value }> {
    for (const [key, { serial, value, expiresAt }] of this.#entries) {
      if (expiresAt === undefined || expiresAt > now) yield { key, serial, value }
    }
  }

  /** Forgets what had expired by `time`, which must not be later than the last write applied. */
  purge(time: number): void {
    for (const [key, { expiresAt }] of this.#entries) {
      if (expiresAt !== undefined && expiresAt <= time) this.#entries.delete(key)
    }
  }

  clone(): Keyspace {
    const copy = new Keyspace()
    copy.#serial = this.#serial
    for (const [key, entry] of this.#entries) {
      copy.#entries.set(key, { ...entry, value: cloneValue(entry.value) })
    }
    return copy
  }
}

function cloneValue(value: Value): Value {
  switch (value.type) {
    case 'string':
      return value
    case 'hash':
      return { type: 'hash', fields: new Map(value.fields) }
    case 'zset':
      return { type: 'zset', scores: new Map(value.scores) }
    case 'stream':
      return { type: 'stream', stream: value.stream.clone() }
  }
}
