/**
 * The life of a request, from the visitor's door to the origin and back.
 *
 *   readings → policy → credential → introspection → authorization → assertion → origin → response
 *
 * A step hands its value to the next or ends the request with a Denial. Nothing but store trouble is
 * caught here: any other exception is a bug, and app.ts answers 500 without details.
 */

import { describeException, type Log } from '../foundation/log.ts'
import { StoreUnavailable } from '../foundation/redis.ts'
import { clearCookieHeader } from '../foundation/session-cookie.ts'
import type { Caller, Introspector } from '../session/introspection.ts'
import type { Config } from '../vocabulary/config.ts'
import type { Denial } from '../vocabulary/denial.ts'
import { RETRY_AFTER_SECONDS } from '../vocabulary/limits.ts'
import type { Policy } from '../vocabulary/policy.ts'
import { err, ok, type Result } from '../vocabulary/result.ts'
import type { LiveSession } from '../vocabulary/session.ts'
import type { AssertionSigner } from './assertion.ts'
import { authorize } from './authorization.ts'
import { type Credential, readCredential } from './credential.ts'
import { isCrossSite } from './cross-site.ts'
import type { DenialCounts } from './denial-counts.ts'
import { denialResponse, originUnreachable } from './denial-response.ts'
import { originRequest } from './origin-request.ts'
import { visitorResponse } from './origin-response.ts'
import { placeOf } from './place.ts'
import { type PolicyLookup, policyFor } from './policy-lookup.ts'

/** What the gate is built from, once per configuration. */
export interface Gate {
  readonly config: Config
  readonly policies: PolicyLookup
  readonly introspector: Introspector
  readonly signer: AssertionSigner
  readonly denials: DenialCounts
  readonly log: Log
  readonly now: () => number
}

/** Where a request is going, taken from its URL once. */
export interface Target {
  /** scheme://host[:port] */
  readonly origin: string
  readonly host: string
  /** As the visitor sent it: neither decoded nor normalised by us. */
  readonly path: string
}

/** `live` is null for anonymous traffic. */
interface Admission {
  readonly live: LiveSession | null
  /** A dead token came in the cookie of an optional route: it is cleared on the way back. */
  readonly clearCookie: boolean
}

const ANONYMOUS: Admission = { live: null, clearCookie: false }

export async function pass(
  request: Request,
  target: Target,
  context: ExecutionContext,
  gate: Gate,
): Promise<Response> {
  const admission = await admit(request, target, context, gate)
  if (!admission.ok) gate.denials.count(admission.error)
  if (!admission.ok && gate.config.enforcement === 'enforce') {
    return denialResponse(admission.error, request, {
      ...gate.config,
      instance: `urn:uuid:${crypto.randomUUID()}`,
    })
  }
  const { live, clearCookie } = admission.ok ? admission.value : ANONYMOUS
  const identity = live && (await identify(live, target, gate))
  const { originUrl, cookieName, tokenPrefix } = gate.config
  const outbound = originRequest(request, { originUrl, cookieName, tokenPrefix, identity })
  const response = await forward(outbound, gate)
  return visitorResponse(
    response,
    live !== null,
    clearCookie ? clearCookieHeader(cookieName) : null,
  )
}

async function admit(
  request: Request,
  target: Target,
  context: ExecutionContext,
  gate: Gate,
): Promise<Result<Admission, Denial>> {
  const policy = policyFor(gate.policies, target.host, target.path)
  if (!policy.ok) return err({ code: 'invalid_request', reason: policy.error })
  if (policy.value.access === 'public') return ok(ANONYMOUS)

  return authenticate(request, policy.value, context, gate)
}

async function authenticate(
  request: Request,
  policy: Policy,
  context: ExecutionContext,
  gate: Gate,
): Promise<Result<Admission, Denial>> {
  const credential = readCredential(request.headers, gate.config.cookieName)
  if (!credential.ok) return err({ code: 'invalid_request', reason: credential.error })
  if (credential.value === null) {
    return policy.access === 'optional'
      ? ok(ANONYMOUS)
      : err({ code: 'login_required', reason: 'no_token' })
  }
  if (credential.value.from === 'cookie' && policy.crossSite === 'refuse' && isCrossSite(request)) {
    return err({ code: 'cross_site_request', reason: 'cross_site' })
  }

  const live = await introspect(credential.value, policy, callerOf(request, context), gate)
  if (!live.ok) {
    if (live.error.code !== 'invalid_token' || policy.access !== 'optional') return live
    gate.denials.count(live.error)
    return ok({ live: null, clearCookie: live.error.fromCookie })
  }

  const refusal = authorize(live.value, policy, gate.now())
  return refusal ? err(refusal) : ok({ live: live.value, clearCookie: false })
}

async function introspect(
  { token, from }: Credential,
  policy: Policy,
  caller: Caller,
  gate: Gate,
): Promise<Result<LiveSession, Denial>> {
  try {
    const answer = await gate.introspector.introspect(token, policy.consistency, caller)
    return answer.active
      ? ok(answer.live)
      : err({ code: 'invalid_token', reason: answer.reason, fromCookie: from !== 'bearer' })
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    gate.log({ level: 'warn', code: 'session_store_unavailable', trouble: error.trouble })
    return err({
      code: 'session_store_unavailable',
      reason: 'store_unavailable',
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    })
  }
}

const callerOf = (request: Request, context: ExecutionContext): Caller => ({
  place: placeOf(request),
  waitUntil: (work) => context.waitUntil(work),
})

const identify = (live: LiveSession, { origin }: Target, { signer, config, now }: Gate) =>
  signer.identify(live, `${origin}/_session`, config.assertionAudience, now())

/** An origin that can't be reached is nobody's bug here, and not the visitor's fault. */
async function forward(request: Request, gate: Gate): Promise<Response> {
  try {
    return await fetch(request)
  } catch (exception) {
    gate.log({ level: 'warn', code: 'origin_unreachable', ...describeException(exception) })
    return originUnreachable()
  }
}
