/**
 * What the operator API takes and asks about subjects and events. The rules for schemas stand in schemas.ts;
 * must never describe a field of a subject differently from POST /sessions.
 */
import * as z from 'zod/mini'
import { components } from './endpoint.ts'
import { claimsSchema, permissionsSchema } from './schemas.ts'

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
