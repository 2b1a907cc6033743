/**
 * All that is stored about one person, for their own eyes (GDPR article 15): record, sessions with device and
 * place, where signs were seen, and the trail. Must never leave out a kind of data because it is inconvenient to find.
 */
import type { LoggedEvent } from '../session/event-log.ts'
import type { Stay, Trail } from '../session/sighting.ts'
import type { ControlDependencies } from './dependencies.ts'
import { type Endpoint, scoped } from './endpoint.ts'
import { eventDocument, sightingsDocument } from './event-document.ts'
import { json } from './problem.ts'
import { subjectParamsSchema } from './schemas.ts'
import { sessionDocument, timestamp } from './session-document.ts'
import { subjectDocument } from './subjects.ts'

/** Reads of the trail in one export, a thousand events of everybody each; `events_next` leads on. */
const MAX_READS = 20

export const subjectExportEndpoint = (deps: ControlDependencies): Endpoint =>
  scoped({
    method: 'GET',
    path: '/subjects/:subject/export',
    name: 'exportSubject',
    scope: 'subjects:read',
    summary: 'All that is stored about one person',
    params: subjectParamsSchema,
    responses: { 200: { description: 'Nulls and empty lists: nothing', schema: 'SubjectExport' } },
    async handle({ params: { subject } }) {
      const record = await deps.subjects.read(subject)
      const sessions = await deps.registry.stored(subject)
      const trails = await deps.registry.trails(subject)
      const sightings = await deps.events.sightings(subject)
      const { events, next } = await trailOf(subject, deps)
      return json(200, {
        record: record && subjectDocument(record),
        sessions: sessions.map(sessionDocument),
        trails: trails.map(trailDocument),
        sightings: sightings.map(sightingsDocument),
        events: events.map(eventDocument),
        events_next: next,
      })
    },
  })

/** Where a session was, as far as that is kept: its latest place and the one before, on the grid. */
const trailDocument = ({ sid, trail }: { readonly sid: string; readonly trail: Trail }) => ({
  sid,
  places: [trail.left, trail.stay].flatMap((stay) => (stay ? [stayDocument(stay)] : [])),
  countries: trail.countries,
  networks: trail.networks,
  client: trail.client,
})

const stayDocument = ({ place: { latitude, longitude }, country, network, atMs }: Stay) => ({
  at: timestamp(atMs),
  country,
  latitude,
  longitude,
  network,
})

async function trailOf(subject: string, { events: log }: ControlDependencies) {
  const events: LoggedEvent[] = []
  let next: string | null = null
  for (let reads = 0; reads < MAX_READS; reads++) {
    const page = await log.read({ after: next, subject, limit: Number.POSITIVE_INFINITY })
    events.push(...page.events)
    if (page.isEnd) return { events, next: null }
    next = page.last
  }
  return { events, next }
}
