/**
 * The judge of faults on made-up observations: what is wrong is counted, what is honest is not.
 * Must never need a process or a clock.
 */
import { describe, expect, it } from 'vitest'
import type { Seen } from './fault-load.ts'
import { judgeFault } from './fault-verdict.ts'
import type { Probe, Victim } from './fault-victims.ts'

const BOUND_MS = 1000
const SPAN = { fromMs: 1000, toMs: 5000 }

const seen = (status: number, sentAtMs: number, more: Partial<Seen> = {}): Seen => ({
  group: 'hot',
  edge: 0,
  status,
  sentAtMs,
  answeredAtMs: sentAtMs + 5,
  foreign: false,
  ...more,
})
const probe = (status: number, sentAtMs: number, more: Partial<Probe> = {}): Probe => ({
  consistency: 'bounded',
  edge: 0,
  status,
  sentAtMs,
  answeredAtMs: sentAtMs + 5,
  foreign: false,
  ...more,
})
/** Asked for at 2000, acknowledged at 2100. */
const victim = (probes: Probe[], more: Partial<Victim> = {}): Victim => ({
  person: { subject: 'v', sessions: [] },
  probes,
  askedAtMs: 2000,
  deletedAtMs: Number.POSITIVE_INFINITY,
  acknowledgedAtMs: 2100,
  ...more,
})
const judge = (
  all: Seen[],
  victims: Victim[] = [],
  downs = [{ edge: 1, fromMs: 2000, toMs: 3000 }],
) => judgeFault({ seen: all, victims, span: SPAN, downs, boundMs: BOUND_MS })

describe('people who are let alone', () => {
  it('suffer no 401, no 403 and nobody else’s page; 503 is honest', () => {
    const { wrong } = judge([
      seen(401, 2000),
      seen(403, 2000),
      seen(200, 2000, { foreign: true }),
      seen(503, 2000),
    ])
    expect(wrong).toMatchObject({ refused: 2, foreign: 1, admitted: 0 })
    expect([...wrong.strange]).toEqual([])
  })

  it('get no answer from a dead edge only', () => {
    const { wrong } = judge([
      seen(0, 2500, { edge: 1 }),
      seen(0, 2500),
      seen(0, 3500, { edge: 1 }),
      seen(500, 2500),
    ])
    expect([...wrong.strange]).toEqual([
      [0, 2],
      [500, 1],
    ])
  })

  it('are counted by when they asked', () => {
    const { availability, recoveryMs, first503Ms, longest503Ms } = judge([
      seen(503, 500),
      seen(200, 1500),
      seen(503, 2000, { answeredAtMs: 3500 }),
      seen(503, 5400),
      seen(200, 6000),
    ])
    expect(availability).toEqual({ anonymous: null, hot: 0.5, cold: null, strong: null })
    expect({ recoveryMs, first503Ms, longest503Ms }).toEqual({
      recoveryMs: 400,
      first503Ms: 2500,
      longest503Ms: 1500,
    })
  })
})

describe('people who are revoked', () => {
  const admitted = (probes: Probe[], more: Partial<Victim> = {}) =>
    judge([], [victim(probes, more)]).wrong.admitted

  it('are not admitted when asked for later than acknowledgment and bound', () => {
    expect(admitted([probe(200, 3100)])).toBe(0)
    expect(admitted([probe(200, 3101)])).toBe(1)
    expect(admitted([probe(200, 2101, { consistency: 'strong' })])).toBe(1)
  })

  it('are promised nothing without an acknowledgment; deleted counts for strong', () => {
    const unheard = { acknowledgedAtMs: Number.POSITIVE_INFINITY }
    expect(admitted([probe(200, 99_000)], unheard)).toBe(0)
    const deleted = { ...unheard, deletedAtMs: 2050 }
    expect(admitted([probe(200, 99_000)], deleted)).toBe(0)
    expect(admitted([probe(200, 2051, { consistency: 'strong' })], deleted)).toBe(1)
  })

  it('are not refused before it was asked for', () => {
    expect(judge([], [victim([probe(401, 1990)])]).wrong.refused).toBe(1)
    expect(judge([], [victim([probe(401, 1996)])]).wrong.refused).toBe(0)
  })
})
