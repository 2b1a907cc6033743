/**
 * Operators make, look at and end one session.
 * A token must leave here only once: in the answer to whoever created the session.
 */
import { setCookieHeader } from '../foundation/session-cookie.ts'
import type { EstablishedSession, SessionDraft } from '../session/registry-types.ts'
import { addressOfSid } from '../session/token.ts'
import type { Config } from '../vocabulary/config.ts'
import { CLOCK_TOLERANCE_MS, DEFAULT_ROTATION_GRACE_SECONDS } from '../vocabulary/limits.ts'
import type { ControlDependencies } from './dependencies.ts'
import { BASE_PATH, causeOf, type Endpoint, scoped } from './endpoint.ts'
import { invalidInput, json, noSuchSession, problem } from './problem.ts'
import { receiptResponse } from './receipt.ts'
import {
  type CreateSession,
  createSessionSchema,
  rotateSessionSchema,
  sidParamsSchema,
} from './schemas.ts'
import { sessionDocument } from './session-document.ts'

export const sessionEndpoints = (deps: ControlDependencies): readonly Endpoint[] => [
  scoped({
    method: 'POST',
    path: '/sessions',
    name: 'createSession',
    scope: 'sessions:create',
    summary: 'Create a session for a person who has just logged in',
    body: createSessionSchema,
    responses: {
      201: { description: 'The session, with its token and cookie', schema: 'EstablishedSession' },
      409: { description: 'The subject is disabled', schema: 'Problem' },
    },
    async handle({ body }, operator) {
      const nowMs = deps.now()
      const draft = draftOf(body, deps.config, nowMs)
      if (draft.authTimeMs > nowMs + CLOCK_TOLERANCE_MS) {
        return invalidInput([{ pointer: '/auth_time', detail: 'Must not be in the future' }])
      }
      const established = await deps.registry.create(draft, causeOf(operator), nowMs)
      if (!established.ok) return problem('subject_disabled', 'The subject is disabled.')
      return establishedResponse(201, established.value, deps.config, nowMs)
    },
  }),
  scoped({
    method: 'GET',
    path: '/sessions/:sid',
    name: 'getSession',
    scope: 'sessions:read',
    summary: 'Look at a live session',
    params: sidParamsSchema,
    responses: {
      200: { description: 'The session', schema: 'Session' },
      404: { description: 'No such live session', schema: 'Problem' },
    },
    async handle({ params }) {
      const address = addressOfSid(params.sid)
      const view = address && (await deps.registry.read(address, deps.now()))
      return view ? json(200, sessionDocument(view)) : noSuchSession()
    },
  }),
  scoped({
    method: 'POST',
    path: '/sessions/:sid/rotate',
    name: 'rotateSession',
    scope: 'sessions:create',
    summary: 'Give a session a new token; the old one works for a short grace',
    params: sidParamsSchema,
    body: rotateSessionSchema,
    bodyOptional: true,
    responses: {
      200: {
        description: 'The session, with its new token and cookie',
        schema: 'EstablishedSession',
      },
      404: { description: 'No such live session', schema: 'Problem' },
    },
    async handle({ params, body }, operator) {
      const address = addressOfSid(params.sid)
      if (!address) return noSuchSession()
      const nowMs = deps.now()
      const graceMs = (body.grace_seconds ?? DEFAULT_ROTATION_GRACE_SECONDS) * 1000
      const rotated = await deps.registry.rotate(address, graceMs, causeOf(operator), nowMs)
      return rotated.ok
        ? establishedResponse(200, rotated.value, deps.config, nowMs)
        : noSuchSession()
    },
  }),
  scoped({
    method: 'DELETE',
    path: '/sessions/:sid',
    name: 'revokeSession',
    scope: 'sessions:revoke',
    summary: 'End a session; repeating it changes nothing',
    params: sidParamsSchema,
    responses: {
      200: { description: 'The receipt', schema: 'Receipt' },
      404: { description: 'Not the id of any session', schema: 'Problem' },
    },
    async handle({ params, request }, operator) {
      const address = addressOfSid(params.sid)
      if (!address) return noSuchSession()
      const cause = causeOf(operator)
      const revocation = await deps.registry.revokeSession(address, cause, deps.now())
      return receiptResponse(revocation, request, deps)
    },
  }),
]

/** The draft of a session, with the deployment's defaults for what was not said. */
export const draftOf = (body: CreateSession, config: Config, nowMs: number): SessionDraft => ({
  subject: body.subject,
  permissions: body.permissions ?? null,
  claims: body.claims ?? null,
  labels: body.labels ?? {},
  lifetimeMs: (body.lifetime_seconds ?? config.sessionLifetimeSeconds) * 1000,
  idleMs: (body.idle_seconds ?? config.sessionIdleSeconds) * 1000,
  authTimeMs: body.auth_time === undefined ? nowMs : Date.parse(body.auth_time),
  amr: body.amr ?? [],
  acr: body.acr ?? null,
  device: body.device ?? null,
})

const establishedResponse = (
  status: 200 | 201,
  { token, view }: EstablishedSession,
  config: Config,
  nowMs: number,
): Response => {
  const maxAgeSeconds = Math.floor((view.session.expiresAtMs - nowMs) / 1000)
  return json(
    status,
    {
      token,
      set_cookie: setCookieHeader(config.cookieName, token, maxAgeSeconds),
      session: sessionDocument(view),
    },
    { location: `${BASE_PATH}/sessions/${view.sid}` },
  )
}
