/**
 * What the feed says to edges: one entry per revocation or change, and how it stands in the stream.
 * Pure. An entry must never name a person (a slot does), and one that is not understood must be an
 * error to its reader, never skipped: it may be a revocation.
 */
import { type Command, type Reply, StoreUnavailable } from '../foundation/redis.ts'
import { FEED_RETENTION_MS } from '../vocabulary/limits.ts'
import { pairsOf } from './record.ts'

export type FeedEntry =
  /** A session ended: `family` is its digest or the root of its rotations; both match. */
  | { readonly kind: 'session'; readonly slot: string; readonly family: string }
  /** Every session of the subject ended, but for one rotation family where `keep` is given. */
  | { readonly kind: 'sessions'; readonly slot: string; readonly keep: string | null }
  /** The subject's record changed: permissions, claims, disabled. */
  | { readonly kind: 'subject'; readonly slot: string }
  /** A session got a new token; the old one (`digest`) ends at `untilMs`. */
  | {
      readonly kind: 'rotation'
      readonly slot: string
      readonly digest: string
      readonly untilMs: number
    }
  /** Sessions created before `atMs` are dead: all (`*`), or those with a label (`label:value`). */
  | { readonly kind: 'epoch'; readonly name: string; readonly atMs: number }

/** An entry as it was heard, with its place in the stream. */
export interface HeardEntry {
  readonly id: string
  readonly entry: FeedEntry
}

export const FEED_KEY = 'feed'
export const FEED_HEAD_KEY = 'feed:head'

/** The commands that announce entries; they belong into the transaction of the change itself. */
export function announce(entries: readonly FeedEntry[], nowMs: number): Command[] {
  if (entries.length === 0) return []
  const oldestKept = Math.max(0, nowMs - FEED_RETENTION_MS)
  return [
    ...entries.map(
      (entry): Command => ['XADD', FEED_KEY, 'MINID', '~', oldestKept, '*', ...fields(entry)],
    ),
    ['INCRBY', FEED_HEAD_KEY, entries.length],
  ]
}

function fields(entry: FeedEntry): (string | number)[] {
  switch (entry.kind) {
    case 'session':
      return ['kind', 'session', 'slot', entry.slot, 'family', entry.family]
    case 'sessions':
      return ['kind', 'sessions', 'slot', entry.slot, 'keep', entry.keep ?? '']
    case 'subject':
      return ['kind', 'subject', 'slot', entry.slot]
    case 'rotation':
      return [
        'kind',
        'rotation',
        'slot',
        entry.slot,
        'digest',
        entry.digest,
        'until',
        entry.untilMs,
      ]
    case 'epoch':
      return ['kind', 'epoch', 'name', entry.name, 'at', entry.atMs]
  }
}

/** A reply of XRANGE as entries, oldest first. */
export function parseFeed(reply: Reply | undefined): HeardEntry[] {
  if (!Array.isArray(reply)) throw new StoreUnavailable('garbage')
  return reply.map((item: Reply) => {
    if (!Array.isArray(item) || typeof item[0] !== 'string') throw new StoreUnavailable('garbage')
    return { id: item[0], entry: parseEntry(pairsOf(item[1])) }
  })
}

function parseEntry(pairs: ReadonlyMap<string, string>): FeedEntry {
  const text = (name: string): string => {
    const value = pairs.get(name)
    if (value === undefined) throw new StoreUnavailable('garbage')
    return value
  }
  const number = (name: string): number => {
    const value = Number(text(name))
    if (!Number.isFinite(value)) throw new StoreUnavailable('garbage')
    return value
  }
  switch (text('kind')) {
    case 'session':
      return { kind: 'session', slot: text('slot'), family: text('family') }
    case 'sessions':
      return { kind: 'sessions', slot: text('slot'), keep: text('keep') || null }
    case 'subject':
      return { kind: 'subject', slot: text('slot') }
    case 'rotation':
      return {
        kind: 'rotation',
        slot: text('slot'),
        digest: text('digest'),
        untilMs: number('until'),
      }
    case 'epoch':
      return { kind: 'epoch', name: text('name'), atMs: number('at') }
    default:
      throw new StoreUnavailable('garbage')
  }
}
