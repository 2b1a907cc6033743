/**
 * Who asks, as far as it is not said by a credential: where a request comes from, as the platform says it (for
 * the device list, at city level), and how to work on past its response.
 * Must never believe a header the visitor could have set himself: Cloudflare overwrites the one used here.
 */
import type { Caller } from '../session/introspection.ts'
import type { LastSeen } from '../vocabulary/session.ts'

/** The place is only looked at when it is written down: reading `request.cf` parses all of it. */
export class Visit implements Caller {
  readonly #request: Request
  readonly waitUntil: Caller['waitUntil']

  constructor(request: Request, context: ExecutionContext) {
    this.#request = request
    this.waitUntil = (work) => context.waitUntil(work)
  }

  get place(): Omit<LastSeen, 'atMs'> {
    return placeOf(this.#request)
  }
}

/** Address, country and city; null for what the platform does not say (local runs, unknown places). */
export function placeOf(request: Request): Omit<LastSeen, 'atMs'> {
  const cf = request.cf as IncomingRequestCfProperties | undefined
  return {
    ip: request.headers.get('cf-connecting-ip'),
    country: cf?.country ?? null,
    city: cf?.city ?? null,
  }
}
