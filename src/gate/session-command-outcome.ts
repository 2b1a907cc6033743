/**
 * Carries out an origin's order at the registry, for the session that the visitor's own token opens.
 * Must never act for a token the request did not bring, nor say that something was done before the primary
 * has it. Throws StoreUnavailable; whoever asked then gets no cookie, and a repeat is safe.
 */
import { StoreUnavailable } from '../foundation/redis.ts'
import { clearCookieHeader, setCookieHeader } from '../foundation/session-cookie.ts'
import type { SessionRegistry } from '../session/registry.ts'
import type {
  Cause,
  EstablishedSession,
  Revocation,
  SessionView,
} from '../session/registry-types.ts'
import type { Config } from '../vocabulary/config.ts'
import type { Denial } from '../vocabulary/denial.ts'
import { DEFAULT_ROTATION_GRACE_SECONDS } from '../vocabulary/limits.ts'
import type { Device } from '../vocabulary/session.ts'
import type { Order } from './session-command.ts'

/** What came of a command. */
export type Outcome =
  /** Done, or it was so already. */
  | {
      readonly kind: 'done'
      readonly setCookie: string
      /** The session that the visitor came with is over. */
      readonly isEnd: boolean
    }
  /** Not done, and nobody is worse off: the origin's response goes on without it. */
  | { readonly kind: 'left'; readonly reason: LeftReason }
  /** Not done, and the response would say that it was: the visitor gets this instead. */
  | { readonly kind: 'denied'; readonly denial: Denial }
  | { readonly kind: 'refused'; readonly reason: RefusedReason }

export type LeftReason =
  | 'not_listed'
  /** No token came, or it opens nothing any more. */
  | 'no_session'
  /** Monitor mode: the request itself would have been refused. */
  | 'request_refused'
export type RefusedReason = 'malformed' | 'from_cache'

/** What the registry is asked for here. */
export interface CommandMeans {
  readonly registry: Pick<
    SessionRegistry,
    'create' | 'inspect' | 'rotateToken' | 'revokeSession' | 'revokeSubject'
  >
  readonly config: Pick<Config, 'cookieName' | 'sessionLifetimeSeconds' | 'sessionIdleSeconds'>
}

/** Who the response goes to. */
export interface CommandedVisitor {
  /** null: none came. */
  readonly token: string | null
  readonly device: Device
}

/** It was the person's own request that the origin answered with a command. */
const CAUSE: Cause = { initiator: 'user', operator: null, reason: 'session_command' }
/** The session that somebody logged in over (ASVS 7.2.4: its token must not outlive the login). */
const REPLACED: Cause = { initiator: 'user', operator: null, reason: 'replaced_by_login' }

const NO_SESSION: Outcome = { kind: 'left', reason: 'no_session' }

export async function carryOut(
  order: Order,
  { token, device }: CommandedVisitor,
  means: CommandMeans,
  nowMs: number,
): Promise<Outcome> {
  if (order.name === 'establish') return establish(order, token, device, means, nowMs)
  if (token === null) return NO_SESSION
  if (order.name === 'rotate') return rotate(token, means, nowMs)
  const view = await sessionOf(token, means, nowMs)
  if (view !== null) await end(order.name, view, means, nowMs)
  return { kind: 'done', setCookie: clearCookieHeader(means.config.cookieName), isEnd: true }
}

/** The new session first: where it can't be made, the old one stays. */
async function establish(
  { subject, permissions }: Extract<Order, { name: 'establish' }>,
  token: string | null,
  device: Device,
  means: CommandMeans,
  nowMs: number,
): Promise<Outcome> {
  const { registry, config } = means
  const old = token === null ? null : await sessionOf(token, means, nowMs)
  const established = await registry.create(
    {
      subject,
      permissions,
      claims: null,
      labels: {},
      lifetimeMs: config.sessionLifetimeSeconds * 1000,
      idleMs: config.sessionIdleSeconds * 1000,
      authTimeMs: nowMs,
      amr: [],
      acr: null,
      device,
    },
    CAUSE,
    nowMs,
  )
  if (!established.ok) return SUBJECT_DISABLED
  if (old !== null) {
    ensureAnnounced(await registry.revokeSession(old.session.address, REPLACED, nowMs))
  }
  return { ...cookieFor(established.value, means, nowMs), isEnd: old !== null }
}

/** What every request of a disabled person is answered with; the cookie of whoever asked stays. */
const SUBJECT_DISABLED: Outcome = {
  kind: 'denied',
  denial: { code: 'invalid_token', reason: 'subject_disabled', fromCookie: false },
}

async function rotate(token: string, means: CommandMeans, nowMs: number): Promise<Outcome> {
  const graceMs = DEFAULT_ROTATION_GRACE_SECONDS * 1000
  const rotated = await means.registry.rotateToken(token, graceMs, CAUSE, nowMs)
  return rotated?.ok ? cookieFor(rotated.value, means, nowMs) : NO_SESSION
}

async function end(
  name: 'revoke' | 'revoke-all',
  { session, subject }: SessionView,
  { registry }: CommandMeans,
  nowMs: number,
): Promise<void> {
  ensureAnnounced(
    name === 'revoke'
      ? await registry.revokeSession(session.address, CAUSE, nowMs)
      : await registry.revokeSubject(subject.subject, null, CAUSE, nowMs),
  )
}

/** On a full database a session can be deleted and the edges not told: no logout anybody may rely on yet. */
function ensureAnnounced({ announced }: Revocation): void {
  if (!announced) throw new StoreUnavailable('full')
}

/** By the primary's word, as an edge may remember a session that has just ended. */
const sessionOf = async (
  token: string,
  { registry }: CommandMeans,
  nowMs: number,
): Promise<SessionView | null> => (await registry.inspect(token, nowMs))?.view ?? null

const cookieFor = (
  { token, view }: EstablishedSession,
  { config }: CommandMeans,
  nowMs: number,
): Extract<Outcome, { kind: 'done' }> => ({
  kind: 'done',
  isEnd: false,
  setCookie: setCookieHeader(config.cookieName, token, (view.session.expiresAtMs - nowMs) / 1000),
})
