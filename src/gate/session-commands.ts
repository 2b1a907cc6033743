/**
 * What becomes of a response that holds a `Session-Command`:
 *
 *   reading → policy → cache → credential → registry → cookie, or the answer that says it was not done
 *
 * Must never obey what the policy does not list, nor let a response through that says "logged in" or "logged
 * out" when that could not be done. A command's values go into no log.
 */
import type { Log } from '../foundation/log.ts'
import type { Config } from '../vocabulary/config.ts'
import type { Denial } from '../vocabulary/denial.ts'
import { SESSION_COMMAND } from '../vocabulary/headers.ts'
import type { Policy } from '../vocabulary/policy.ts'
import { err, ok, type Result } from '../vocabulary/result.ts'
import type { Device } from '../vocabulary/session.ts'
import type { Arrival } from './arrival.ts'
import { readCredential } from './credential.ts'
import { isCrossSite } from './cross-site.ts'
import type { DenialCounts } from './denial-counts.ts'
import { commandRefused, denialResponse } from './denial-response.ts'
import { placeOf } from './place.ts'
import { type Order, readSessionCommand } from './session-command.ts'
import { type CommandMeans, carryOut, type Outcome } from './session-command-outcome.ts'
import { storeTrouble } from './store-trouble.ts'

export interface SessionCommandOptions extends CommandMeans {
  readonly config: CommandMeans['config'] & Pick<Config, 'enforcement'>
  readonly denials: Pick<DenialCounts, 'count'>
  readonly log: Log
  readonly now: () => number
}

/** The request that the origin answered. */
export interface Commanded {
  readonly arrival: Arrival
  readonly policy: Policy
  /** false: let through by monitor mode alone. */
  readonly admitted: boolean
  readonly waitUntil: (work: Promise<unknown>) => void
}

/** The response to go on with, and the cookie to add to it; or what the visitor gets instead. */
export type Obeyed =
  | { readonly response: Response; readonly setCookie: string | null; readonly instead?: undefined }
  | { readonly instead: Response }

/** `CF-Cache-Status` of what Cloudflare's cache keeps: an answer to somebody else's request. */
const FROM_CACHE = /^(?:hit|stale|updating|revalidated)$/i

const MAX_USER_AGENT_CHARACTERS = 512

export class SessionCommands {
  readonly #options: SessionCommandOptions

  constructor(options: SessionCommandOptions) {
    this.#options = options
  }

  /** Takes a response that has the header and is no WebSocket; the header is not taken off here. */
  async obey(response: Response, commanded: Commanded): Promise<Obeyed> {
    const outcome = this.#outcomeOf(response.headers, commanded)
    // A visitor who hangs up must not stop a logout half-way.
    commanded.waitUntil(outcome.catch(() => undefined))
    return this.#answer(response, await outcome, commanded)
  }

  async #outcomeOf(headers: Headers, commanded: Commanded): Promise<Outcome> {
    const { sessionCommands } = commanded.policy
    const order = readSessionCommand(headers.get(SESSION_COMMAND) ?? '')
    if (sessionCommands.length === 0) return left('not_listed')
    if (order === null) return { kind: 'refused', reason: 'malformed' }
    if (!sessionCommands.includes(order.name)) return left('not_listed')
    if (!commanded.admitted) return left('request_refused')
    if (isFromCache(headers)) return { kind: 'refused', reason: 'from_cache' }
    const token = tokenOf(order, commanded)
    if (!token.ok) return { kind: 'denied', denial: token.error }
    try {
      const visitor = { token: token.value, device: deviceOf(commanded.arrival.request) }
      return await carryOut(order, visitor, this.#options, this.#options.now())
    } catch (error) {
      return { kind: 'denied', denial: storeTrouble(error, this.#options.log) }
    }
  }

  #answer(response: Response, outcome: Outcome, { arrival, policy }: Commanded): Obeyed {
    const { config, denials, log } = this.#options
    const { request } = arrival
    if (outcome.kind === 'done') {
      return { response: neverStored(response, outcome.isEnd), setCookie: outcome.setCookie }
    }
    const instance = `urn:uuid:${crypto.randomUUID()}`
    if (outcome.kind === 'denied') denials.count(outcome.denial)
    else {
      const { reason } = outcome
      denials.count({ code: 'session_command', reason })
      if (outcome.kind === 'refused') {
        log({ level: 'error', code: 'session_command', reason, policy: policy.match, instance })
      }
    }
    if (outcome.kind === 'left' || config.enforcement === 'monitor') {
      return { response, setCookie: null }
    }
    void response.body?.cancel()
    return {
      instead:
        outcome.kind === 'refused'
          ? commandRefused(request, instance)
          : // Not sent to log in: the origin's login page is often who asked.
            denialResponse(outcome.denial, request, { ...config, loginUrl: null, instance }),
    }
  }
}

const left = (reason: 'not_listed' | 'request_refused'): Outcome => ({ kind: 'left', reason })

const CROSS_SITE: Denial = { code: 'cross_site_request', reason: 'cross_site' }

/** RFC 9111 5.1: with `Age`, it was not the origin that answered this request. */
const isFromCache = (headers: Headers): boolean =>
  headers.has('age') || FROM_CACHE.test(headers.get('cf-cache-status') ?? '')

/**
 * The token to act for, on public routes too, where nobody has looked at it yet: so what other routes would
 * have refused is refused here. A login needs none, and leaves alone what it cannot be sure of; but another
 * site's form must not log its visitors in (login CSRF), cookie or not.
 */
function tokenOf(order: Order, { arrival, policy }: Commanded): Result<string | null, Denial> {
  const isLogin = order.name === 'establish'
  const isForeign = policy.crossSite === 'refuse' && isCrossSite(arrival)
  if (isLogin && isForeign) return err(CROSS_SITE)
  const credential = readCredential(arrival)
  if (!credential.ok) {
    return isLogin ? ok(null) : err({ code: 'invalid_request', reason: credential.error })
  }
  if (credential.value === null) return ok(null)
  const { token, from } = credential.value
  return from === 'cookie' && isForeign ? err(CROSS_SITE) : ok(token)
}

/** For the person's device list, as their browser says it. */
function deviceOf(request: Request): Device {
  const { ip } = placeOf(request)
  const said = (request.headers.get('user-agent') ?? '').toWellFormed().replace(/\p{Cc}/gu, '')
  const userAgent = [...said].slice(0, MAX_USER_AGENT_CHARACTERS).join('')
  return { ...(ip !== null && { ip }), ...(userAgent !== '' && { user_agent: userAgent }) }
}

/**
 * It carries a new token, or the end of one: for no cache, not even the browser's own. At the end of a session
 * the browser drops the pages it kept too, or the back button would show them to whoever comes next: bfcache
 * gives back even pages that are `no-store` (seen with Chromium 156).
 * @see W3C Clear Site Data 3.1
 */
function neverStored(response: Response, isEnd: boolean): Response {
  const copy = new Response(response.body, response)
  copy.headers.set('cache-control', 'no-store')
  if (isEnd) copy.headers.append('clear-site-data', '"cache"')
  return copy
}
