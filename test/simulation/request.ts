/**
 * One request of a schedule, and what the oracle has to know of its life. Plain data.
 */
import type { Consistency } from '../../src/vocabulary/policy.ts'
import type { LiveSession, SessionAddress } from '../../src/vocabulary/session.ts'
import type { Random } from './random.ts'
import type { Holder } from './roster.ts'
import type { Visit } from './sightings.ts'

export interface Request {
  readonly name: string
  readonly token: string
  readonly address: SessionAddress
  /** null: nobody was ever given this token. */
  readonly holder: Holder | null
  /** On a route that looks at signs. */
  readonly visit: Visit | null
  readonly consistency: Consistency
  readonly arrivedMs: number
  /** How far the primary's feed was then. */
  readonly headAtArrival: number
  /** How often its isolate had started anew by then. */
  readonly generation: number
  readonly random: Random
  /** A read of its own was lost. */
  troubled: boolean
  graceUsed: boolean
  /** The longest of its own reads took that long. */
  longestReadMs: number
}

export type Outcome =
  | { readonly kind: 'alive'; readonly live: LiveSession }
  | { readonly kind: 'dead'; readonly reason: string }
  | { readonly kind: 'trouble' }
