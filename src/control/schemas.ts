/**
 * What the operator API takes and gives (design 8), once: these schemas check the input and make the
 * OpenAPI document. Must never accept a field it does not know.
 */
import * as z from 'zod/mini'
import { MAX_CLAIMS_BYTES } from '../vocabulary/limits.ts'

/** Control characters have no place in anything that may end in a header or a log. */
const PLAIN = /^[^\p{Cc}]*$/u

const plainText = (maximum: number) => {
  const what = `must be 1 to ${maximum} characters without control characters`
  return z.string(what).check(
    z.minLength(1, what),
    z.maxLength(maximum, what),
    z.regex(PLAIN, what),
    z.refine((text) => text.isWellFormed(), 'must be well-formed Unicode'),
  )
}

const wholeNumber = (minimum: number, maximum: number) => {
  const what = `must be a whole number from ${minimum} to ${maximum}`
  return z.int(what).check(z.minimum(minimum, what), z.maximum(maximum, what))
}

/** RFC 3339 date-time with its offset. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/
const NOT_A_TIME = 'must be an RFC 3339 date-time, such as 2026-11-24T09:30:00.000Z'
const dateTime = z.string(NOT_A_TIME).check(
  z.regex(DATE_TIME, NOT_A_TIME),
  z.refine((text) => !Number.isNaN(Date.parse(text)), NOT_A_TIME),
)

const YEAR_SECONDS = 31_536_000

export const subjectName = plainText(256)

const permissions = z.array(plainText(128), 'must be an array of strings').check(
  z.maxLength(100, 'must hold at most 100 permissions'),
  z.refine((all) => new Set(all).size === all.length, 'must not name a permission twice'),
)

const claims = z
  .record(z.string(), z.unknown(), 'must be an object')
  .check(
    z.refine(
      (all) => JSON.stringify(all).length <= MAX_CLAIMS_BYTES,
      `must be at most ${MAX_CLAIMS_BYTES} characters of JSON`,
    ),
  )

const LABEL_NAME = 'label names are 1 to 64 of A-Za-z0-9_.-'
const labels = z
  .record(z.string().check(z.regex(/^[A-Za-z0-9_.-]{1,64}$/, LABEL_NAME)), plainText(128), {
    error: (issue) => (issue.code === 'invalid_key' ? LABEL_NAME : 'must be an object of strings'),
  })
  .check(z.refine((all) => Object.keys(all).length <= 16, 'must hold at most 16 labels'))

const device = z.strictObject(
  {
    name: z.optional(plainText(128)),
    ip: z.optional(plainText(64)),
    user_agent: z.optional(plainText(512)),
  },
  { error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : 'must be an object') },
)

const object = <T extends z.core.$ZodLooseShape>(shape: T) =>
  z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : 'must be a JSON object'),
  })

/** `POST /sessions`. */
export const createSession = object({
  subject: subjectName,
  permissions: z.optional(permissions),
  claims: z.optional(claims),
  labels: z.optional(labels),
  lifetime_seconds: z.optional(wholeNumber(1, YEAR_SECONDS)),
  idle_seconds: z.optional(wholeNumber(0, YEAR_SECONDS)),
  auth_time: z.optional(dateTime),
  amr: z.optional(
    z
      .array(plainText(64), 'must be an array of strings')
      .check(z.maxLength(10, 'must hold at most 10 methods')),
  ),
  acr: z.optional(plainText(128)),
  device: z.optional(device),
})

const text = z.string()

/** A live session (design 8). */
export const session = z.object({
  sid: text,
  subject: text,
  created_at: text,
  expires_at: text,
  idle_expires_at: z.nullable(text),
  auth_time: text,
  amr: z.array(text),
  acr: z.nullable(text),
  labels: z.record(text, text),
  device: z.nullable(
    z.object({ name: z.optional(text), ip: z.optional(text), user_agent: z.optional(text) }),
  ),
  last_seen: z.nullable(
    z.object({ at: text, ip: z.nullable(text), country: z.nullable(text), city: z.nullable(text) }),
  ),
})

/** A session with the only copy of its token. */
export const establishedSession = z.object({ token: text, set_cookie: text, session })

export const sessionList = z.object({ sessions: z.array(session) })

/** What a revocation did, and when that is true everywhere. */
export const receipt = z.object({
  revocation_id: text,
  sessions_revoked: z.nullable(z.int()),
  acknowledged_at: text,
  enforced_within_ms: z.int(),
  enforced: z.boolean(),
})

/** `GET /health`; without a key only `status`. */
export const health = z.object({
  status: z.enum(['ok', 'unavailable', 'misconfigured']),
  store: z.optional(z.enum(['ok', 'unavailable', 'unknown'])),
  feed_age_ms: z.optional(z.nullable(z.int())),
  config: z.optional(z.object({ ok: z.boolean(), problems: z.array(text) })),
})

/** RFC 9457, with our `code`. */
export const problemDocument = z.object({
  type: text,
  title: text,
  status: z.int(),
  code: text,
  detail: z.optional(text),
  instance: z.optional(text),
  errors: z.optional(z.array(z.object({ pointer: text, detail: text }))),
})
