/**
 * When a session is over: absolute and inactivity lifetimes, epochs, and a disabled subject.
 * Pure; the clock is an argument. Must never take "not known" for "alive" or for "dead".
 */
import type { DeadReason } from '../vocabulary/denial.ts'
import { MAX_TOUCH_INTERVAL_MS, TOUCH_FRACTION_OF_IDLE } from '../vocabulary/limits.ts'
import type { DecidingSession, LastSeen } from '../vocabulary/session.ts'

type LastUse = Pick<LastSeen, 'atMs'>

/** `*` or `label:value` → sessions created before this time (ms) are dead. */
export type Epochs = ReadonlyMap<string, number>

/** The latest of all epochs that apply: one level never hides another (compare CVE-2026-8922). */
export function epochOf(session: Pick<DecidingSession, 'labels'>, epochs: Epochs): number {
  if (epochs.size === 0) return 0
  let latest = epochs.get('*') ?? 0
  for (const label in session.labels) {
    latest = Math.max(latest, epochs.get(`${label}:${session.labels[label]}`) ?? 0)
  }
  return latest
}

/** When inactivity ends the session; null = never. The last touch counts wherever it was made. */
export const idleExpiresAtMs = (
  session: DecidingSession,
  lastSeen: LastUse | null,
): number | null =>
  session.idleMs === 0 ? null : Math.max(session.issuedAtMs, lastSeen?.atMs ?? 0) + session.idleMs

/** Why a stored session is over at `nowMs`, or null if it lives. */
export function endOf(
  session: DecidingSession,
  lastSeen: LastUse | null,
  epochs: Epochs,
  nowMs: number,
): Extract<DeadReason, 'revoked' | 'expired' | 'idle'> | null {
  if (session.createdAtMs < epochOf(session, epochs)) return 'revoked'
  if (nowMs >= session.expiresAtMs) return 'expired'
  const idleEndMs = idleExpiresAtMs(session, lastSeen)
  return idleEndMs !== null && nowMs >= idleEndMs ? 'idle' : null
}

/** A use of the session is written down at most once in this time (design 8). */
export const touchIntervalMs = (session: DecidingSession): number =>
  session.idleMs === 0
    ? MAX_TOUCH_INTERVAL_MS
    : Math.min(session.idleMs / TOUCH_FRACTION_OF_IDLE, MAX_TOUCH_INTERVAL_MS)
