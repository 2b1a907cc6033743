/** Denials are counted by kind, and told in at most one line a minute. */
import { expect, it } from 'vitest'
import type { LogEntry } from '../../src/foundation/log.ts'
import { DenialCounts } from '../../src/gate/denial-counts.ts'
import type { Denial } from '../../src/vocabulary/denial.ts'
import { startWorker } from '../support/worker.ts'

const forged: Denial = { code: 'invalid_token', reason: 'forged', fromCookie: false }
const crossSite: Denial = { code: 'cross_site_request', reason: 'cross_site' }

it('a burst is one line now and one a minute later', () => {
  const lines: LogEntry[] = []
  let nowMs = 0
  const counts = new DenialCounts(
    (line) => lines.push(line),
    () => nowMs,
  )
  for (let i = 0; i < 1000; i++) counts.count(forged)
  counts.count(crossSite)
  counts.count({ code: 'login_required', reason: 'no_token' })
  nowMs = 60_000
  counts.count(forged)
  expect(lines.map((line) => line.counts)).toEqual([
    { 'invalid_token/forged': 1 },
    { 'invalid_token/forged': 1000, 'cross_site_request/cross_site': 1 },
  ])
  expect(counts.sinceStart()).toEqual({
    'invalid_token/forged': 1001,
    'cross_site_request/cross_site': 1,
    'login_required/no_token': 1,
  })
})

it('are reported on /health to key holders, dead tokens on optional routes too', async () => {
  const policies = [{ match: '/optional', access: 'optional' }]
  const worker = await startWorker({ POLICIES: JSON.stringify(policies) })
  await worker.visit('/', { token: 'x' })
  await worker.visit('/optional', { token: 'x' })
  await worker.visit('/')
  await worker.visit('/optional')
  const { body } = await worker.api('GET', '/health')
  expect(body.denials).toEqual({ 'invalid_token/forged': 2, 'login_required/no_token': 1 })
  expect((await worker.api('GET', '/health', undefined, null)).body).not.toHaveProperty('denials')
})
