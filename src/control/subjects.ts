/**
 * Operators look at and change what is known of a person: permissions, claims, disabled. A change holds for
 * every session of the subject within the bound, without a new login. Must never let PATCH create a record:
 * a mistyped name would then have permissions.
 */
import type { SubjectWritten } from '../session/subject-registry.ts'
import type { Subject } from '../vocabulary/session.ts'
import type { ControlDependencies } from './dependencies.ts'
import { causeOf, type Endpoint, scoped } from './endpoint.ts'
import { json, problem } from './problem.ts'
import { receiptResponse } from './receipt.ts'
import { subjectParamsSchema } from './schemas.ts'
import { timestamp } from './session-document.ts'
import { patchSubjectSchema, putSubjectSchema } from './subject-schemas.ts'

export const subjectEndpoints = (deps: ControlDependencies): readonly Endpoint[] => [
  scoped({
    method: 'GET',
    path: '/subjects/:subject',
    name: 'getSubject',
    scope: 'subjects:read',
    summary: 'Look at the record of a subject',
    params: subjectParamsSchema,
    responses: {
      200: { description: 'The record', schema: 'Subject' },
      404: { description: 'No such subject', schema: 'Problem' },
    },
    async handle({ params }) {
      const subject = await deps.subjects.read(params.subject)
      return subject ? json(200, subjectDocument(subject)) : noSuchSubject()
    },
  }),
  scoped({
    method: 'PUT',
    path: '/subjects/:subject',
    name: 'putSubject',
    scope: 'subjects:write',
    summary: 'Create or replace the record of a subject; what is left out is empty',
    params: subjectParamsSchema,
    body: putSubjectSchema,
    responses: { 200: { description: 'The record', schema: 'Subject' } },
    async handle({ params, body }, operator) {
      const { permissions = [], claims = {}, disabled = false } = body
      const record = { permissions, claims, disabled }
      return writtenResponse(
        await deps.subjects.put(params.subject, record, causeOf(operator), deps.now()),
      )
    },
  }),
  scoped({
    method: 'PATCH',
    path: '/subjects/:subject',
    name: 'patchSubject',
    scope: 'subjects:write',
    summary: 'Change permissions, claims or disabled; disabling ends all sessions',
    params: subjectParamsSchema,
    body: patchSubjectSchema,
    responses: {
      200: { description: 'The record', schema: 'Subject' },
      404: { description: 'No such subject', schema: 'Problem' },
    },
    async handle({ params, body }, operator) {
      const cause = causeOf(operator)
      const written = await deps.subjects.patch(params.subject, body, cause, deps.now())
      return written ? writtenResponse(written) : noSuchSubject()
    },
  }),
  scoped({
    method: 'DELETE',
    path: '/subjects/:subject',
    name: 'eraseSubject',
    scope: 'subjects:write',
    summary: 'Erase a person: sessions, record, last seen, places',
    params: subjectParamsSchema,
    responses: { 200: { description: 'The receipt', schema: 'Receipt' } },
    async handle({ params, request }, operator) {
      const erasure = await deps.subjects.erase(params.subject, causeOf(operator), deps.now())
      return receiptResponse(erasure, request, deps)
    },
  }),
]

/** Section 8's record of a subject. */
export const subjectDocument = (subject: Subject) => ({
  subject: subject.subject,
  permissions: subject.permissions,
  claims: subject.claims,
  disabled: subject.disabled,
  updated_at: timestamp(subject.updatedAtMs),
})

/** On a full database only the deletes of a disabling pass (platform.md A6). */
const writtenResponse = ({ subject, announced }: SubjectWritten): Response =>
  announced
    ? json(200, subjectDocument(subject))
    : problem(
        'insufficient_storage',
        'The sessions are deleted at the primary, but the database is full: the record could not be ' +
          'written, and edges could not be told. Make room and repeat this call.',
      )

const noSuchSubject = (): Response => problem('not_found', 'There is no such subject.')
