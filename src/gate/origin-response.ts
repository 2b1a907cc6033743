/**
 * The origin's response as the visitor gets it: without commands to us, and never to be stored by a
 * cache that serves others. Must never read or rebuild the body.
 */
import { SESSION_COMMAND } from '../vocabulary/headers.ts'

/** Directives that say to shared caches what `private` forbids (RFC 9111 5.2.2.9 and 5.2.2.10). */
const FOR_SHARED_CACHES: ReadonlySet<string> = new Set(['public', 's-maxage'])

/** They go before Cache-Control in the caches they are meant for (RFC 9213), so they must not speak. */
const TARGETED_CACHE_CONTROL = [
  'cdn-cache-control',
  'cloudflare-cdn-cache-control',
  'surrogate-control',
] as const

/** Directives apart; a comma in a quoted-string does not part them (RFC 9111 5.2). */
const DIRECTIVE = /(?:[^,"]|"(?:[^"\\]|\\.)*")+/g

/**
 * The response for the visitor. `admitted`: it was made for a session, so shared caches must not keep
 * it; nor one with our `setCookie`, which ends one visitor's session and nobody else's.
 * The very same response when there is nothing to change: most public traffic, and WebSockets.
 */
export function visitorResponse(
  response: Response,
  admitted: boolean,
  setCookie: string | null,
): Response {
  const { headers } = response
  const isPersonal = admitted || setCookie !== null
  const cacheControl = isPersonal ? privateCacheControl(headers.get('cache-control')) : null
  const targeted = isPersonal ? TARGETED_CACHE_CONTROL.filter((name) => headers.has(name)) : []
  const isSwitching = response.status === 101
  const changes =
    (cacheControl !== null && !isSwitching) ||
    targeted.length > 0 ||
    setCookie !== null ||
    headers.has(SESSION_COMMAND)
  if (!changes) return response

  const changed = copyOf(response)
  changed.headers.delete(SESSION_COMMAND)
  for (const name of targeted) changed.headers.delete(name)
  if (cacheControl !== null && !isSwitching) changed.headers.set('cache-control', cacheControl)
  if (setCookie !== null) changed.headers.append('set-cookie', setCookie)
  return changed
}

/** A response whose headers may be changed; in workerd the init carries the WebSocket along. */
const copyOf = (response: Response): Response =>
  response.webSocket ? new Response(null, response) : new Response(response.body, response)

/** The Cache-Control to send instead; null if the origin's already keeps shared caches out. */
function privateCacheControl(header: string | null): string | null {
  if (header === null) return 'private'
  const directives = (header.match(DIRECTIVE) ?? []).map((directive) => directive.trim())
  // `private="field"` is only about that field, so it does not count.
  const isKeptOut = directives.some((directive) => /^(?:private|no-store)$/i.test(directive))
  if (isKeptOut) return null
  const kept = directives.filter(
    (directive) => directive !== '' && !FOR_SHARED_CACHES.has(nameOf(directive)),
  )
  return ['private', ...kept].join(', ')
}

const nameOf = (directive: string): string =>
  (directive.split('=', 1)[0] ?? '').trim().toLowerCase()
