/**
 * The request as the origin gets it: without our token, without anything a visitor said in our name,
 * and with who is calling. The raw token stops here.
 * Must never touch the body, the method, the path, the query or a header that is not ours.
 */
import type { Config } from '../vocabulary/config.ts'
import {
  FORWARDED_HOST,
  FORWARDED_PROTO,
  SESSION_ASSERTION,
  SESSION_ID,
  SESSION_PERMISSIONS,
  SESSION_SUBJECT,
  speaksForUs,
  speaksOfForwarding,
} from '../vocabulary/headers.ts'
import type { Arrival } from './arrival.ts'
import { withoutSpans } from './cookie-spans.ts'
import type { Identity } from './identity.ts'

/** What `fetch` is told of the answer: whether its body comes as it is, and what breaks it off. */
export interface Asking {
  readonly encodeResponseBody: 'automatic' | 'manual'
  readonly signal: AbortSignal | null
}

const AS_USUAL: Asking = { encodeResponseBody: 'automatic', signal: null }

/** What of the configuration, and of the decision, goes into the request. */
export interface OriginRequestOptions extends Pick<Config, 'originUrl' | 'tokenPrefix'> {
  /** null: anonymous. */
  readonly identity: Identity | null
  /** null: as usual. */
  readonly asking: Asking | null
}

/** What to fetch: no Request where it can be helped, as `fetch` makes its own of any, and copies every header again. */
export interface OriginRequest {
  readonly input: string | Request
  readonly init: RequestInit & { readonly headers: Headers }
}

/**
 * The request to send to the origin. The body streams through, redirects are left to the visitor, and
 * the headers of a WebSocket upgrade stay. Takes the body of the request, as `new Request` does.
 */
export function originRequest(arrival: Arrival, options: OriginRequestOptions): OriginRequest {
  const { originUrl, identity, asking } = options
  const { request, url, method } = arrival
  const headers = new Headers(arrival.headers)
  for (const name of arrival.spoken) {
    // A proxy before us may have set these for an origin that is not ours to address.
    if (originUrl !== null || !speaksOfForwarding(name)) headers.delete(name)
  }
  removeTokens(headers, arrival, options.tokenPrefix)
  if (arrival.connection !== null) removeFromConnection(headers, arrival.connection)
  if (originUrl !== null) addForwarded(headers, url)
  if (identity !== null) addIdentity(headers, identity)
  const target = originUrl === null ? url : targetUrl(originUrl, url)
  const { body } = request
  const { encodeResponseBody, signal } = asking ?? AS_USUAL
  const redirect = 'manual'
  if (body !== null && WITHOUT_BODY.has(method)) {
    const init = { headers, redirect, encodeResponseBody, signal } as const
    return { input: new Request(target, request), init }
  }
  // The Fetch standard asks for `duplex` where a body streams; workerd does not mind it.
  const duplex = 'half'
  const init = { method, headers, body, redirect, duplex, encodeResponseBody, signal } as const
  return { input: target, init }
}

/**
 * HTTP lets these have a body (RFC 9110 9.3.1), and search APIs ask with one; the Fetch standard does not. workerd
 * passes it on, but only as part of the request that it came with.
 */
const WITHOUT_BODY: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/** Joins by bytes, not by URL resolution: the visitor's path and query stay as they came. */
const targetUrl = (originUrl: string, url: string): string => originUrl + url.slice(pathStart(url))

/** Where the path begins in a serialized URL (it always has one: WHATWG URL 4.5). */
const pathStart = (url: string): number => url.indexOf('/', url.indexOf('://') + 3)

function removeTokens(
  headers: Headers,
  { cookie, ourCookies, authorization }: Arrival,
  tokenPrefix: string,
): void {
  if (cookie !== null) {
    const rest = withoutSpans(cookie, ourCookies)
    if (rest === null) headers.delete('cookie')
    else if (rest !== cookie) headers.set('cookie', rest)
  }
  if (authorization !== null && holdsOurBearer(authorization, `${tokenPrefix}_`)) {
    headers.delete('authorization')
  }
}

/** Our token anywhere in a header with a Bearer in it: malformed ones may pass here (monitor mode). */
const holdsOurBearer = (authorization: string, prefix: string): boolean =>
  authorization.includes(prefix) &&
  /(?:^|,)\s*bearer/i.test(authorization) &&
  authorization.split(/[\s,="']+/).some((part) => part.startsWith(prefix))

/** `Connection: Session-Id` would make a proxy on the way drop what we say (RFC 9110 7.6.1). */
function removeFromConnection(headers: Headers, connection: string): void {
  const options = connection.split(',').map((option) => option.trim())
  const kept = options.filter((option) => !speaksForUs(option.toLowerCase()))
  if (kept.length === options.length) return
  if (kept.length === 0) headers.delete('connection')
  else headers.set('connection', kept.join(', '))
}

function addForwarded(headers: Headers, url: string): void {
  headers.set(FORWARDED_HOST, url.slice(url.indexOf('://') + 3, pathStart(url)))
  headers.set(FORWARDED_PROTO, url.slice(0, url.indexOf('://')))
}

function addIdentity(headers: Headers, identity: Identity): void {
  headers.set(SESSION_ASSERTION, identity.assertion)
  headers.set(SESSION_ID, identity.sid)
  headers.set(SESSION_SUBJECT, identity.subject)
  headers.set(SESSION_PERMISSIONS, identity.permissions)
}
