/**
 * The audit trail as server-sent events (WHATWG HTML 9.2): asks the primary every second and sends what is new.
 * It ends by itself after a while, and the client resumes with Last-Event-ID: an invocation of a Worker has a
 * bounded number of subrequests (platform.md C3). Must never skip an event, nor go on for a client that is gone.
 */
import { StoreUnavailable } from '../foundation/redis.ts'
import type { EventPage, EventQuery } from '../session/event-log.ts'
import {
  EVENT_HEARTBEAT_MS,
  EVENT_POLL_MS,
  EVENT_STREAM_MS,
  MAX_EVENT_LIMIT,
} from '../vocabulary/limits.ts'
import { eventDocument } from './event-document.ts'

export interface EventSource {
  readonly events: { read(query: EventQuery): Promise<EventPage> }
  readonly subject: string | null
  /** What the client has seen last. */
  readonly after: string
}

/** Troubles in a row after which the client had better connect anew. */
const MAX_TROUBLES = 5

/** 200 with the stream. Every frame carries an id, so that a resume never starts before what was looked at. */
export function eventStream({ events, subject, after }: EventSource): Response {
  const endsAtMs = Date.now() + EVENT_STREAM_MS
  const encoder = new TextEncoder()
  let cursor = after
  let sentAtMs = 0
  let troubles = 0
  let isGone = false

  /** Everything new, as frames; trouble with the store is only a pause. */
  async function news(): Promise<string> {
    try {
      const page = await events.read({ after: cursor, subject, limit: MAX_EVENT_LIMIT })
      troubles = 0
      cursor = page.last ?? cursor
      const text = page.events.map((event) => frame(eventDocument(event))).join('')
      return text === '' && !page.isEnd ? news() : text
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || ++troubles === MAX_TROUBLES) throw error
      return ''
    }
  }

  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(`retry: ${EVENT_POLL_MS}\n\n`)),
    async pull(controller) {
      while (!isGone && Date.now() < endsAtMs) {
        const isDue = Date.now() - sentAtMs >= EVENT_HEARTBEAT_MS
        const text = (await news()) || (isDue ? `id: ${cursor}\n: still here\n\n` : '')
        if (text !== '') {
          sentAtMs = Date.now()
          return controller.enqueue(encoder.encode(text))
        }
        await new Promise((resolve) => setTimeout(resolve, EVENT_POLL_MS))
      }
      if (!isGone) controller.close()
    },
    cancel() {
      isGone = true
    },
  })
  return new Response(body, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
  })
}

/** JSON has no line end, so it is one `data` line. */
const frame = (event: ReturnType<typeof eventDocument>): string =>
  `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
