/**
 * A visit on a route whose policy looks at signs: what the request says as a sighting, read once and only there.
 * Must never be made where no policy asks for it: reading `request.cf` costs more than deciding.
 */
import type { Introspector } from '../session/introspection.ts'
import type { Concern, Lookout } from '../session/lookout.ts'
import type { Sighting } from '../session/sighting.ts'
import type { Statement } from '../session/statement.ts'
import type { Denial } from '../vocabulary/denial.ts'
import type { Policy } from '../vocabulary/policy.ts'
import type { SignalPolicy } from '../vocabulary/signal.ts'
import { Visit } from './place.ts'
import { sightingOf } from './sighting.ts'

type Active = Parameters<Introspector['watch']>[0]

export class WatchedVisit extends Visit {
  readonly #request: Request
  readonly #policy: Policy
  readonly #signals: SignalPolicy
  readonly #lookout: Lookout
  readonly #atMs: number
  #sighting: Sighting | null | undefined

  constructor(
    request: Request,
    context: ExecutionContext,
    policy: Policy & { readonly signals: SignalPolicy },
    lookout: Lookout,
    atMs: number,
  ) {
    super(request, context)
    this.#request = request
    this.#policy = policy
    this.#signals = policy.signals
    this.#lookout = lookout
    this.#atMs = atMs
  }

  /** Seen within the stay that is known, a touch says so. */
  readonly along = (known: Statement): readonly string[] =>
    this.#lookout.presence(known, this.#seen())

  /** Does anything speak against the session that came with this request? */
  look(token: string, { live, basis }: Active): Concern | null | Promise<Concern | null> {
    const sighting = () => this.#seen()
    const place = () => this.place
    return this.#lookout.look({ token, live, basis, sighting, place }, this.#signals)
  }

  #seen(): Sighting | null {
    if (this.#sighting === undefined) {
      this.#sighting = sightingOf(this.#request, this.#policy.trustedNetworks, this.#atMs)
    }
    return this.#sighting
  }
}

/** What a concern is to the visitor; from outside, a revocation like any other (RFC 6750 3.1). */
export function concernDenial(concern: Concern, fromCookie: boolean, nowMs: number): Denial {
  if (concern.kind === 'revoked') return { code: 'invalid_token', reason: 'revoked', fromCookie }
  return {
    code: 'insufficient_user_authentication',
    reason: 'session_suspect',
    // RFC 9470 3: an authentication from before the sign is too old.
    maxAgeSeconds: Math.max(0, Math.floor((nowMs - concern.sinceMs) / 1000)),
  }
}
