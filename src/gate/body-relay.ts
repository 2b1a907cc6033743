/**
 * A response whose body can be broken off from here. Bytes pass in native code, as fast as the visitor takes
 * them and no faster; nothing of them is looked at. Must never end a body that is broken off as if it were whole.
 */
import type { Ending, Supervision } from './stream-watch.ts'

/** What the visitor's end of a broken body fails with; nobody sees it but the platform's log. */
class StreamEnded extends Error {
  override readonly name = 'StreamEnded'
}

/**
 * The same response with a body that `supervise` can break off: the visitor's connection fails, and the
 * origin's is closed. A declared length stays declared.
 */
export function relayBody(
  response: Response,
  body: ReadableStream,
  supervise: (end: (ending: Ending) => void) => Supervision,
): Response {
  const length = declaredLength(response)
  const { readable, writable } =
    length === null ? new IdentityTransformStream() : new FixedLengthStream(length)
  const cut = new AbortController()
  const { stop } = supervise((ending) => {
    cut.abort(new StreamEnded(ending?.code ?? 'internal_error'))
  })
  body.pipeTo(writable, { signal: cut.signal }).then(stop, stop)
  return new Response(readable, response)
}

/** Content-Length in bytes; null where the origin does not say. */
export function declaredLength({ headers }: Response): number | null {
  const length = headers.get('content-length')
  return length !== null && /^\d+$/.test(length) ? Number(length) : null
}
