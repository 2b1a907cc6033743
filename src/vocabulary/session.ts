/**
 * The nouns of the product: what a session and a subject are, as every room speaks of them.
 * Times are milliseconds since the epoch on the clock of whoever wrote them. Must never hold a
 * token or its secret: a `sid` is public, and nothing can be opened with it.
 */

/** Where in Redis a token leads: the subject's key and the session's field in it (design 4). */
export interface SessionAddress {
  /** base64url of 16 bytes; names the subject without telling who it is. */
  readonly slot: string
  /** base64url of 16 bytes; names one session of that subject. */
  readonly digest: string
}

/** The device a session was opened from, as the operator's backend described it. */
export interface Device {
  readonly name?: string | undefined
  readonly ip?: string | undefined
  readonly user_agent?: string | undefined
}

/** A session as it is stored: all that is fixed when it is made. */
export interface Session {
  readonly address: SessionAddress
  /** The digest of the first session of this rotation family; a revocation names the family. */
  readonly root: string
  /** The digests before this one in its family, oldest first, the latest of them at most (limits.ts). */
  readonly rotatedFrom: readonly string[]
  readonly createdAtMs: number
  /** When its token was made: at creation, or at the latest rotation. Idle time counts from here. */
  readonly issuedAtMs: number
  /** Absolute end (ASVS 7.3.2). */
  readonly expiresAtMs: number
  /** Inactivity timeout in milliseconds (ASVS 7.3.1); 0 = none. */
  readonly idleMs: number
  /** When the person last proved who they are (OIDC `auth_time`). */
  readonly authTimeMs: number
  readonly amr: readonly string[]
  readonly acr: string | null
  readonly labels: Readonly<Record<string, string>>
  readonly device: Device | null
}

/** What is known of the person behind sessions; shared by all of them, so that it can change live. */
export interface Subject {
  /** The operator's own name for the person (RFC 7519 `sub`). */
  readonly subject: string
  /** In the order they were stored. */
  readonly permissions: readonly string[]
  readonly claims: Readonly<Record<string, unknown>>
  readonly disabled: boolean
  readonly updatedAtMs: number
}

/** The last time and place a session was used; right to the touch interval. */
export interface LastSeen {
  readonly atMs: number
  readonly ip: string | null
  readonly country: string | null
  readonly city: string | null
}

/** What deciding needs of a session. The rest is for whoever lists sessions, and no edge remembers it. */
export type DecidingSession = Pick<
  Session,
  | 'address'
  | 'root'
  | 'createdAtMs'
  | 'issuedAtMs'
  | 'expiresAtMs'
  | 'idleMs'
  | 'authTimeMs'
  | 'labels'
>

/** What deciding needs of a subject. */
export type DecidingSubject = Pick<Subject, 'subject' | 'permissions' | 'disabled'>

/** A live session with its subject: what an admission is made of. */
export interface LiveSession {
  readonly sid: string
  readonly session: DecidingSession
  readonly subject: DecidingSubject
}
