/**
 * What a request says that several steps of its life ask for, read once: workerd makes a string anew each time it
 * is asked for one. Must never decide anything, nor touch the body.
 */
import { speaksForUs } from '../vocabulary/headers.ts'
import { type CookieSpan, cookieSpans } from './cookie-spans.ts'

export interface Arrival {
  readonly request: Request
  readonly method: string
  /** As the platform serializes it. */
  readonly url: string
  /** The visitor's, unchangeable. */
  readonly headers: Headers
  /** Header fields, as they came; null where there is none. */
  readonly authorization: string | null
  readonly connection: string | null
  readonly cookie: string | null
  readonly upgrade: string | null
  /** Where our cookie stands in `cookie`. */
  readonly ourCookies: readonly CookieSpan[]
  /** Names of fields that only we may say to the origin, as the visitor spelt them. */
  readonly spoken: readonly string[]
}

const NONE: readonly never[] = []

/**
 * The names are walked, as one of ours may be spelt in any way; so fields are only asked for where they are there.
 * `url`: where the caller has read it already.
 */
export function arrivalOf(request: Request, cookieName: string, url = request.url): Arrival {
  const { method, headers } = request
  let authorization: string | null = null
  let connection: string | null = null
  let cookie: string | null = null
  let upgrade: string | null = null
  let spoken: string[] | null = null
  for (const name of headers.keys()) {
    if (name === 'cookie') cookie = headers.get(name)
    else if (name === 'authorization') authorization = headers.get(name)
    else if (name === 'connection') connection = headers.get(name)
    else if (name === 'upgrade') upgrade = headers.get(name)
    else if (speaksForUs(name)) {
      spoken ??= []
      spoken.push(name)
    }
  }
  return {
    request,
    method,
    url,
    headers,
    authorization,
    connection,
    cookie,
    upgrade,
    ourCookies: cookie === null ? NONE : cookieSpans(cookie, cookieName),
    spoken: spoken ?? NONE,
  }
}
