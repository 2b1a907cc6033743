/**
 * The request as the origin gets it: without our token, without anything a visitor said in our name,
 * and with who is calling. The raw token stops here.
 * Must never touch the body, the method, the path, the query or a header that is not ours.
 */
import type { Config } from '../vocabulary/config.ts'
import {
  OUR_HEADERS,
  SESSION_ASSERTION,
  SESSION_ID,
  SESSION_PERMISSIONS,
  SESSION_SUBJECT,
} from '../vocabulary/headers.ts'
import type { Arrival } from './arrival.ts'
import { withoutCookie } from './cookie-removal.ts'
import type { Identity } from './identity.ts'

/** What of the configuration, and of the decision, goes into the request. */
export interface OriginRequestOptions
  extends Pick<Config, 'originUrl' | 'cookieName' | 'tokenPrefix'> {
  /** null: anonymous. */
  readonly identity: Identity | null
}

/**
 * Ours however it is spelt: CGI and its heirs read every character that is neither letter nor digit
 * as `_`, so `Session_Id` would reach an application as `Session-Id`.
 */
const OURS = new RegExp(
  `^(?:${[...OUR_HEADERS].join('|').replaceAll('-', '[^a-z0-9]')}|x[^a-z0-9]forwarded[^a-z0-9](?:host|proto))$`,
  'i',
)
/** Headers yields names in lower case; ours begin with `s` or `x`. Most names are done with after this. */
const mayBeOurs = (name: string): boolean => {
  const first = name.charCodeAt(0)
  return first === 0x73 || first === 0x78
}
const FORWARDED = /^x[^a-z0-9]forwarded/i

/** What to fetch: not a Request yet, as `fetch` makes its own of any, and copies every header again. */
export interface OriginRequest {
  readonly url: string
  readonly init: RequestInit & { readonly headers: Headers }
}

/**
 * The request to send to the origin. The body streams through, redirects are left to the visitor, and
 * the headers of a WebSocket upgrade stay. Takes the body of the request, as `new Request` does.
 */
export function originRequest(arrival: Arrival, options: OriginRequestOptions): OriginRequest {
  const { originUrl, identity } = options
  const { request, url, method } = arrival
  const headers = new Headers(arrival.headers)
  for (const name of arrival.headers.keys()) {
    // A proxy before us may have set these for an origin that is not ours to address.
    if (mayBeOurs(name) && OURS.test(name) && (originUrl !== null || !FORWARDED.test(name)))
      headers.delete(name)
  }
  removeTokens(headers, arrival, options)
  removeFromConnection(headers)
  if (originUrl !== null) addForwarded(headers, url)
  if (identity !== null) addIdentity(headers, identity)
  // The Fetch standard asks for `duplex` where a body streams; workerd does not mind it.
  const init = { method, headers, body: request.body, redirect: 'manual', duplex: 'half' } as const
  return { url: originUrl === null ? url : targetUrl(originUrl, url), init }
}

/** Joins by bytes, not by URL resolution: the visitor's path and query stay as they came. */
const targetUrl = (originUrl: string, url: string): string => originUrl + url.slice(pathStart(url))

/** Where the path begins in a serialized URL (it always has one: WHATWG URL 4.5). */
const pathStart = (url: string): number => url.indexOf('/', url.indexOf('://') + 3)

function removeTokens(
  headers: Headers,
  { cookie, authorization }: Arrival,
  { cookieName, tokenPrefix }: OriginRequestOptions,
): void {
  if (cookie !== null) {
    const rest = withoutCookie(cookie, cookieName)
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
function removeFromConnection(headers: Headers): void {
  const connection = headers.get('connection')
  if (connection === null) return
  const options = connection.split(',').map((option) => option.trim())
  const kept = options.filter((option) => !OURS.test(option))
  if (kept.length === options.length) return
  if (kept.length === 0) headers.delete('connection')
  else headers.set('connection', kept.join(', '))
}

function addForwarded(headers: Headers, url: string): void {
  headers.set('x-forwarded-host', url.slice(url.indexOf('://') + 3, pathStart(url)))
  headers.set('x-forwarded-proto', url.slice(0, url.indexOf('://')))
}

function addIdentity(headers: Headers, identity: Identity): void {
  headers.set(SESSION_ASSERTION, identity.assertion)
  headers.set(SESSION_ID, identity.sid)
  headers.set(SESSION_SUBJECT, identity.subject)
  headers.set(SESSION_PERMISSIONS, identity.permissions)
}
