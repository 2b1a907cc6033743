/**
 * The endpoints that standard OAuth clients know: introspection (RFC 7662) and revocation (RFC 7009).
 * Must never tell a dead token from a forged one: "active": false is all there is to say (RFC 7662 2.2).
 */
import type { InspectedToken } from '../session/registry-types.ts'
import type { ControlDependencies } from './dependencies.ts'
import { causeOf, type Endpoint, issuerOf, scoped } from './endpoint.ts'
import { json } from './problem.ts'
import { receiptResponse } from './receipt.ts'
import { introspectTokenSchema, revokeTokenSchema } from './schemas.ts'

export const oauthEndpoints = (deps: ControlDependencies): readonly Endpoint[] => [
  scoped({
    method: 'POST',
    path: '/introspect',
    name: 'introspectToken',
    scope: 'sessions:read',
    summary: 'Ask the primary about a token (RFC 7662); this does not count as use',
    form: true,
    body: introspectTokenSchema,
    responses: { 200: { description: 'What the token is', schema: 'Introspection' } },
    async handle({ body, request }) {
      const found = await deps.registry.inspect(body.token, deps.now())
      return json(200, found ? activeDocument(found, issuerOf(request)) : { active: false })
    },
  }),
  scoped({
    method: 'POST',
    path: '/revoke',
    name: 'revokeToken',
    scope: 'sessions:revoke',
    summary: 'End the session of a token (RFC 7009); unknown tokens are fine',
    form: true,
    body: revokeTokenSchema,
    responses: { 200: { description: 'It opens nothing (no body)', schema: null } },
    async handle({ body, request }, operator) {
      const revocation = await deps.registry.revokeToken(body.token, causeOf(operator), deps.now())
      if (!revocation) return empty(new Headers({ 'cache-control': 'no-store' }))
      const receipt = await receiptResponse(revocation, request, deps)
      return receipt.ok ? empty(receipt.headers) : receipt
    },
  }),
]

/** RFC 7009 section 2.2: the client looks at the status and nothing else. */
function empty(headers: Headers): Response {
  const kept = new Headers(headers)
  kept.delete('content-type')
  return new Response(null, { headers: kept })
}

const seconds = (ms: number): number => Math.floor(ms / 1000)

/** RFC 7662 section 2.2. `exp` is when the token ends if it is not used again. */
const activeDocument = ({ view, endsAtMs }: InspectedToken, iss: string) => {
  const { session, subject } = view
  const { permissions } = subject
  // scope-token = 1*( %x21 / %x23-5B / %x5D-7E ) (RFC 6749 section 3.3); permissions may be anything.
  const isScope = permissions.length > 0 && permissions.every((each) => /^[!#-[\]-~]+$/.test(each))
  return {
    active: true,
    token_type: 'Bearer',
    iss,
    sub: subject.subject,
    sid: view.sid,
    iat: seconds(session.issuedAtMs),
    exp: seconds(Math.min(endsAtMs, view.idleExpiresAtMs ?? endsAtMs)),
    auth_time: seconds(session.authTimeMs),
    ...(session.amr.length > 0 && { amr: session.amr }),
    ...(session.acr !== null && { acr: session.acr }),
    ...(isScope && { scope: permissions.join(' ') }),
    permissions,
  }
}
