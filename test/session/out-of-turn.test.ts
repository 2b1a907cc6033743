/**
 * A reply that was asked for before the latest read and knows more than that read did: held up by the network, or
 * of a line that a failover has lost since. The edge cannot tell which, so it must not admit by it.
 */
import { expect, it } from 'vitest'
import { Edge } from '../../src/session/edge.ts'
import type { FeedReply } from '../../src/session/news.ts'
import { type Source, type Statement, statement } from '../../src/session/statement.ts'

const T = 1_800_000_000_000
const B = 1000
const address = { slot: 'A'.repeat(22), digest: `${'B'.repeat(21)}A` }

const newEdge = () =>
  new Edge({
    maxStalenessMs: B,
    rereadAfterMs: 300_000,
    memory: { maxEntries: 10, maxBytes: 100_000 },
    news: { maxItems: 100, maxAgeMs: 300_000 },
  })

const alive = (source: Source, head: number, askedAtMs: number) =>
  statement({
    address,
    head,
    askedAtMs,
    source,
    stored: {
      session: {
        address,
        root: address.digest,
        createdAtMs: T - 3_600_000,
        issuedAtMs: T - 3_600_000,
        expiresAtMs: T + 86_400_000,
        idleMs: 0,
        authTimeMs: T - 3_600_000,
        labels: {},
      },
      graceUntilMs: null,
    },
    subject: { subject: 'user', permissions: ['admin'], disabled: false },
    lastSeen: null,
  })

/** The entry that makes the statement: the subject was given its permissions. */
const granted = { id: '1-0', entry: { kind: 'subject', slot: address.slot } } as const

const hot = { token: 'token', consistency: 'bounded', own: null, graceMs: 0 } as const
const READ_PRIMARY = { kind: 'read', from: 'primary' }

/** Heard at T (head 0) and again at T + 500 (still 0); asked at T + 100, and only now here: head 1. */
function edgeThatHeard(late: 'primary' | 'nearest') {
  const edge = newEdge()
  edge.hear({ since: null, askedAtMs: T, head: 0, entries: [], epochs: new Map() }, T)
  const since = edge.news.since()
  const slow: FeedReply = { since, askedAtMs: T + 100, head: 1, entries: [granted], epochs: null }
  edge.hear({ since, askedAtMs: T + 500, head: 0, entries: [], epochs: null }, T + 505)
  if (late === 'primary') edge.hear(slow, T + 900)
  else edge.news.sawHead(1, T + 900)
  const own = alive(late, 1, T + 100)
  edge.memory.put(hot.token, own)
  return { edge, own }
}

it.each(['primary', 'nearest'] as const)('asks again instead of admitting by it (%s)', (late) => {
  const { edge, own } = edgeThatHeard(late)
  expect(edge.consult({ ...hot, own }, T + 900)).toEqual(READ_PRIMARY)
  expect(edge.consult(hot, T + 901)).toEqual(READ_PRIMARY)
})

it('believes it once a later read has shown the same line', () => {
  const { edge } = edgeThatHeard('primary')
  const since = edge.news.since()
  const next = { since, askedAtMs: T + 950, head: 1, entries: [granted], epochs: null }
  expect(edge.hear(next, T + 960)).toBe('heard')
  expect(edge.consult(hot, T + 960).kind).toBe('alive')
})

it('forgets it once a later read shows another line, though the heads are the same', () => {
  const { edge } = edgeThatHeard('primary')
  const since = edge.news.since()
  const other = { id: '2-0', entry: granted.entry }
  const next = { since, askedAtMs: T + 950, head: 1, entries: [other], epochs: null }
  expect(edge.hear(next, T + 960)).toBe('anew')
  expect(edge.consult(hot, T + 960)).toEqual(READ_PRIMARY)
})

it('costs nothing in turn: what was asked last, and what knows no more, is believed', () => {
  const edge = newEdge()
  edge.hear({ since: null, askedAtMs: T, head: 0, entries: [], epochs: new Map() }, T)
  const since = edge.news.since()
  edge.hear({ since, askedAtMs: T + 500, head: 1, entries: [granted], epochs: null }, T + 505)
  for (const own of [alive('primary', 1, T + 500), alive('primary', 1, T + 100)]) {
    expect(edge.consult({ ...hot, own }, T + 510).kind).toBe('alive')
  }
  expect(edge.consult({ ...hot, own: alive('nearest', 2, T + 506) }, T + 510).kind).toBe('alive')
})

/** The head was 0 at T; a read at T + 500 heard `entries`, and overtook what was asked for in between. */
function edgeOvertaken(...entries: readonly FeedReply['entries'][number][]) {
  const edge = newEdge()
  edge.hear({ since: null, askedAtMs: T, head: 0, entries: [], epochs: new Map() }, T)
  const since = edge.news.since()
  const head = entries.length
  edge.hear({ since, askedAtMs: T + 500, head, entries, epochs: null }, T + 505)
  const late = (own: Statement) => edge.inTurn(own, since?.head)
  return { late, consult: (own: Statement) => edge.consult({ ...hot, own }, T + 900) }
}
const { slot } = address
const ended = { kind: 'session', slot, family: address.digest } as const
const allEnded = { kind: 'sessions', slot, keep: null } as const
const REVOKED = { kind: 'dead', reason: 'revoked' }

it('asks again where a reply that was overtaken knows more than was known when it was asked for', () => {
  const { late, consult } = edgeOvertaken(granted)
  // A failover has lost what it saw, and something else stands in that place.
  const lost = alive('primary', 1, T + 100)
  expect(consult(lost).kind).toBe('alive')
  expect(consult(late(lost))).toEqual(READ_PRIMARY)
  expect(consult(late({ ...lost, stored: null, live: null }))).toEqual(READ_PRIMARY)
})

it('refuses by it what is known to have ended, and nothing that may have been made since', () => {
  const { late, consult } = edgeOvertaken({ id: '2-0', entry: ended })
  expect(consult(late(alive('primary', 1, T + 100)))).toEqual(REVOKED)
  const madeAfter = edgeOvertaken({ id: '2-0', entry: allEnded }, granted)
  expect(madeAfter.consult(madeAfter.late(alive('primary', 2, T + 100)))).toEqual(READ_PRIMARY)
})

it('lays the news over a reply that was overtaken and knows no more than was known', () => {
  const { late, consult } = edgeOvertaken({ id: '2-0', entry: ended })
  const old = alive('primary', 0, T + 100)
  expect(late(old)).toBe(old)
  expect(consult(old)).toEqual(REVOKED)
})
