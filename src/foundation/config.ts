/**
 * The configuration at the door (design 9): an untrusted `env` becomes a complete Config, or the list of
 * everything that is wrong with it. Must never repeat a value in a problem: it may be a secret.
 */
import * as z from 'zod/mini'
import type { ApiKey, Config } from '../vocabulary/config.ts'
import { err, ok, type Result } from '../vocabulary/result.ts'
import { apiKeys, assertionKeys, tokenKeys } from './config-keys.ts'
import { policies } from './config-policies.ts'
import { AUDIENCE, AUDIENCE_SHAPE, fromJsonText, problem } from './config-values.ts'

/** What the door knows when the configuration is broken: enough to tell operators why, and no more. */
export interface Misconfiguration {
  /** One line each, `NAME: what is wrong`; safe to log. */
  readonly problems: readonly string[]
  /** The operators' keys, if at least these could be read: they may ask /health. */
  readonly apiKeys: readonly ApiKey[]
}

const httpUrl = z.string(problem('missing')).check(
  z.refine((text) => {
    const url = URL.parse(text)
    return url !== null && /^https?:$/.test(url.protocol) && url.username === ''
  }, 'must be an http(s) URL without credentials'),
)

const wholeNumber = (minimum: number, maximum: number, fallback: number) =>
  z._default(
    fromJsonText(
      z
        .number(problem(`must be a whole number from ${minimum} to ${maximum}`))
        .check(
          z.refine(
            (n) => Number.isInteger(n) && n >= minimum && n <= maximum,
            `must be a whole number from ${minimum} to ${maximum}`,
          ),
        ),
    ),
    fallback,
  )

const text = (pattern: RegExp, what: string, fallback: string) =>
  z._default(z.string(problem(what)).check(z.regex(pattern, what)), fallback)

const YEAR_SECONDS = 31_536_000
const DAY_MS = 86_400_000

const environment = z.object({
  UPSTASH_REDIS_REST_URL: httpUrl,
  UPSTASH_REDIS_REST_TOKEN: z
    .string(problem('missing'))
    .check(z.regex(/^[\x21-\x7e]+$/, 'must be a token of visible ASCII characters')),
  TOKEN_KEYS: tokenKeys,
  API_KEYS: apiKeys,
  ASSERTION_KEYS: assertionKeys,
  ORIGIN_URL: z._default(
    z.union([z.literal(''), httpUrl], problem('must be empty or an http(s) URL')),
    '',
  ),
  ENFORCEMENT: z._default(
    z.enum(['enforce', 'monitor'], problem('must be enforce or monitor')),
    'enforce',
  ),
  MAX_STALENESS_MS: wholeNumber(100, 60_000, 1000),
  OUTAGE_GRACE_MS: wholeNumber(0, 86_400_000, 0),
  STORE_DEADLINE_MS: wholeNumber(50, 30_000, 1000),
  SESSION_LIFETIME_SECONDS: wholeNumber(1, YEAR_SECONDS, 604_800),
  SESSION_IDLE_SECONDS: wholeNumber(0, YEAR_SECONDS, 86_400),
  MAX_SESSIONS_PER_SUBJECT: wholeNumber(1, 1000, 50),
  // A quarter of a year is the usual look-back in an incident.
  EVENT_RETENTION_DAYS: wholeNumber(1, 3650, 90),
  COOKIE_NAME: text(
    /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/,
    'must be a cookie name (RFC 6265)',
    '__Host-session',
  ),
  TOKEN_PREFIX: text(/^[A-Za-z][A-Za-z0-9]{0,15}$/, 'must be 1 to 16 letters and digits', 'sess'),
  LOGIN_URL: z._default(
    z
      .string(problem('must be a path or an http(s) URL'))
      .check(
        z.refine(
          (text) =>
            text === '' ||
            /^\/(?![/\\])/.test(text) ||
            /^https?:$/.test(URL.parse(text)?.protocol ?? ''),
          'must be a path or an http(s) URL',
        ),
      ),
    '',
  ),
  ASSERTION_AUDIENCE: text(AUDIENCE, AUDIENCE_SHAPE, 'origin'),
  ASSERTION_LIFETIME_SECONDS: wholeNumber(5, 3600, 60),
  POLICIES: policies,
})

/** Parses `env`. Names it does not know are ignored: bindings of the platform live there too. */
export function parseConfig(env: unknown): Result<Config, Misconfiguration> {
  const parsed = environment.safeParse(env)
  if (!parsed.success) {
    return err({
      problems: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
      apiKeys: readableApiKeys(env),
    })
  }
  const values = parsed.data
  return ok({
    redisUrl: values.UPSTASH_REDIS_REST_URL,
    redisToken: values.UPSTASH_REDIS_REST_TOKEN,
    tokenKeys: values.TOKEN_KEYS,
    apiKeys: values.API_KEYS,
    assertionKeys: values.ASSERTION_KEYS,
    originUrl: values.ORIGIN_URL === '' ? null : values.ORIGIN_URL.replace(/\/+$/, ''),
    enforcement: values.ENFORCEMENT,
    maxStalenessMs: values.MAX_STALENESS_MS,
    outageGraceMs: values.OUTAGE_GRACE_MS,
    storeDeadlineMs: values.STORE_DEADLINE_MS,
    sessionLifetimeSeconds: values.SESSION_LIFETIME_SECONDS,
    sessionIdleSeconds: values.SESSION_IDLE_SECONDS,
    maxSessionsPerSubject: values.MAX_SESSIONS_PER_SUBJECT,
    eventRetentionMs: values.EVENT_RETENTION_DAYS * DAY_MS,
    cookieName: values.COOKIE_NAME,
    tokenPrefix: values.TOKEN_PREFIX,
    loginUrl: values.LOGIN_URL === '' ? null : values.LOGIN_URL,
    assertionAudience: values.ASSERTION_AUDIENCE,
    assertionLifetimeSeconds: values.ASSERTION_LIFETIME_SECONDS,
    policies: values.POLICIES,
  })
}

function readableApiKeys(env: unknown): readonly ApiKey[] {
  const parsed = z.object({ API_KEYS: apiKeys }).safeParse(env)
  return parsed.success ? parsed.data.API_KEYS : []
}
