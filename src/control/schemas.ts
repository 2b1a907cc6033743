/**
 * What the operator API takes: every field with its limits, as zod schemas.
 * A schema must never let through what a later step could not store, address in a path or put into a
 * header. Lengths are counted in characters (code points), as JSON Schema counts them.
 */
import * as z from 'zod/mini'
import { utf8 } from '../foundation/encoding.ts'
import { isDotSegment, wellFormedText } from '../foundation/names.ts'
import {
  MAX_CLAIMS_BYTES,
  MAX_PERMISSION_CHARACTERS,
  MAX_PERMISSIONS,
  MAX_ROTATION_GRACE_SECONDS,
  MAX_SUBJECT_CHARACTERS,
} from '../vocabulary/limits.ts'
import { components } from './endpoint.ts'

const MAX_LABELS = 16
const MAX_METHODS = 10
/** A year. */
const MAX_LIFETIME_SECONDS = 31_536_000

/** Well-formed Unicode of 1 to `max` characters: no control character (Cc), no lone surrogate (Cs). */
export const text = (max: number) =>
  z
    .string()
    .check(
      z.regex(
        wellFormedText(max),
        `Must be 1 to ${max} characters of well-formed Unicode without control characters`,
      ),
    )

/** Where limits JSON Schema can state are checked by hand, `components` states them for the document. */
export const limited =
  <T>(refused: (value: T) => boolean, message: string) =>
  (payload: z.core.ParsePayload<T>): void => {
    if (!refused(payload.value)) return
    payload.issues.push({ code: 'custom', message, input: payload.value, path: [] })
  }

/** RFC 7519 `sub`. "." and ".." can't be a path segment in any spelling (WHATWG URL, dot segments). */
export const subjectSchema = text(MAX_SUBJECT_CHARACTERS).check(
  limited(isDotSegment, 'Must not be "." or ".."'),
)

/** A set, in the order it is given. */
export const permissionsSchema = z
  .array(text(MAX_PERMISSION_CHARACTERS))
  .check(z.maxLength(MAX_PERMISSIONS, `Must be at most ${MAX_PERMISSIONS} strings`), (payload) => {
    for (const [at, permission] of payload.value.entries()) {
      if (payload.value.indexOf(permission) === at) continue
      const message = 'Must not repeat'
      payload.issues.push({ code: 'custom', message, path: [at], input: permission })
    }
  })
  .register(components, { id: 'Permissions', uniqueItems: true })

/** Any JSON object; the operator's own. */
export const claimsSchema = z
  .record(z.string(), z.unknown())
  .check(
    limited(
      (claims: unknown) => utf8(JSON.stringify(claims)).length > MAX_CLAIMS_BYTES,
      `Must be at most ${MAX_CLAIMS_BYTES} bytes of JSON`,
    ),
  )
  .register(components, {
    id: 'Claims',
    description: `At most ${MAX_CLAIMS_BYTES} bytes of JSON.`,
  })

const labelKeySchema = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_.-]{1,64}$/, 'Label names must be 1 to 64 of A-Z a-z 0-9 _ . and -'))

/** What sessions can be picked by in bulk revocations. */
export const labelsSchema = z
  .record(labelKeySchema, text(128))
  .check(
    limited(
      (labels: Record<string, string>) => Object.keys(labels).length > MAX_LABELS,
      `Must be at most ${MAX_LABELS} labels`,
    ),
  )
  .register(components, { id: 'Labels', maxProperties: MAX_LABELS })

/** Shown to the person in the device list; never used to decide anything. */
const deviceSchema = z
  .strictObject({
    name: z.optional(text(128)),
    ip: z.optional(text(64)),
    user_agent: z.optional(text(512)),
  })
  .register(components, { id: 'Device' })

const seconds = (min: number, max = MAX_LIFETIME_SECONDS) =>
  z.int().check(z.gte(min, `Must be at least ${min}`), z.lte(max, `Must be at most ${max}`))

export const timeSchema = () =>
  z.iso.datetime({ offset: true, error: 'Must be an RFC 3339 date-time with its offset' })

/** Body of POST /sessions. That `auth_time` is not in the future is sessions.ts's to check. */
export const createSessionSchema = z
  .strictObject({
    subject: subjectSchema,
    permissions: z.optional(permissionsSchema),
    claims: z.optional(claimsSchema),
    labels: z.optional(labelsSchema),
    lifetime_seconds: z.optional(seconds(1)),
    idle_seconds: z.optional(seconds(0)),
    auth_time: z.optional(timeSchema()),
    amr: z.optional(
      z.array(text(64)).check(z.maxLength(MAX_METHODS, `Must be at most ${MAX_METHODS} strings`)),
    ),
    acr: z.optional(text(256)),
    device: z.optional(deviceSchema),
  })
  .register(components, { id: 'CreateSession' })
export type CreateSession = z.infer<typeof createSessionSchema>

/** Body of POST /sessions/{sid}/rotate. */
export const rotateSessionSchema = z
  .strictObject({ grace_seconds: z.optional(seconds(0, MAX_ROTATION_GRACE_SECONDS)) })
  .register(components, { id: 'RotateSession' })

const tokenRequest = () =>
  // Not strict: "MUST ignore unrecognized request parameters" (RFC 6749 section 3.2).
  z.object({ token: z.string(), token_type_hint: z.optional(z.string()) })

/** Form of POST /introspect (RFC 7662 section 2.1). The hint is not needed: there is one kind of token. */
export const introspectTokenSchema = tokenRequest().register(components, { id: 'IntrospectToken' })

/** Form of POST /revoke (RFC 7009 section 2.1). */
export const revokeTokenSchema = tokenRequest().register(components, { id: 'RevokeToken' })

/** Any text: what is no sid is 404, like a session that is gone. */
export const sidParamsSchema = z.object({ sid: z.string() })

export const subjectParamsSchema = z.object({ subject: subjectSchema })

/** Query of DELETE /subjects/{subject}/sessions. */
export const exceptQuerySchema = z.strictObject({ except: z.optional(z.string()) })
