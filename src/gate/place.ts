/**
 * Where a request comes from, as the platform says it: for the device list, at city level.
 * Must never believe a header the visitor could have set himself: Cloudflare overwrites the one used here.
 */
import type { LastSeen } from '../vocabulary/session.ts'

/** Address, country and city; null for what the platform does not say (local runs, unknown places). */
export function placeOf(request: Request): Omit<LastSeen, 'atMs'> {
  const cf = request.cf as IncomingRequestCfProperties | undefined
  return {
    ip: request.headers.get('cf-connecting-ip'),
    country: cf?.country ?? null,
    city: cf?.city ?? null,
  }
}
