/**
 * Asks an origin's own address for a page of the site, past the Worker, and says what the answer means.
 * The certificate is not verified: whoever answers there is of interest, not who it says it is.
 * Must never send a real token, assertion or key anywhere.
 */
import { request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import { isIP } from 'node:net'

/** Where to knock: an address of the origin, not the name that leads to the Worker. */
export interface Door {
  readonly address: string
  readonly port: number
  readonly tls: boolean
  /** Whose page is asked for, in SNI and Host: the site's name, or one that the origin has for itself. */
  readonly host: string
}

export type Answer =
  /** Nobody speaks HTTP with us there. */
  | { readonly kind: 'closed'; readonly why: string }
  /** Somebody does, and lets nobody in. */
  | { readonly kind: 'refused'; readonly status: number }
  /** Somebody serves the site to whoever comes. */
  | { readonly kind: 'open'; readonly status: number }
  /** A redirect, an error, a missing page, or a connection without an answer (null): it cannot be seen. */
  | { readonly kind: 'unclear'; readonly status: number | null }
  /** It is the Worker that answers: this is no address of the origin. */
  | { readonly kind: 'worker'; readonly status: number }

/** What somebody would send who hopes that headers are believed. */
export const FORGED_IDENTITY: Readonly<Record<string, string>> = {
  'session-subject': 'check-origin',
  'session-id': 'check-origin',
  'session-permissions': 'admin',
  'session-assertion': `${encoded({ alg: 'none', typ: 'session-assertion+jwt' })}.${encoded({
    sub: 'check-origin',
    sid: 'check-origin',
    aud: 'origin',
    exp: 4_102_444_800,
  })}.`,
}

const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 407, 421, 495, 496])

/** One GET of the site's page at a door. */
export function ask(
  { pathname, search }: URL,
  { address, port, tls, host }: Door,
  headers: Readonly<Record<string, string>>,
  deadlineMs: number,
): Promise<Answer> {
  return new Promise((resolve) => {
    let connected = false
    const options = {
      host: address,
      port,
      path: pathname + search,
      // A program's request: the Worker would send a browser to the login page.
      headers: { accept: 'application/json', ...headers, host },
      agent: false,
      signal: AbortSignal.timeout(deadlineMs),
    }
    const request = tls
      ? requestTls({
          ...options,
          rejectUnauthorized: false,
          ...(isIP(nameOf(host)) === 0 && { servername: nameOf(host) }),
        })
      : requestPlain(options)
    request.on('response', (response) => {
      response.destroy()
      resolve(meaningOf(response.statusCode ?? 0, response.headers))
    })
    request.on('socket', (socket) => {
      socket.on(tls ? 'secureConnect' : 'connect', () => {
        connected = true
      })
    })
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isLate = options.signal.aborted
      if (isLate && connected) resolve({ kind: 'unclear', status: null })
      else
        resolve({ kind: 'closed', why: isLate ? 'no answer in time' : (error.code ?? error.name) })
    })
    request.end()
  })
}

function meaningOf(status: number, headers: NodeJS.Dict<string | string[]>): Answer {
  const isOurs =
    headers['content-type'] === 'application/problem+json' &&
    String(headers['www-authenticate']).startsWith('Bearer realm=')
  if (status === 401 && isOurs) return { kind: 'worker', status }
  if (status >= 200 && status < 300) return { kind: 'open', status }
  return { kind: REFUSALS.has(status) ? 'refused' : 'unclear', status }
}

const nameOf = (host: string): string => host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
