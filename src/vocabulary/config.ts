/**
 * The configuration as the rest of the house sees it: parsed, complete, frozen.
 * Pure types; foundation/config.ts is the only place that makes one. Must never be logged whole:
 * it holds secrets.
 */
import type { Policy } from './policy.ts'

/** What an API key may do (design 8). */
export const SCOPES = [
  'sessions:create',
  'sessions:read',
  'sessions:revoke',
  'subjects:read',
  'subjects:write',
  'events:read',
] as const
export type Scope = (typeof SCOPES)[number]

/** An operator's key: only its SHA-256 is known here. */
export interface ApiKey {
  readonly id: string
  readonly sha256: Uint8Array
  readonly scopes: readonly Scope[]
}

/** A key that seals tokens (AES-256); `kid` is one character of `0-9a-z`. */
export interface TokenKey {
  readonly kid: string
  readonly bytes: Uint8Array
}

/** A private key that signs assertions, as the JWK it came in. */
export interface AssertionKey {
  readonly kid: string
  readonly alg: 'ES256' | 'EdDSA'
  readonly jwk: Readonly<Record<string, unknown>>
}

export interface Config {
  readonly redisUrl: string
  readonly redisToken: string
  /** The first seals, all open. */
  readonly tokenKeys: readonly TokenKey[]
  readonly apiKeys: readonly ApiKey[]
  /** The first signs, all are published. */
  readonly assertionKeys: readonly AssertionKey[]
  /** null: the zone's own origin, the request goes on to where it was going. No trailing slash. */
  readonly originUrl: string | null
  readonly enforcement: 'enforce' | 'monitor'
  /** `B` of the guarantee. */
  readonly maxStalenessMs: number
  readonly outageGraceMs: number
  readonly storeDeadlineMs: number
  readonly sessionLifetimeSeconds: number
  /** 0 = no inactivity timeout. */
  readonly sessionIdleSeconds: number
  readonly maxSessionsPerSubject: number
  readonly eventRetentionMs: number
  readonly cookieName: string
  readonly tokenPrefix: string
  readonly loginUrl: string | null
  readonly assertionAudience: string
  readonly assertionLifetimeSeconds: number
  readonly policies: readonly Policy[]
}
