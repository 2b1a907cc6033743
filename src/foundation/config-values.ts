/**
 * How a single configuration value is read: numbers and arrays may come as themselves or as JSON text.
 * Must never put the value it refuses into the message.
 */
import * as z from 'zod/mini'

/** zod parameters that make every issue of a schema say this, and `missing` where there is no value. */
export const problem = (message: string) => ({
  error: (issue: { readonly input?: unknown }) => (issue.input === undefined ? 'missing' : message),
})

/** JSON text is parsed first; anything else, broken JSON too, goes to the schema as it is. */
export const fromJsonText = <T extends z.core.$ZodType>(schema: T) =>
  z.pipe(z.transform(parseJsonText), schema)

function parseJsonText(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

/** Whom an assertion is for (RFC 7519 `aud`), as the deployment's and as a policy's. */
export const AUDIENCE = /^[\x20-\x7e]{1,256}$/
export const AUDIENCE_SHAPE = 'must be 1 to 256 visible characters'
