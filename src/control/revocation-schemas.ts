/**
 * What POST /revocations takes: exactly one way of saying which sessions end. A body that could be read in
 * two ways must never pass: the wider reading would log out the wrong people.
 */
import * as z from 'zod/mini'
import { MAX_NAMED_REVOCATIONS, MAX_REASON_CHARACTERS } from '../vocabulary/limits.ts'
import { components } from './endpoint.ts'
import { labelsSchema, subjectSchema, text, timeSchema } from './schemas.ts'

const named = (each: z.ZodMiniType<string>) =>
  z
    .array(each)
    .check(
      z.minLength(1, 'Must name at least one'),
      z.maxLength(MAX_NAMED_REVOCATIONS, `Must name at most ${MAX_NAMED_REVOCATIONS}`),
    )

const SELECTORS = ['sessions', 'subjects', 'labels', 'all'] as const

/** Body of POST /revocations. That a sid is one, and the time not in the future, is revocations.ts's to check. */
export const revocationSchema = z
  .strictObject({
    sessions: z.optional(named(z.string())),
    subjects: z.optional(named(subjectSchema)),
    labels: z.optional(labelsSchema),
    all: z.optional(z.literal(true)),
    issued_before: z.optional(timeSchema()),
    reason: z.optional(text(MAX_REASON_CHARACTERS)),
    dry_run: z.optional(z.boolean()),
  })
  .check(({ value, issues }) => {
    const refuse = (message: string, ...path: string[]) =>
      issues.push({ code: 'custom', message, path, input: value })
    const given = SELECTORS.filter((name) => value[name] !== undefined)
    if (given.length !== 1) refuse(`Must have exactly one of ${SELECTORS.join(', ')}`)
    if (value.labels && Object.keys(value.labels).length !== 1) {
      // Each label's epoch stands alone, so two could only mean "or"; most would read "and".
      refuse('Must be exactly one label', 'labels')
    }
    if (value.issued_before !== undefined && (value.sessions || value.subjects)) {
      refuse('Goes only with labels or all', 'issued_before')
    }
  })
  .register(components, { id: 'Revocation' })
export type RevocationBody = z.infer<typeof revocationSchema>
