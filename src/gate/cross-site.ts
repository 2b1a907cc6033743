/**
 * Tells whether a request that may change something was made by another site (CSRF; for WebSockets,
 * cross-site hijacking). It reads what browsers say of themselves and scripts cannot forge.
 * Must never be the only protection where there is no browser: a program may send any header.
 */

import type { Arrival } from './arrival.ts'

/** Safe methods: RFC 9110 9.2.1. */
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/**
 * True for an unsafe request that says it comes from another site: `Sec-Fetch-Site: cross-site`, or
 * an `Origin` other than the request's own (`null` too, and other hosts of the same site). A WebSocket
 * upgrade is unsafe, as it is not bound by CORS. False where the request says nothing of its origin.
 * Only counts for requests that carry the cookie; that is for the caller to know.
 * @see RFC 6454 7, W3C Fetch Metadata 2.3, RFC 6455 10.2
 */
export function isCrossSite({ method, url, headers, upgrade }: Omit<Arrival, 'request'>): boolean {
  if (SAFE_METHODS.has(method) && !isWebSocketUpgrade(upgrade)) return false
  if (headers.get('sec-fetch-site')?.trim().toLowerCase() === 'cross-site') return true
  const origin = headers.get('origin')
  return origin !== null && origin !== new URL(url).origin
}

/** Whether the request asks to become a WebSocket (RFC 6455 4.2.1; `Upgrade` is a list). */
const isWebSocketUpgrade = (upgrade: string | null): boolean =>
  upgrade?.toLowerCase().includes('websocket') ?? false
