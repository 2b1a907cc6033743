/**
 * What every contender does once it knows who calls: sends the request on to the origin as a minimal proxy
 * does. Must never do more than that: it is the floor that all are measured against.
 */

export interface Env {
  readonly ORIGIN_URL: string
}

/** `user` null: anonymous, and nobody else may say `X-User` either. */
export function forward(request: Request, originUrl: string, user: string | null) {
  const { host, pathname, search, protocol } = new URL(request.url)
  const outbound = new Request(originUrl + pathname + search, request)
  outbound.headers.set('x-forwarded-host', host)
  outbound.headers.set('x-forwarded-proto', protocol.slice(0, -1))
  if (user === null) outbound.headers.delete('x-user')
  else outbound.headers.set('x-user', user)
  return fetch(outbound)
}

export const unauthorized = (): Response => new Response('Unauthorized', { status: 401 })
