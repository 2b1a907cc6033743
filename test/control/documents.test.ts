/**
 * What the operator API shows of a session and of a revocation, held to the published schemas.
 */
import { describe, expect, it } from 'vitest'
import type { ControlDependencies } from '../../src/control/dependencies.ts'
import { receiptDocument, receiptResponse } from '../../src/control/receipt.ts'
import { receiptSchema, sessionSchema } from '../../src/control/response-schemas.ts'
import { sessionDocument } from '../../src/control/session-document.ts'
import { validate } from '../../src/control/validation.ts'
import type { SessionView } from '../../src/session/registry-types.ts'
import type { Config } from '../../src/vocabulary/config.ts'

const AT_MS = Date.UTC(2026, 10, 24, 9, 30, 0, 7)
const view: SessionView = {
  sid: 's',
  session: {
    address: { slot: 'SLOT', digest: 'DIGEST' },
    root: 'ROOT',
    rotatedFrom: [],
    createdAtMs: AT_MS,
    issuedAtMs: AT_MS,
    expiresAtMs: AT_MS + 60_000,
    idleMs: 1000,
    authTimeMs: AT_MS - 1000,
    amr: ['pwd'],
    acr: null,
    labels: { team: 'a' },
    device: { name: 'Phone' },
  },
  subject: {
    subject: 'user-42',
    permissions: ['p'],
    claims: { c: 1 },
    disabled: false,
    updatedAtMs: 0,
  },
  lastSeen: { atMs: AT_MS, ip: '192.0.2.1', country: 'NO', city: null },
  idleExpiresAtMs: AT_MS + 1000,
}

describe('a session document', () => {
  it('is the session of design 8, and nothing else', () => {
    expect(sessionDocument(view)).toEqual({
      sid: 's',
      subject: 'user-42',
      created_at: '2026-11-24T09:30:00.007Z',
      expires_at: '2026-11-24T09:31:00.007Z',
      idle_expires_at: '2026-11-24T09:30:01.007Z',
      auth_time: '2026-11-24T09:29:59.007Z',
      amr: ['pwd'],
      acr: null,
      labels: { team: 'a' },
      device: { name: 'Phone' },
      last_seen: { at: '2026-11-24T09:30:00.007Z', ip: '192.0.2.1', country: 'NO', city: null },
    })
  })

  it('is as its schema says, with everything and with nothing optional', () => {
    const bare = {
      ...view,
      session: { ...view.session, device: null },
      lastSeen: null,
      idleExpiresAtMs: null,
    }
    for (const each of [view, bare]) {
      expect(validate(sessionSchema, sessionDocument(each))).toMatchObject({ ok: true })
    }
    expect(sessionDocument(bare)).toMatchObject({ idle_expires_at: null, last_seen: null })
  })
})

describe('a receipt', () => {
  const within = (maxStalenessMs: number, outageGraceMs: number) =>
    ({ config: { maxStalenessMs, outageGraceMs } as Config, now: Date.now }) as ControlDependencies
  const ask = (prefer?: string, deps = within(60, 40), announced = true) =>
    receiptResponse(
      { revocationId: 'r', sessionsRevoked: 1, acknowledgedAtMs: Date.now(), announced },
      new Request('https://h.test/', { headers: prefer === undefined ? {} : { prefer } }),
      deps,
    )

  it('is as its schema says, also where sessions cannot be counted', () => {
    const revocation = { revocationId: 'r', acknowledgedAtMs: AT_MS, announced: true }
    for (const sessionsRevoked of [0, 3, null]) {
      const document = receiptDocument({ ...revocation, sessionsRevoked }, 1000, false)
      expect(validate(receiptSchema, document)).toMatchObject({ ok: true })
    }
  })

  it('promises staleness and outage grace together, and comes at once unless asked to wait', async () => {
    const response = await ask(undefined, within(60_000, 60_000))
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.has('preference-applied')).toBe(false)
    expect(await response.json()).toMatchObject({ enforced_within_ms: 120_000, enforced: false })
  })

  it.each(['wait', 'respond-async, wait=10'])(
    'comes with %j when the bound has passed',
    async (prefer) => {
      const startedAtMs = Date.now()
      const response = await ask(prefer)
      expect(Date.now() - startedAtMs).toBeGreaterThanOrEqual(100)
      expect(response.headers.get('preference-applied')).toBe('wait')
      expect(await response.json()).toMatchObject({ enforced_within_ms: 100, enforced: true })
    },
  )

  it('does not keep a client longer than it would wait', async () => {
    const response = await ask('wait=119', within(60_000, 60_000))
    expect(response.headers.has('preference-applied')).toBe(false)
    expect(await response.json()).toMatchObject({ enforced: false })
  })

  it('is never called enforced where the edges could not be told', async () => {
    const response = await ask('wait', within(60, 40), false)
    expect(response.status).toBe(507)
    expect(await response.json()).toMatchObject({ receipt: { enforced: false } })
  })
})
