/**
 * Endpoints about all sessions of one subject (design 8): the device list, and log out everywhere.
 * Must never mix up two subjects whose names differ only in how they are percent-encoded.
 */
import { addressOfSid } from '../session/token.ts'
import { check, invalid } from './body.ts'
import { type Endpoint, endpoint } from './endpoint.ts'
import { document } from './problem.ts'
import { receiptResponse } from './receipt.ts'
import { receipt, sessionList, subjectName } from './schemas.ts'
import { sessionDocument } from './session-document.ts'

export const subjectSessionEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/subjects/:subject/sessions',
    scope: 'sessions:read',
    summary: 'The live sessions of a subject: the device list',
    body: null,
    query: [],
    answers: { 200: { description: 'Oldest first', schema: sessionList } },
    async handle({ params, nowMs }, { registry }) {
      const subject = check(params.subject, subjectName)
      if (!subject.ok) return subject.error
      const views = await registry.list(subject.value, nowMs)
      return document({ sessions: views.map(sessionDocument) })
    },
  }),
  endpoint({
    method: 'DELETE',
    path: '/subjects/:subject/sessions',
    scope: 'sessions:revoke',
    summary: 'Log out everywhere, or everywhere else with ?except={sid}',
    body: null,
    query: ['except'],
    answers: {
      200: { description: 'What was done and when it holds everywhere', schema: receipt },
    },
    async handle({ params, query, request, cause, nowMs }, { config, registry, now }) {
      const subject = check(params.subject, subjectName)
      if (!subject.ok) return subject.error
      const except = query.except === undefined ? null : addressOfSid(query.except)
      if (query.except !== undefined && except === null) {
        return invalid([{ pointer: '/except', detail: 'must be a sid' }])
      }
      const revocation = await registry.revokeSubject(subject.value, except, cause, nowMs)
      return receiptResponse(revocation, request.headers.get('prefer'), config, now)
    },
  }),
]
