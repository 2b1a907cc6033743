/**
 * Checks a value against a schema and says everything that is wrong with it, each with a pointer.
 * A detail must never quote a value: values may be personal, and bodies end up in callers' logs.
 */

import * as z from 'zod/mini'
import { err, ok, type Result } from '../vocabulary/result.ts'
import type { Schema } from './endpoint.ts'
import type { InputError } from './problem.ts'

const KINDS: Readonly<Record<string, string>> = {
  string: 'a string',
  array: 'an array',
  object: 'an object',
  record: 'an object',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
}

// Workers forbid code generation; without `jitless` zod would try it first. The words for what no schema
// has words of its own for; zod's whole locale would cost another kilobyte.
z.config({
  jitless: true,
  customError: (issue) => {
    if (issue.code !== 'invalid_type') return 'Is not as described'
    return issue.input === undefined
      ? 'Is missing'
      : `Must be ${KINDS[issue.expected] ?? issue.expected}`
  },
})

/** Errors in one answer: enough to repair an honest body, too few to make the answer a burden. */
const MAX_ERRORS = 100

/** The value as the schema yields it, or all that is wrong with it. */
export function validate<T>(schema: Schema<T>, value: unknown): Result<T, InputError[]> {
  const parsed = z.safeParse(schema, value)
  if (parsed.success) return ok(parsed.data)
  return err(parsed.error.issues.flatMap(inputErrors).slice(0, MAX_ERRORS))
}

/**
 * RFC 6901 section 3:
 *   json-pointer = *( "/" reference-token ), where "~" is spelled "~0" and "/" is spelled "~1"
 */
export const pointerTo = (path: readonly PropertyKey[]): string =>
  path.map((token) => `/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

function inputErrors({ path, ...issue }: z.core.$ZodIssue): InputError[] {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        pointer: pointerTo([...path, key]),
        detail: 'Unknown field',
      }))
    case 'invalid_key':
      return issue.issues.map(({ message }) => ({ pointer: pointerTo(path), detail: message }))
    default:
      return [{ pointer: pointerTo(path), detail: issue.message }]
  }
}
