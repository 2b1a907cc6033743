/**
 * Endpoints about single sessions (design 8): create, read, revoke.
 * Must never answer a token but to the call that made it.
 */
import type * as z from 'zod/mini'
import { setCookieHeader } from '../foundation/session-cookie.ts'
import type { SessionDraft } from '../session/registry-types.ts'
import { addressOfSid } from '../session/token.ts'
import type { Config } from '../vocabulary/config.ts'
import { invalid } from './body.ts'
import { type Endpoint, endpoint } from './endpoint.ts'
import { document, problem } from './problem.ts'
import { receiptResponse } from './receipt.ts'
import { createSession, establishedSession, receipt, session } from './schemas.ts'
import { sessionDocument } from './session-document.ts'

/** A login a little in the future is a clock that is a little ahead; more is a mistake. */
const AUTH_TIME_TOLERANCE_MS = 60_000

const noSuchSession = () => problem(404, 'not_found', { detail: 'No such session is alive.' })

function draftOf(
  body: z.output<typeof createSession>,
  config: Config,
  nowMs: number,
): SessionDraft {
  return {
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
  }
}

export const sessionEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'POST',
    path: '/sessions',
    scope: 'sessions:create',
    summary: 'Create a session; permissions and claims, where given, replace the subject’s',
    body: createSession,
    query: [],
    answers: { 201: { description: 'The session and its token', schema: establishedSession } },
    async handle({ body, cause, nowMs }, { config, registry }) {
      const draft = draftOf(body, config, nowMs)
      if (draft.authTimeMs > nowMs + AUTH_TIME_TOLERANCE_MS) {
        return invalid([{ pointer: '/auth_time', detail: 'must not be in the future' }])
      }
      const established = await registry.create(draft, cause, nowMs)
      if (!established.ok) return problem(409, established.error)
      const { token, view } = established.value
      const maxAgeSeconds = Math.floor((view.session.expiresAtMs - nowMs) / 1000)
      return document(
        {
          token,
          set_cookie: setCookieHeader(config.cookieName, token, maxAgeSeconds),
          session: sessionDocument(view),
        },
        201,
      )
    },
  }),
  endpoint({
    method: 'GET',
    path: '/sessions/:sid',
    scope: 'sessions:read',
    summary: 'A live session',
    body: null,
    query: [],
    answers: { 200: { description: 'The session', schema: session } },
    async handle({ params, nowMs }, { registry }) {
      const address = addressOfSid(params.sid ?? '')
      const view = address && (await registry.read(address, nowMs))
      return view ? document(sessionDocument(view)) : noSuchSession()
    },
  }),
  endpoint({
    method: 'DELETE',
    path: '/sessions/:sid',
    scope: 'sessions:revoke',
    summary: 'Revoke one session; repeating it is safe',
    body: null,
    query: [],
    answers: {
      200: { description: 'What was done and when it holds everywhere', schema: receipt },
    },
    async handle({ params, request, cause, nowMs }, { config, registry, now }) {
      const address = addressOfSid(params.sid ?? '')
      if (!address) return noSuchSession()
      const revocation = await registry.revokeSession(address, cause, nowMs)
      return receiptResponse(revocation, request.headers.get('prefer'), config, now)
    },
  }),
]
