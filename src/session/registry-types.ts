/**
 * What the control plane asks of the session registry, and what it gets back.
 * Pure types. Must never name a Redis key or command: registry.ts knows those.
 */
import type { Device, LastSeen, Session, Subject } from '../vocabulary/session.ts'

/** Who caused a change, in CAEP's words; kept in the audit trail. */
export interface Cause {
  /** CAEP `initiating_entity`. */
  readonly initiator: 'admin' | 'user' | 'policy' | 'system'
  /** Id of the API key, where one was used. */
  readonly operator: string | null
  readonly reason: string | null
}

/** What a new session is made from; everything is already checked and defaulted. */
export interface SessionDraft {
  readonly subject: string
  /** null: the subject's stay as they are. */
  readonly permissions: readonly string[] | null
  readonly claims: Readonly<Record<string, unknown>> | null
  readonly labels: Readonly<Record<string, string>>
  readonly lifetimeMs: number
  /** 0 = no inactivity timeout. */
  readonly idleMs: number
  readonly authTimeMs: number
  readonly amr: readonly string[]
  readonly acr: string | null
  readonly device: Device | null
}

/** A live session as operators see it. */
export interface SessionView {
  readonly sid: string
  readonly session: Session
  readonly subject: Subject
  readonly lastSeen: LastSeen | null
  /** null = no inactivity timeout. */
  readonly idleExpiresAtMs: number | null
}

/** A session just made. The token exists only here and in the answer to whoever asked for it. */
export interface EstablishedSession {
  readonly token: string
  readonly view: SessionView
}

/** What a revocation did. Acknowledged: the primary has it. */
export interface Revocation {
  readonly revocationId: string
  /** null where it can't be counted (epochs). */
  readonly sessionsRevoked: number | null
  readonly acknowledgedAtMs: number
  /**
   * false: the database is full, so the sessions are deleted but the feed could not be told (nor a record
   * written). Edges that remember them may admit them until they read again; repeating the call finishes it.
   */
  readonly announced: boolean
}

/** What a token opens right now. */
export interface InspectedToken {
  readonly view: SessionView
  /** When the token stops working at the latest: its session's end, or that of its grace. */
  readonly endsAtMs: number
}

/** What an operator says of a subject; what is not said stays as it is. */
export interface SubjectChange {
  readonly permissions?: readonly string[] | undefined
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  readonly disabled?: boolean | undefined
}
