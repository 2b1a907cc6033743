/**
 * The judge on made-up observations: what is certain is counted, what is merely likely is not.
 * Must never need a process or a clock.
 */
import { describe, expect, it } from 'vitest'
import { KINDS, LEFT_ALONE } from './kinds.ts'
import { ADMIN_ROUTES, type Consistency, PLAIN_ROUTES } from './routes.ts'
import type { Observation } from './traffic.ts'
import { judgeTrial } from './verdict.ts'

const BOUND_MS = 1000
/** The change was sent at 90 and acknowledged at 100. */
const CHANGE = { changeSentAtMs: 90, acknowledgedAtMs: 100 }

function judge(
  kindName: string,
  status: number,
  sentAtMs: number,
  more: Partial<Observation> = {},
) {
  const kind = KINDS.find(({ name }) => name === kindName) ?? LEFT_ALONE
  const [route] = PLAIN_ROUTES
  if (route === undefined) throw new Error('no route')
  const observation = { session: 0, edge: 0, route, status, sentAtMs, answeredAtMs: sentAtMs + 5 }
  const trial = { kind, ...CHANGE, observations: [{ ...observation, ...more }] }
  const [verdict] = judgeTrial(trial, BOUND_MS)
  if (verdict === undefined) throw new Error('no verdict')
  const { violations, false401, false403, unavailable, strange, lastOldMs } = verdict
  return { violations, false401, false403, unavailable, strange, lastOldMs }
}

const plain = (consistency: Consistency) => PLAIN_ROUTES.find((r) => r.consistency === consistency)
const admin = (consistency: Consistency) => ADMIN_ROUTES.find((r) => r.consistency === consistency)
const on = (route: Observation['route'] | undefined): Partial<Observation> =>
  route ? { route } : {}

describe('an admission after a revocation', () => {
  it('is certain only when sent later than the acknowledgment and the bound', () => {
    expect(judge('log out everywhere', 200, 1100)).toMatchObject({ violations: 0, lastOldMs: 1005 })
    expect(judge('log out everywhere', 200, 1101)).toMatchObject({ violations: 1 })
  })

  it('has no bound to wait for on a strong route, and none at all on an eventual one', () => {
    const strong = on(plain('strong'))
    expect(judge('log out everywhere', 200, 100, strong)).toMatchObject({ violations: 0 })
    expect(judge('log out everywhere', 200, 101, strong)).toMatchObject({ violations: 1 })
    const eventual = on(plain('eventual'))
    expect(judge('log out everywhere', 200, 9999, eventual)).toMatchObject({ violations: 0 })
  })

  it('is right for a session that was kept', () => {
    const kept = { session: 0 }
    expect(judge('log out everywhere else', 200, 5000, kept)).toMatchObject({ violations: 0 })
    expect(judge('log out everywhere else', 401, 5000, kept)).toMatchObject({ false401: 1 })
  })
})

describe('a refusal', () => {
  it('is false when it came before the revocation was sent', () => {
    expect(judge('revoke one session', 401, 80)).toMatchObject({ false401: 1 })
    expect(judge('revoke one session', 401, 86)).toMatchObject({ false401: 0 })
    expect(judge('left alone', 401, 5000)).toMatchObject({ false401: 1 })
  })

  it('is honest with 503, strange with anything else', () => {
    expect(judge('left alone', 503, 0)).toMatchObject({ unavailable: 1, false401: 0 })
    expect(judge('left alone', 0, 0)).toMatchObject({ strange: [0] })
  })
})

describe('a permission', () => {
  it('that was taken is not honoured past the bound, nor missed before', () => {
    const route = on(admin('bounded'))
    expect(judge('take a permission', 200, 1101, route)).toMatchObject({ violations: 1 })
    expect(judge('take a permission', 403, 1101, route)).toMatchObject({ violations: 0 })
    expect(judge('take a permission', 403, 80, route)).toMatchObject({ false403: 1 })
    expect(judge('take a permission', 401, 1101, route)).toMatchObject({ false401: 1 })
  })

  it('that was given is honoured after the bound, and not before it was given', () => {
    const route = on(admin('bounded'))
    expect(judge('give a permission', 403, 1101, route)).toMatchObject({ violations: 1 })
    expect(judge('give a permission', 200, 80, route)).toMatchObject({ violations: 1 })
    expect(judge('give a permission', 200, 95, route)).toMatchObject({ violations: 0 })
  })
})
