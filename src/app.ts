/**
 * The map: which request goes to which half of the house, and what a visitor sees of a bug or of a broken
 * configuration. Must never let a request past a configuration that was not understood whole.
 */
import { misconfiguredPlane } from './control/misconfigured.ts'
import { controlPlane, METADATA_PATH } from './control/routes.ts'
import { parseConfig } from './foundation/config.ts'
import { describeException, log } from './foundation/log.ts'
import { Redis } from './foundation/redis.ts'
import { AssertionSigner } from './gate/assertion.ts'
import { DenialCounts } from './gate/denial-counts.ts'
import { compilePolicies } from './gate/policy-lookup.ts'
import { type Gate, pass, type Target } from './gate/request-life.ts'
import { SessionCommands } from './gate/session-commands.ts'
import { EventLog } from './session/event-log.ts'
import { Introspector, type IntrospectorOptions } from './session/introspection.ts'
import { Lookout } from './session/lookout.ts'
import { SessionRegistry } from './session/registry.ts'
import { SubjectRegistry } from './session/subject-registry.ts'
import { TokenSealer } from './session/token.ts'
import type { Config } from './vocabulary/config.ts'
import {
  MAX_NEWS_ITEMS,
  MAX_REMEMBERED_BYTES,
  MAX_REMEMBERED_SESSIONS,
  REREAD_AFTER_MS,
  STREAM_RIDE_OUT_MS,
} from './vocabulary/limits.ts'
import { type Signal, TRAVEL_LIMITS } from './vocabulary/signal.ts'

/** Answers any request; never rejects. */
export type App = (request: Request, context: ExecutionContext) => Promise<Response>

/** Everything under here is ours and never reaches the origin. */
const CONTROL_PREFIX = '/_session/'

/** Builds the whole Worker from its environment; done once, not per request. */
export function createApp(env: unknown): App {
  const config = parseConfig(env)
  if (config.ok) return connect(config.value)
  const { problems, apiKeys } = config.error
  log({ level: 'error', code: 'misconfigured', problems })
  return misconfiguredPlane(apiKeys, problems)
}

function connect(config: Config): App {
  const now = Date.now
  const redis = new Redis({
    url: config.redisUrl,
    token: config.redisToken,
    deadlineMs: config.storeDeadlineMs,
  })
  const sealer = new TokenSealer(config.tokenPrefix, config.tokenKeys)
  const registry = new SessionRegistry({
    redis,
    sealer,
    maxSessionsPerSubject: config.maxSessionsPerSubject,
    eventRetentionMs: config.eventRetentionMs,
  })
  const subjects = new SubjectRegistry(redis)
  const introspector = new Introspector(redis, sealer, edgeOptions(config), log, now)
  const lookout = new Lookout({
    redis,
    limits: TRAVEL_LIMITS,
    watched: new Set(
      config.policies.flatMap(({ signals }) => Object.keys(signals ?? {}) as Signal[]),
    ),
    eventRetentionMs: config.eventRetentionMs,
    enforces: config.enforcement === 'enforce',
    now,
    remember: (token, signs, seenAtMs) => introspector.remember(token, signs, seenAtMs),
  })
  const feedAgeMs = () => introspector.feedAgeMs()
  const denials = new DenialCounts(log, now)
  const control = controlPlane({
    config,
    registry,
    subjects,
    events: new EventLog(redis),
    denials: () => denials.sinceStart(),
    feedAgeMs,
    now,
    log,
  })
  const gate: Gate = {
    config,
    policies: compilePolicies(config.policies),
    introspector,
    lookout,
    signer: new AssertionSigner({
      keys: config.assertionKeys,
      lifetimeSeconds: config.assertionLifetimeSeconds,
    }),
    denials,
    commands: new SessionCommands({ registry, config, denials, log, now }),
    log,
    now,
  }
  return async (request, context) => {
    try {
      const target = targetOf(request.url)
      return isControl(target.path)
        ? await control.fetch(request, {}, context)
        : await pass(request, target, context, gate)
    } catch (exception) {
      return internalError(exception)
    }
  }
}

const edgeOptions = (config: Config): IntrospectorOptions => ({
  maxStalenessMs: config.maxStalenessMs,
  outageGraceMs: config.outageGraceMs,
  rideOutMs: Math.max(STREAM_RIDE_OUT_MS, config.outageGraceMs),
  deadlineMs: config.storeDeadlineMs,
  rereadAfterMs: REREAD_AFTER_MS,
  memory: { maxEntries: MAX_REMEMBERED_SESSIONS, maxBytes: MAX_REMEMBERED_BYTES },
  news: { maxItems: MAX_NEWS_ITEMS, maxAgeMs: REREAD_AFTER_MS },
})

const isControl = (path: string): boolean =>
  path.startsWith(CONTROL_PREFIX) || path === METADATA_PATH

/** Nothing before the path of a serialized URL holds either (WHATWG URL 4.5). */
const END_OF_PATH = /[?#]/

/** scheme://host/path?query#fragment, split without decoding or normalising anything. */
function targetOf(url: string): Target {
  const hostStart = url.indexOf('://') + 3
  const pathStart = url.indexOf('/', hostStart)
  return {
    url,
    origin: url.slice(0, pathStart),
    host: url.slice(hostStart, pathStart),
    path: url.slice(pathStart, END_OF_PATH.exec(url)?.index),
  }
}

/** A bug: the log says where, the visitor gets only what joins the two. */
function internalError(exception: unknown): Response {
  const instance = `urn:uuid:${crypto.randomUUID()}`
  log({ level: 'error', code: 'internal_error', instance, ...describeException(exception) })
  return Response.json(
    { type: 'about:blank', title: 'Internal error', status: 500, code: 'internal_error', instance },
    {
      status: 500,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
    },
  )
}
