/**
 * What sessions and subjects are made of in a schedule. Lives are short and idle times too, so that some end
 * while it runs.
 */
import type { Session, Subject } from '../../src/vocabulary/session.ts'
import type { Random } from './random.ts'

export const PERMISSIONS = [['read'], ['read', 'write'], ['admin']]

export const subjectOf = (number: number, permissions: readonly string[]): Subject => ({
  subject: `person-${number}`,
  permissions,
  claims: {},
  disabled: false,
  updatedAtMs: 0,
})

/** Everything but its address, which every attempt to make it has anew. */
export function draftOf(
  random: Random,
  boundMs: number,
): (nowMs: number) => Omit<Session, 'address' | 'root'> {
  const lifetimeMs = random.chance(0.15) ? random.between(2 * boundMs, 8 * boundMs) : 1_000_000
  const idleMs = random.chance(0.3) ? random.between(boundMs / 2, 5 * boundMs) : 0
  const tenant = random.pick(['a', 'b'])
  return (nowMs) => ({
    createdAtMs: nowMs,
    issuedAtMs: nowMs,
    expiresAtMs: nowMs + lifetimeMs,
    idleMs,
    authTimeMs: nowMs,
    amr: [],
    acr: null,
    labels: { tenant },
    device: null,
  })
}
