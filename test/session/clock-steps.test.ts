/**
 * The isolate's clock is set back while it runs: what it remembers must not pass for fresh until the clock has
 * caught up. Workers have no other clock (workerd's performance.now() is the same one), so steps must be noticed.
 */
import { expect, it } from 'vitest'
import { Edge } from '../../src/session/edge.ts'
import { type Statement, statement } from '../../src/session/statement.ts'

const LIMITS = {
  maxStalenessMs: 1000,
  rereadAfterMs: 300_000,
  memory: { maxEntries: 10, maxBytes: 100_000 },
  news: { maxItems: 100, maxAgeMs: 300_000 },
}
const T = 1_800_000_000_000
const SLOT = 'A'.repeat(22)
const DIGEST = `${'B'.repeat(21)}A`
const address = { slot: SLOT, digest: DIGEST }

/** An isolate that heard the feed, and read the session at the primary, at T. */
function edgeAt(heardAtMs: number): { readonly edge: Edge; readonly own: Statement } {
  const edge = new Edge(LIMITS)
  const feed = { since: null, askedAtMs: heardAtMs, head: 0, entries: [], epochs: new Map() }
  edge.hear(feed, heardAtMs)
  const own = statement({
    address,
    head: 0,
    askedAtMs: heardAtMs,
    source: 'primary',
    stored: {
      session: {
        address,
        root: DIGEST,
        createdAtMs: heardAtMs - 3_600_000,
        issuedAtMs: heardAtMs - 3_600_000,
        expiresAtMs: heardAtMs + 86_400_000,
        idleMs: 0,
        authTimeMs: heardAtMs - 3_600_000,
        labels: {},
      },
      graceUntilMs: null,
    },
    subject: { subject: 'user', permissions: [], disabled: false },
    lastSeen: null,
  })
  edge.memory.put('token', own)
  return { edge, own }
}

const hot = { token: 'token', consistency: 'bounded', own: null, graceMs: 0 } as const
const STEP_MS = 30_000

it('admits from memory while the feed is fresh, and not once it is stale', () => {
  const { edge } = edgeAt(T)
  expect(edge.consult(hot, T + 1000).kind).toBe('alive')
  expect(edge.consult(hot, T + 1001)).toEqual({ kind: 'read', from: 'primary' })
})

it('does not admit from memory once the clock was set back', () => {
  const { edge } = edgeAt(T)
  expect(edge.consult(hot, T - STEP_MS)).toEqual({ kind: 'read', from: 'primary' })
})

it('listens to the feed again at once, not when the clock has caught up', () => {
  const { edge } = edgeAt(T)
  expect(edge.shouldListen(T - STEP_MS)).toBe(true)
})

it('admits what the primary says after the clock was set back: no outage until it has caught up', () => {
  const { edge, own } = edgeAt(T)
  const since = edge.news.since()
  const nowMs = T - STEP_MS
  edge.consult(hot, nowMs)
  edge.hear({ since, askedAtMs: nowMs, head: 0, entries: [], epochs: null }, nowMs)
  const again = { ...own, askedAtMs: nowMs }
  expect(edge.consult({ ...hot, own: again }, nowMs + 5).kind).toBe('alive')
})

it('does not take a reply that was asked for before the clock was set back for a fresh one', () => {
  const { edge } = edgeAt(T)
  const late = { since: edge.news.since(), askedAtMs: T + 500, head: 0, entries: [], epochs: null }
  const nowMs = T - STEP_MS
  edge.consult(hot, nowMs)
  expect(edge.hear(late, nowMs + 1)).toBe('ignored')
  expect(edge.consult(hot, nowMs + 2)).toEqual({ kind: 'read', from: 'primary' })
})
