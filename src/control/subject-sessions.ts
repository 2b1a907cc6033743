/**
 * Operators look at and end all sessions of one person: the device list, and log out everywhere.
 * Must never take a broken `except` for none: it would end the session that was to be kept.
 */
import { addressOfSid } from '../session/token.ts'
import type { SessionAddress } from '../vocabulary/session.ts'
import type { ControlDependencies } from './dependencies.ts'
import { causeOf, type Endpoint, scoped } from './endpoint.ts'
import { invalidInput, json } from './problem.ts'
import { receiptResponse } from './receipt.ts'
import { exceptQuerySchema, subjectParamsSchema } from './schemas.ts'
import { sessionDocument } from './session-document.ts'

export const subjectSessionEndpoints = (deps: ControlDependencies): readonly Endpoint[] => [
  scoped({
    method: 'GET',
    path: '/subjects/:subject/sessions',
    name: 'listSubjectSessions',
    scope: 'sessions:read',
    summary: 'List the live sessions of a subject',
    params: subjectParamsSchema,
    responses: { 200: { description: 'The sessions', schema: 'SessionList' } },
    async handle({ params }) {
      const views = await deps.registry.list(params.subject, deps.now())
      return json(200, { sessions: views.map(sessionDocument) })
    },
  }),
  scoped({
    method: 'DELETE',
    path: '/subjects/:subject/sessions',
    name: 'revokeSubjectSessions',
    scope: 'sessions:revoke',
    summary: 'End all sessions of a subject, or all but one',
    params: subjectParamsSchema,
    query: exceptQuerySchema,
    responses: { 200: { description: 'The receipt', schema: 'Receipt' } },
    async handle({ params, query, request }, operator) {
      let keptAddress: SessionAddress | null = null
      if (query.except !== undefined) {
        keptAddress = addressOfSid(query.except)
        if (!keptAddress) {
          return invalidInput([{ pointer: '/except', detail: 'Must be the id of a session' }])
        }
      }
      const revocation = await deps.registry.revokeSubject(
        params.subject,
        keptAddress,
        causeOf(operator),
        deps.now(),
      )
      return receiptResponse(revocation, request, deps)
    },
  }),
]
