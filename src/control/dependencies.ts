/**
 * What the control plane is given from outside: configuration, the registry, a clock, a log.
 * Pure types. Must never grow a way to reach Redis or a visitor's request.
 */
import type {
  Cause,
  EstablishedSession,
  Revocation,
  SessionDraft,
  SessionView,
} from '../session/registry-types.ts'
import type { Config } from '../vocabulary/config.ts'
import type { Result } from '../vocabulary/result.ts'
import type { SessionAddress } from '../vocabulary/session.ts'

/** The part of the session registry that operators reach; every method may throw StoreUnavailable. */
export interface ControlRegistry {
  create(
    draft: SessionDraft,
    cause: Cause,
    nowMs: number,
  ): Promise<Result<EstablishedSession, 'subject_disabled'>>
  /** null: there is no such live session. */
  read(address: SessionAddress, nowMs: number): Promise<SessionView | null>
  list(subject: string, nowMs: number): Promise<readonly SessionView[]>
  revokeSession(address: SessionAddress, cause: Cause, nowMs: number): Promise<Revocation>
  revokeSubject(
    subject: string,
    exceptAddress: SessionAddress | null,
    cause: Cause,
    nowMs: number,
  ): Promise<Revocation>
  /** Resolves if the primary answers. */
  ping(): Promise<void>
}

/** A line of the log. Must hold no key, token, body or message of an exception. */
export type LogEntry = Readonly<Record<string, unknown>>

export interface ControlDependencies {
  readonly config: Config
  readonly registry: ControlRegistry
  /** How long ago this isolate heard the feed; null if it has not yet. */
  feedAgeMs(): number | null
  /** Milliseconds since the epoch. */
  now(): number
  log(entry: LogEntry): void
}
