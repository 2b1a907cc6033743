/**
 * The audit trail for operators: in pages, or live as server-sent events.
 * Must never name a person who was erased, nor hold a token.
 */
import type { ControlDependencies } from './dependencies.ts'
import { type Endpoint, scoped } from './endpoint.ts'
import { eventDocument } from './event-document.ts'
import { eventStream } from './event-stream.ts'
import { invalidInput, json } from './problem.ts'
import { EVENT_ID, eventsQuerySchema } from './subject-schemas.ts'

const DEFAULT_LIMIT = 100

export const eventsEndpoint = (deps: ControlDependencies): Endpoint =>
  scoped({
    method: 'GET',
    path: '/events',
    name: 'listEvents',
    scope: 'events:read',
    summary: 'The audit trail, oldest first; as text/event-stream it is live',
    query: eventsQuerySchema,
    responses: { 200: { description: 'A page of events', schema: 'EventPage' } },
    async handle({ query, request }) {
      const { events } = deps
      const { after = null, subject = null, limit = DEFAULT_LIMIT } = query
      if (request.method === 'GET' && isStreamWanted(request)) {
        const last = request.headers.get('last-event-id') ?? after
        if (last !== null && !EVENT_ID.test(last)) {
          return invalidInput([{ pointer: '/Last-Event-ID', detail: 'Must be the id of an event' }])
        }
        return eventStream({ events, subject, after: last ?? (await events.latestId()) })
      }
      const page = await events.read({ after, subject, limit: Number(limit) })
      return json(200, {
        events: page.events.map(eventDocument),
        next: page.isEnd ? null : page.last,
      })
    },
  })

const isStreamWanted = ({ headers }: Request): boolean =>
  /\btext\/event-stream\b/i.test(headers.get('accept') ?? '')
