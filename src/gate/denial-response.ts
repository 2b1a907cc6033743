/**
 * The only place that turns a denial into HTTP: problem details and a challenge for programs, the way
 * to the login page for people. Must never tell the reason: unknown, revoked, expired and forged look
 * the same from outside (RFC 6750 3.1); the audit knows.
 */
import { clearCookieHeader } from '../foundation/session-cookie.ts'
import type { Denial } from '../vocabulary/denial.ts'

export interface DenialOptions {
  /** Absolute, or a path on the visitor's host. */
  readonly loginUrl: string | null
  readonly cookieName: string
  /** Joins the answer with the log: `urn:uuid:…` (RFC 9457 3.1.5). */
  readonly instance: string
}

type Code = Denial['code']

/** What everyone may know. With `about:blank` the title is the status phrase (RFC 9457 4.2.1). */
const WORDS: Readonly<Record<Code, { status: number; title: string; detail: string }>> = {
  invalid_request: {
    status: 400,
    title: 'Bad Request',
    detail: 'The request can be understood in more than one way.',
  },
  login_required: {
    status: 401,
    title: 'Unauthorized',
    detail: 'This needs a session; none came with the request.',
  },
  invalid_token: {
    status: 401,
    title: 'Unauthorized',
    detail: 'The session has ended or never was.',
  },
  insufficient_user_authentication: {
    status: 401,
    title: 'Unauthorized',
    detail: 'This needs a more recent login.',
  },
  insufficient_scope: {
    status: 403,
    title: 'Forbidden',
    detail: 'The session lacks a permission that this needs.',
  },
  cross_site_request: {
    status: 403,
    title: 'Forbidden',
    detail: 'The request was made by another site.',
  },
  session_store_unavailable: {
    status: 503,
    title: 'Service Unavailable',
    detail: 'Sessions cannot be checked right now; the session is kept.',
  },
}

/** The answer to a refused request; never stored, and without a body for HEAD. */
export function denialResponse(denial: Denial, request: Request, options: DenialOptions): Response {
  const { status, title, detail } = WORDS[denial.code]
  const headers = new Headers({ 'cache-control': 'no-store' })
  if (denial.code === 'invalid_token' && denial.fromCookie) {
    headers.append('set-cookie', clearCookieHeader(options.cookieName))
  }
  const login = status === 401 ? loginLocation(denial, request, options.loginUrl) : null
  if (login !== null) {
    headers.set('location', login)
    return new Response(null, { status: 302, headers })
  }
  const challenge = challengeFor(denial, request)
  if (challenge !== null) headers.set('www-authenticate', challenge)
  if (denial.code === 'session_store_unavailable') {
    headers.set('retry-after', String(Math.max(1, Math.ceil(denial.retryAfterSeconds))))
  }
  headers.set('content-type', 'application/problem+json')
  const { code } = denial
  const problem = { type: 'about:blank', title, status, code, detail, instance: options.instance }
  const body = request.method === 'HEAD' ? null : JSON.stringify(problem)
  return new Response(body, { status, headers })
}

/** The challenge of RFC 6750 3; null where showing other credentials would not help. */
function challengeFor(denial: Denial, request: Request): string | null {
  switch (denial.code) {
    case 'login_required':
      // "MUST be followed by one or more auth-param values": a realm, as there is no error to tell.
      return `Bearer realm="${new URL(request.url).host}"`
    case 'invalid_request':
    case 'invalid_token':
      return `Bearer error="${denial.code}"`
    case 'insufficient_user_authentication':
      // RFC 9470 3
      return (
        `Bearer error="${denial.code}", ` +
        `error_description="A more recent authentication is required", ` +
        `max_age="${denial.maxAgeSeconds}"`
      )
    case 'insufficient_scope':
      return `Bearer error="${denial.code}"${scopeOf(denial.required)}`
    case 'cross_site_request':
    case 'session_store_unavailable':
      return null
  }
}

/** scope-token = 1*( %x21 / %x23-5B / %x5D-7E ) (RFC 6749 3.3); permissions may be anything. */
function scopeOf(permissions: readonly string[]): string {
  const canBeSaid = permissions.every((permission) => /^[!#-[\]-~]+$/.test(permission))
  return canBeSaid && permissions.length > 0 ? `, scope="${permissions.join(' ')}"` : ''
}

/** Where a person is sent to log in; null for programs, and on the login page itself (a loop). */
function loginLocation(denial: Denial, request: Request, loginUrl: string | null): string | null {
  if (loginUrl === null || !isNavigation(request)) return null
  const here = new URL(request.url)
  const login = new URL(loginUrl, here)
  if (login.origin === here.origin && login.pathname === here.pathname) return null
  let query = `return_to=${encodeURIComponent(request.url)}`
  if (denial.code === 'insufficient_user_authentication')
    query += `&max_age=${denial.maxAgeSeconds}`
  login.search = login.search === '' ? query : `${login.search}&${query}`
  return login.href
}

/** A browser that opens a page. Where it does not say so (W3C Fetch Metadata 2.2), by what it takes. */
function isNavigation({ headers, method }: Request): boolean {
  const mode = headers.get('sec-fetch-mode')
  if (mode !== null) return mode === 'navigate'
  return method === 'GET' && /\btext\/html\b/i.test(headers.get('accept') ?? '')
}

/** 502: the request was let through, and the origin did not answer it. */
export const originUnreachable = (): Response =>
  badGateway(
    { code: 'origin_unreachable', detail: 'The site behind this door did not answer.' },
    `urn:uuid:${crypto.randomUUID()}`,
  )

/** 502: the origin answered with a command that is none, so what its answer says is not true. */
export const commandRefused = ({ method }: Request, instance: string): Response =>
  badGateway(
    {
      code: 'session_command_refused',
      detail: 'The site behind this door asked for a change of the session that makes no sense.',
    },
    instance,
    method,
  )

function badGateway(
  { code, detail }: { readonly code: string; readonly detail: string },
  instance: string,
  method = 'GET',
): Response {
  const problem = { type: 'about:blank', title: 'Bad Gateway', status: 502, code, detail, instance }
  return new Response(method === 'HEAD' ? null : JSON.stringify(problem), {
    status: 502,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  })
}
