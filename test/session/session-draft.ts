/**
 * A session as a test asks the registry for it, and who asks: nothing in it but what it is about.
 */
import type { Cause, SessionDraft } from '../../src/session/registry-types.ts'

export const CAUSE: Cause = { initiator: 'admin', operator: 'test', reason: null }

export const draftOf = (subject: string): SessionDraft => ({
  subject,
  permissions: null,
  claims: null,
  labels: {},
  lifetimeMs: 600_000,
  idleMs: 0,
  authTimeMs: Date.now(),
  amr: [],
  acr: null,
  device: null,
})
