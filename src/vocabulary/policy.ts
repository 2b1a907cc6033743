/**
 * The rule for a route, as parsed configuration yields it. Pure data.
 * An absent policy must never mean "open": DEFAULT_POLICY requires a session.
 */
import type { SignalPolicy } from './signal.ts'

export type Access = 'required' | 'optional' | 'public'
export type Consistency = 'strong' | 'bounded' | 'eventual'
export type SessionCommand = 'establish' | 'rotate' | 'revoke' | 'revoke-all'

export interface Policy {
  /** As configured: a path pattern, optionally with a host before it, ending in `*` or not. */
  readonly match: string
  readonly access: Access
  /** All of these are asked for. */
  readonly permissions: readonly string[]
  readonly consistency: Consistency
  /** Step-up: the authentication may be at most this old (RFC 9470). null = any age. */
  readonly maxAuthAgeSeconds: number | null
  /** The commands an origin may give in `Session-Command` on this route. */
  readonly sessionCommands: readonly SessionCommand[]
  readonly crossSite: 'refuse' | 'allow'
  /** `aud` of the assertion on this route. null = the deployment's. */
  readonly audience: string | null
  /** What is done about signs that a session was stolen. null = nothing is looked at. */
  readonly signals: SignalPolicy | null
  /** Operators of networks (AS numbers) through which nothing speaks for or against anybody. */
  readonly trustedNetworks: ReadonlySet<number>
}

/** What holds where no policy matches. */
export const DEFAULT_POLICY: Policy = {
  match: '(default)',
  access: 'required',
  permissions: [],
  consistency: 'bounded',
  maxAuthAgeSeconds: null,
  sessionCommands: [],
  crossSite: 'refuse',
  audience: null,
  signals: null,
  trustedNetworks: new Set(),
}
