/**
 * A WebSocket between visitor and origin that can be ended from here: the platform can not close one that it
 * passes on by itself. Text, binary, close codes and a broken connection go through as they come; pings are
 * answered at each leg by the platform. Must never send on what arrives after the end.
 */
import type { Ending, Supervision } from './stream-watch.ts'

/** Whoever does not answer a Close by then is disconnected. */
const LINGER_MS = 5000

/** RFC 6455 7.4.1 and the registry's 1013; 4001 is ours (design 7). */
const ENDED = 4001
const INTERNAL_ERROR = 1011
const TRY_AGAIN_LATER = 1013
const PROTOCOL_ERROR = 1002
/** "No status", which is not sent but said by a Close without a code. */
const NO_STATUS = 1005

export interface RelayParts {
  /** The origin's answer to the upgrade, with its end of the socket. */
  readonly response: Response
  readonly origin: WebSocket
  /** Disconnects the origin without a Close. */
  readonly cutOrigin: () => void
  /** Disconnects the visitor without a Close, and ends the context of the request. */
  readonly cutVisitor: () => void
  readonly supervise: (end: (ending: Ending) => void) => Supervision
}

/** The response for the visitor; the relay runs until both ends are closed. */
export function relayWebSocket(parts: RelayParts): Response {
  const { response, origin, cutOrigin, cutVisitor } = parts
  const { 0: handedOver, 1: visitor } = new WebSocketPair()
  const open = new Set([visitor, origin])
  let isEnded = false
  let lingering: ReturnType<typeof setTimeout> | null = null

  const closed = (side: WebSocket) => {
    open.delete(side)
    if (open.size > 0) return
    supervision.stop()
    if (lingering !== null) clearTimeout(lingering)
  }
  const vanished = (side: WebSocket) => {
    const isOtherOpen = open.has(side === visitor ? origin : visitor)
    open.clear()
    closed(side)
    // Nothing can be told to the other one but the same: its connection goes as well.
    if (!isOtherOpen) return
    if (side === visitor) cutOrigin()
    else cutVisitor()
  }
  const join = (from: WebSocket, to: WebSocket) => {
    from.binaryType = 'arraybuffer'
    from.addEventListener('message', ({ data }) => {
      if (isEnded) return
      if (from === visitor) supervision.used()
      to.send(data)
    })
    from.addEventListener('close', ({ code, reason, wasClean }) => {
      if (!wasClean) {
        // Nobody is there to read it, but without a Close the platform takes the request for one that hangs.
        from.close()
        return vanished(from)
      }
      closed(from)
      close(to, code, reason)
    })
    // A message beyond what the platform takes (32 MiB), for one.
    from.addEventListener('error', () => {
      vanished(from)
      cutOrigin()
      cutVisitor()
    })
  }
  const supervision = parts.supervise((ending) => {
    isEnded = true
    const code = closeCodeOf(ending)
    const reason = ending?.code ?? 'internal_error'
    for (const side of open) close(side, code, reason)
    lingering = setTimeout(() => {
      if (open.has(origin)) cutOrigin()
      if (open.has(visitor)) cutVisitor()
    }, LINGER_MS)
  })
  join(visitor, origin)
  join(origin, visitor)
  // Half open: it is the other end that answers a Close, not the platform.
  visitor.accept({ allowHalfOpen: true })
  origin.accept({ allowHalfOpen: true })
  return new Response(null, { status: 101, headers: response.headers, webSocket: handedOver })
}

/** A Close with what the other end said; what nobody may say (RFC 6455 7.4) is told as the fault it is. */
function close(socket: WebSocket, code: number, reason: string): void {
  try {
    if (code === NO_STATUS) socket.close()
    else socket.close(code, reason)
  } catch {
    socket.close(PROTOCOL_ERROR)
  }
}

function closeCodeOf(ending: Ending): number {
  if (ending === null) return INTERNAL_ERROR
  return ending.code === 'session_store_unavailable' ? TRY_AGAIN_LATER : ENDED
}
