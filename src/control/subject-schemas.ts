/**
 * What the operator API takes and asks about subjects and events. The rules for schemas stand in schemas.ts;
 * must never describe a field of a subject differently from POST /sessions.
 */
import * as z from 'zod/mini'
import { components } from './endpoint.ts'
import { claimsSchema, permissionsSchema, subjectSchema } from './schemas.ts'

const record = () =>
  z.strictObject({
    permissions: z.optional(permissionsSchema),
    claims: z.optional(claimsSchema),
    disabled: z.optional(z.boolean()),
  })

/** Body of PUT /subjects/{subject}: all there is to say; what is left out is empty. */
export const putSubjectSchema = record().register(components, { id: 'PutSubject' })

/** Body of PATCH /subjects/{subject}: what is left out stays as it is. */
export const patchSubjectSchema = record()
  .check(z.refine((change) => Object.keys(change).length > 0, 'Must change something'))
  .register(components, { id: 'PatchSubject', minProperties: 1 })

/** Stream ids of Redis: milliseconds and a sequence number, each of 64 bits. */
export const EVENT_ID = /^\d{1,19}-\d{1,19}$/

/** Query of GET /events. */
export const eventsQuerySchema = z.strictObject({
  after: z.optional(z.string().check(z.regex(EVENT_ID, 'Must be the id of an event'))),
  limit: z.optional(
    z
      .string()
      .check(z.regex(/^(?:[1-9]\d?|[1-4]\d\d|500)$/, 'Must be a whole number from 1 to 500')),
  ),
  subject: z.optional(subjectSchema),
})
