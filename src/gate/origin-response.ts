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

/** What is taken off any response, and off one that is made for a single visitor. */
const NOT_FOR_ANYBODY: readonly string[] = [SESSION_COMMAND]
const NOT_FOR_PERSONAL: readonly string[] = [SESSION_COMMAND, ...TARGETED_CACHE_CONTROL]

const QUOTED = /"(?:[^"\\]|\\.)*"/g

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
  // A switch of protocols is not for any cache; its headers are left alone.
  const cacheControl =
    isPersonal && response.status !== 101 ? privateCacheControl(headers.get('cache-control')) : null
  const removed = isPersonal ? NOT_FOR_PERSONAL : NOT_FOR_ANYBODY
  if (cacheControl === null && setCookie === null && !holdsAny(headers, removed)) return response

  const changed = copyOf(response)
  for (const name of removed) changed.headers.delete(name)
  if (cacheControl !== null) changed.headers.set('cache-control', cacheControl)
  if (setCookie !== null) changed.headers.append('set-cookie', setCookie)
  return changed
}

/** A loop, as this is the hot path. */
function holdsAny(headers: Headers, names: readonly string[]): boolean {
  for (const name of names) if (headers.has(name)) return true
  return false
}

/** A response whose headers may be changed; in workerd the init carries the WebSocket along. */
const copyOf = (response: Response): Response =>
  response.webSocket ? new Response(null, response) : new Response(response.body, response)

/** Answers known already: origins say a handful of different things. Started anew when it is full. */
const answers = new Map<string, string | null>()
const MAX_ANSWERS = 100
const MAX_REMEMBERED_HEADER = 200

/** The Cache-Control to send instead; null if the origin's already keeps shared caches out. */
function privateCacheControl(header: string | null): string | null {
  if (header === null) return 'private'
  if (header.length > MAX_REMEMBERED_HEADER) return withoutSharedCaches(header)
  let answer = answers.get(header)
  if (answer === undefined) {
    answer = withoutSharedCaches(header)
    if (answers.size >= MAX_ANSWERS) answers.clear()
    answers.set(header, answer)
  }
  return answer
}

function withoutSharedCaches(header: string): string | null {
  // A quote left open: caches may read it as they like (RFC 9111 4.2.1), so nothing of it is kept.
  if (header.replace(QUOTED, '').includes('"')) return 'private'
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
