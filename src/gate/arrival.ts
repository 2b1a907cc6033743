/**
 * What a request says that several steps of its life ask for, read once: workerd makes a string anew each time it
 * is asked for one. Must never decide anything, nor touch the body.
 */

export interface Arrival {
  readonly request: Request
  readonly method: string
  /** As the platform serializes it. */
  readonly url: string
  /** The visitor's, unchangeable. */
  readonly headers: Headers
  /** Header fields, as they came; null where there is none. */
  readonly authorization: string | null
  readonly cookie: string | null
  readonly upgrade: string | null
}

export function arrivalOf(request: Request, url = request.url): Arrival {
  const { method, headers } = request
  return {
    request,
    method,
    url,
    headers,
    authorization: headers.get('authorization'),
    cookie: headers.get('cookie'),
    upgrade: headers.get('upgrade'),
  }
}
