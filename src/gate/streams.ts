/**
 * Which responses end with their session (design 7, "Open streams"), and that they do: WebSockets, event
 * streams, and bodies that may take long. Short ones end by themselves and pass untouched.
 * Must never touch what was not admitted with a session.
 */
import type { Active, Caller, Introspector } from '../session/introspection.ts'
import { MAX_UNWATCHED_BODY_BYTES } from '../vocabulary/limits.ts'
import type { Policy } from '../vocabulary/policy.ts'
import type { Arrival } from './arrival.ts'
import { declaredLength, relayBody } from './body-relay.ts'
import type { Asking } from './origin-request.ts'
import { type Ending, type SupervisionParts, supervise } from './stream-watch.ts'
import { relayWebSocket } from './websocket-relay.ts'

/** A request that was admitted with a session, and by which rule. */
export interface Admitted {
  readonly active: Active
  readonly policy: Policy
  readonly caller: Caller
}

/** What of the gate streams need. */
export interface StreamsParts extends SupervisionParts {
  readonly introspector: Introspector
}

/** How the origin is asked for an admitted request, so that its answer can be ended. */
export interface EndableAsking extends Asking {
  /** Breaks the origin's connection; only a WebSocket's is ours to break. */
  readonly cut: () => void
}

/** Compressed bodies go through as they are: to break one off, nobody has to unpack it. */
const PLAIN: EndableAsking = { encodeResponseBody: 'manual', signal: null, cut: () => undefined }

/** A WebSocket's connection lives on after its request, so it gets a signal to break it by. */
export function askingFor({ upgrade }: Arrival): EndableAsking {
  if (upgrade === null) return PLAIN
  const controller = new AbortController()
  const { signal } = controller
  return { encodeResponseBody: 'manual', signal, cut: () => controller.abort() }
}

/** The response, now one that ends with the session; the very same where that is not needed. */
export function endWithSession(
  response: Response,
  { cut }: EndableAsking,
  { active, policy, caller }: Admitted,
  context: ExecutionContext,
  parts: StreamsParts,
): Response {
  const { webSocket } = response
  const start = (end: (ending: Ending) => void) =>
    supervise(parts.introspector.watch(active, caller), policy, parts, end)
  if (webSocket !== null) {
    return relayWebSocket({
      response,
      origin: webSocket,
      cutOrigin: cut,
      cutVisitor: () => context.abort(),
      supervise: start,
    })
  }
  if (!mayTakeLong(response)) return response
  const { body } = response
  return body === null ? response : relayBody(response, body, start)
}

function mayTakeLong(response: Response): boolean {
  const length = declaredLength(response)
  return length === null || length > MAX_UNWATCHED_BODY_BYTES
}
