/**
 * What the operator API answers, for the OpenAPI document.
 * Nothing is checked with these at run time; test/control holds the documents to them. A response
 * schema must never forbid fields: clients are to accept what later versions add.
 */
import * as z from 'zod/mini'
import { SIGNALS } from '../vocabulary/signal.ts'
import { components } from './endpoint.ts'

const time = () => z.iso.datetime({ precision: 3 })
const nullableText = () => z.nullable(z.string())

/** Section 8's `session`. */
export const sessionSchema = z
  .object({
    sid: z.string(),
    subject: z.string(),
    created_at: time(),
    expires_at: time(),
    idle_expires_at: z.nullable(time()),
    auth_time: time(),
    amr: z.array(z.string()),
    acr: nullableText(),
    labels: z.record(z.string(), z.string()),
    device: z.nullable(
      z.object({
        name: z.optional(z.string()),
        ip: z.optional(z.string()),
        user_agent: z.optional(z.string()),
      }),
    ),
    last_seen: z.nullable(
      z.object({
        at: time(),
        ip: nullableText(),
        country: nullableText(),
        city: nullableText(),
      }),
    ),
  })
  .register(components, { id: 'Session' })

export const establishedSchema = z
  .object({ token: z.string(), set_cookie: z.string(), session: sessionSchema })
  .register(components, { id: 'EstablishedSession' })

export const sessionListSchema = z
  .object({ sessions: z.array(sessionSchema) })
  .register(components, { id: 'SessionList' })

/** Section 8's record of a subject. */
export const subjectSchema = z
  .object({
    subject: z.string(),
    permissions: z.array(z.string()),
    claims: z.record(z.string(), z.unknown()),
    disabled: z.boolean(),
    updated_at: time(),
  })
  .register(components, { id: 'Subject' })

/** Where a session was seen, on a grid of a quarter of a degree. */
const sightingSchema = z
  .object({
    at: time(),
    country: nullableText(),
    latitude: z.optional(z.number()),
    longitude: z.optional(z.number()),
    network: z.nullable(z.number()),
    client: nullableText(),
  })
  .register(components, { id: 'Sighting' })

/** Where a session was, if a policy looks at that. */
const trailSchema = z.object({
  sid: z.string(),
  places: z.array(z.omit(sightingSchema, { client: true })),
  countries: z.array(z.string()),
  networks: z.array(z.number()),
  client: nullableText(),
})

/** The two sightings of an event's signs; `txn` is the event's. */
const sightingsSchema = z.object({
  txn: nullableText(),
  from: z.nullable(sightingSchema),
  to: z.nullable(sightingSchema),
})

const eventSchema = z
  .object({
    id: z.string(),
    type: z.string(),
    at: time(),
    subject: nullableText(),
    sid: nullableText(),
    initiator: nullableText(),
    operator: nullableText(),
    reason: nullableText(),
    txn: nullableText(),
    epoch: z.optional(z.string()),
    issued_before: z.optional(time()),
    signals: z.optional(z.array(z.enum(SIGNALS))),
    from: z.optional(z.nullable(sightingSchema)),
    to: z.optional(z.nullable(sightingSchema)),
  })
  .register(components, { id: 'Event' })

export const eventPageSchema = z
  .object({ events: z.array(eventSchema), next: nullableText() })
  .register(components, { id: 'EventPage' })

/** `events_next` not null: there is more, GET /events with it as `after`. */
export const subjectExportSchema = z
  .object({
    record: z.nullable(subjectSchema),
    sessions: z.array(sessionSchema),
    trails: z.array(trailSchema),
    sightings: z.array(sightingsSchema),
    events: z.array(eventSchema),
    events_next: nullableText(),
  })
  .register(components, { id: 'SubjectExport' })

/** `sessions_revoked` is null where they can't be counted. */
export const receiptSchema = z
  .object({
    revocation_id: z.string(),
    sessions_revoked: z.nullable(z.int()),
    acknowledged_at: time(),
    enforced_within_ms: z.int(),
    enforced: z.boolean(),
  })
  .register(components, { id: 'Receipt' })

/** The receipt, or with `dry_run` how many sessions it would end (null: that would need a scan). */
export const bulkRevocationSchema = z
  .union([
    receiptSchema,
    z.object({ dry_run: z.literal(true), sessions_matched: z.nullable(z.int()) }),
  ])
  .register(components, { id: 'BulkRevocation' })

/** RFC 7662 section 2.2; all but `active` only for a live token. */
export const introspectionSchema = z
  .object({
    active: z.boolean(),
    token_type: z.optional(z.literal('Bearer')),
    iss: z.optional(z.string()),
    sub: z.optional(z.string()),
    sid: z.optional(z.string()),
    iat: z.optional(z.int()),
    exp: z.optional(z.int()),
    auth_time: z.optional(z.int()),
    amr: z.optional(z.array(z.string())),
    acr: z.optional(z.string()),
    scope: z.optional(z.string()),
    permissions: z.optional(z.array(z.string())),
  })
  .register(components, { id: 'Introspection' })

/** RFC 9457, with our `code` and, for 422, what is wrong. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    instance: z.string(),
    errors: z.optional(z.array(z.object({ pointer: z.string(), detail: z.string() }))),
  })
  .register(components, { id: 'Problem' })

/** RFC 6749 section 5.2; the members of the problem stand beside these. */
export const oauthErrorSchema = z
  .object({ error: z.string(), error_description: z.string(), status: z.int(), code: z.string() })
  .register(components, { id: 'OAuthError' })

/** All but `status` only with a valid key. */
export const healthSchema = z
  .object({
    status: z.enum(['ok', 'unavailable', 'misconfigured']),
    store: z.optional(z.enum(['ok', 'unavailable'])),
    primary_reads: z.optional(z.nullable(z.boolean())),
    feed_age_ms: z.optional(z.nullable(z.int())),
    denials: z.optional(z.record(z.string(), z.int())),
    config: z.optional(z.object({ ok: z.boolean(), problems: z.array(z.string()) })),
  })
  .register(components, { id: 'Health' })

/** The description of this API is itself described elsewhere. */
export const openApiSchema = z.record(z.string(), z.unknown()).register(components, {
  id: 'OpenApi',
  description: 'An OpenAPI 3.1 document.',
})
