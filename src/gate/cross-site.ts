/**
 * Tells whether a request that may change something was made by another site (CSRF; for WebSockets,
 * cross-site hijacking). It reads what browsers say of themselves and scripts cannot forge.
 * Must never be the only protection where there is no browser: a program may send any header.
 */

import type { Arrival } from './arrival.ts'

/**
 * True for an unsafe request that says it comes from another site: `Sec-Fetch-Site: cross-site`, or
 * an `Origin` other than the request's own (`null` too, and other hosts of the same site). A WebSocket
 * upgrade is unsafe, as it is not bound by CORS. False where the request says nothing of its origin.
 * Only counts for requests that carry the cookie; that is for the caller to know.
 * @see RFC 6454 7, W3C Fetch Metadata 2.3, RFC 6455 10.2
 */
export function isCrossSite({ method, url, headers, upgrade }: Omit<Arrival, 'request'>): boolean {
  if (isSafe(method) && !isWebSocketUpgrade(upgrade)) return false
  if (headers.get('sec-fetch-site')?.trim().toLowerCase() === 'cross-site') return true
  const origin = headers.get('origin')
  return origin !== null && origin !== new URL(url).origin
}

/** RFC 9110 9.2.1. Compared, not looked up in a set: that would hash a string which is another for every request. */
const isSafe = (method: string): boolean =>
  method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || method === 'TRACE'

/** Whether the request asks to become a WebSocket (RFC 6455 4.2.1; `Upgrade` is a list). */
const isWebSocketUpgrade = (upgrade: string | null): boolean =>
  upgrade?.toLowerCase().includes('websocket') ?? false
