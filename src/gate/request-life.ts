/**
 * The life of a request, from the visitor's door to the origin and back.
 *
 *   readings → policy → credential → introspection → authorization → assertion → origin → response
 *
 * A step hands its value to the next or ends the request with a Denial. Nothing but store trouble is
 * caught here: any other exception is a bug, and app.ts answers 500 without details.
 */

import { describeException, type Log } from '../foundation/log.ts'
import { clearCookieHeader } from '../foundation/session-cookie.ts'
import type { Introspector } from '../session/introspection.ts'
import type { Lookout } from '../session/lookout.ts'
import type { Config } from '../vocabulary/config.ts'
import type { Denial } from '../vocabulary/denial.ts'
import { SESSION_COMMAND } from '../vocabulary/headers.ts'
import { DEFAULT_POLICY, type Policy } from '../vocabulary/policy.ts'
import { err, ok, type Result } from '../vocabulary/result.ts'
import { type Arrival, arrivalOf } from './arrival.ts'
import type { AssertionSigner } from './assertion.ts'
import { authorize } from './authorization.ts'
import { type Credential, readCredential } from './credential.ts'
import { isCrossSite } from './cross-site.ts'
import type { DenialCounts } from './denial-counts.ts'
import { denialResponse, originUnreachable } from './denial-response.ts'
import { type OriginRequest, originRequest } from './origin-request.ts'
import { visitorResponse } from './origin-response.ts'
import { Visit } from './place.ts'
import { type PolicyLookup, policyFor } from './policy-lookup.ts'
import type { Obeyed, SessionCommands } from './session-commands.ts'
import { storeTrouble } from './store-trouble.ts'
import { type Admitted, askingFor, endWithSession } from './streams.ts'
import { concernDenial, WatchedVisit } from './watched-visit.ts'

/** What the gate is built from, once per configuration. */
export interface Gate {
  readonly config: Config
  readonly policies: PolicyLookup
  readonly introspector: Introspector
  readonly lookout: Lookout
  readonly signer: AssertionSigner
  readonly denials: DenialCounts
  readonly commands: SessionCommands
  readonly log: Log
  readonly now: () => number
}

/** Where a request is going, taken from its URL once. */
export interface Target {
  readonly url: string
  /** scheme://host[:port] */
  readonly origin: string
  readonly host: string
  /** As the visitor sent it: neither decoded nor normalised by us. */
  readonly path: string
}

interface Admission {
  /** null for anonymous traffic. */
  readonly admitted: Admitted | null
  /** A dead token came in the cookie of an optional route: it is cleared on the way back. */
  readonly clearCookie: boolean
}

const ANONYMOUS: Admission = { admitted: null, clearCookie: false }

export async function pass(
  request: Request,
  target: Target,
  context: ExecutionContext,
  gate: Gate,
): Promise<Response> {
  const arrival = arrivalOf(request, gate.config.cookieName, target.url)
  const admission = await admit(arrival, target, context, gate)
  if (!admission.ok) recordDenial(admission.error, request, target, gate)
  if (!admission.ok && gate.config.enforcement === 'enforce') {
    return denialResponse(admission.error, request, {
      ...gate.config,
      instance: `urn:uuid:${crypto.randomUUID()}`,
    })
  }
  const { admitted, clearCookie } = admission.ok ? admission.value : ANONYMOUS
  const identity = admitted && (await identify(admitted, target, gate))
  const { originUrl, cookieName, tokenPrefix } = gate.config
  const asking = admitted && askingFor(arrival)
  const outbound = originRequest(arrival, { originUrl, tokenPrefix, identity, asking })
  const answered = await forward(outbound, gate)
  const obeyed = holdsCommand(answered)
    ? await obey(answered, arrival, target, admission.ok, context, gate)
    : { response: answered, setCookie: null }
  if (obeyed.instead) return obeyed.instead
  // Monitor mode blocks nothing, and so ends nothing.
  const isWatched = gate.config.enforcement === 'enforce'
  const response =
    admitted && asking && isWatched
      ? endWithSession(obeyed.response, asking, admitted, context, gate)
      : obeyed.response
  const setCookie = obeyed.setCookie ?? (clearCookie ? clearCookieHeader(cookieName) : null)
  return visitorResponse(response, admitted !== null, setCookie)
}

/** All that may have to wait is in this one function: each of its kind costs a promise, hot too. */
async function admit(
  arrival: Arrival,
  { host, path }: Target,
  context: ExecutionContext,
  gate: Gate,
): Promise<Result<Admission, Denial>> {
  const found = policyFor(gate.policies, host, path)
  if (!found.ok) return err({ code: 'invalid_request', reason: found.error })
  const policy = found.value
  if (policy.access === 'public') return ok(ANONYMOUS)
  const credential = credentialFor(policy, arrival)
  if (!credential.ok) return credential
  if (credential.value === null) return ok(ANONYMOUS)

  const { token, from } = credential.value
  const fromCookie = from !== 'bearer'
  const caller = visitOf(arrival.request, context, policy, gate)
  try {
    const answer = await gate.introspector.introspect(token, policy.consistency, caller)
    if (!answer.active) {
      return refuse({ code: 'invalid_token', reason: answer.reason, fromCookie }, policy, gate)
    }
    const concern = caller instanceof WatchedVisit ? await caller.look(token, answer) : null
    if (concern) return refuse(concernDenial(concern, fromCookie, gate.now()), policy, gate)
    const refusal = authorize(answer.live, policy, gate.now())
    return refusal
      ? err(refusal)
      : ok({ admitted: { active: answer, policy, caller }, clearCookie: false })
  } catch (error) {
    return err(storeTrouble(error, gate.log))
  }
}

/** What the visitor shows, null where none is needed. */
function credentialFor(policy: Policy, arrival: Arrival): Result<Credential | null, Denial> {
  const credential = readCredential(arrival)
  if (!credential.ok) return err({ code: 'invalid_request', reason: credential.error })
  if (credential.value === null) {
    return policy.access === 'optional'
      ? ok(null)
      : err({ code: 'login_required', reason: 'no_token' })
  }
  if (credential.value.from === 'cookie' && policy.crossSite === 'refuse' && isCrossSite(arrival)) {
    return err({ code: 'cross_site_request', reason: 'cross_site' })
  }
  return ok(credential.value)
}

/** On an optional route a dead token is nobody's, and its cookie is cleared. */
function refuse(denial: Denial, policy: Policy, { denials }: Gate): Result<Admission, Denial> {
  if (denial.code !== 'invalid_token' || policy.access !== 'optional') return err(denial)
  denials.count(denial)
  return ok({ admitted: null, clearCookie: denial.fromCookie })
}

function visitOf(
  request: Request,
  context: ExecutionContext,
  policy: Policy,
  { lookout, now }: Gate,
): Visit {
  const { signals } = policy
  return signals === null
    ? new Visit(request, context)
    : new WatchedVisit(request, context, { ...policy, signals }, lookout, now())
}

const identify = (
  { active, policy }: Admitted,
  { origin }: Target,
  { signer, config, now }: Gate,
) => signer.identify(active.live, origin, policy.audience ?? config.assertionAudience, now())

/** Counted; in monitor mode told one by one as well: `npm run monitor-report` makes a table of the lines. */
function recordDenial(
  denial: Denial,
  { method }: Request,
  { host, path }: Target,
  gate: Gate,
): void {
  gate.denials.count(denial)
  if (gate.config.enforcement === 'enforce') return
  const { code, reason } = denial
  const policy = policyFor(gate.policies, host, path)
  gate.log({
    level: 'info',
    code: 'would_deny',
    denial: code,
    reason,
    policy: policy.ok ? policy.value.match : null,
    method,
  })
}

/** A switch of protocols commands nothing. */
const holdsCommand = (response: Response): boolean =>
  response.headers.has(SESSION_COMMAND) && response.webSocket === null

/** The policy is looked up again: commands are rare, and other responses need not carry it along. */
function obey(
  response: Response,
  arrival: Arrival,
  { host, path }: Target,
  admitted: boolean,
  context: ExecutionContext,
  { commands, policies }: Gate,
): Promise<Obeyed> {
  const found = policyFor(policies, host, path)
  return commands.obey(response, {
    arrival,
    policy: found.ok ? found.value : DEFAULT_POLICY,
    admitted,
    waitUntil: (work) => context.waitUntil(work),
  })
}

/** An origin that can't be reached is nobody's bug here, and not the visitor's fault. */
const forward = ({ input, init }: OriginRequest, { log }: Gate) =>
  fetch(input, init).catch((exception: unknown) => {
    log({ level: 'warn', code: 'origin_unreachable', ...describeException(exception) })
    return originUnreachable()
  })
