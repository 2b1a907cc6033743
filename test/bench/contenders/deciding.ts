/**
 * Our decision by itself, in the very proxy that the JWT contenders have: policy, token, memory, news, clock,
 * permissions. What validating costs, without all that the product does beside it.
 * Must never be taken for the product: a visitor may speak in anybody's name here, and his token goes on.
 */
import { parseConfig } from '../../../src/foundation/config.ts'
import { log } from '../../../src/foundation/log.ts'
import { Redis } from '../../../src/foundation/redis.ts'
import { authorize } from '../../../src/gate/authorization.ts'
import { cookieSpans } from '../../../src/gate/cookie-spans.ts'
import { readCredential } from '../../../src/gate/credential.ts'
import { Visit } from '../../../src/gate/place.ts'
import { compilePolicies, policyFor } from '../../../src/gate/policy-lookup.ts'
import { Introspector } from '../../../src/session/introspection.ts'
import { TokenSealer } from '../../../src/session/token.ts'
import {
  MAX_NEWS_ITEMS,
  MAX_REMEMBERED_BYTES,
  MAX_REMEMBERED_SESSIONS,
  REREAD_AFTER_MS,
  STREAM_RIDE_OUT_MS,
} from '../../../src/vocabulary/limits.ts'
import { type Env, forward, unauthorized } from './forward.ts'

function build(env: object) {
  const config = parseConfig(env)
  if (!config.ok) throw new Error('misconfigured')
  const { redisUrl, redisToken, storeDeadlineMs, tokenPrefix, tokenKeys, policies } = config.value
  const redis = new Redis({ url: redisUrl, token: redisToken, deadlineMs: storeDeadlineMs })
  const options = {
    maxStalenessMs: config.value.maxStalenessMs,
    outageGraceMs: config.value.outageGraceMs,
    rideOutMs: STREAM_RIDE_OUT_MS,
    deadlineMs: storeDeadlineMs,
    rereadAfterMs: REREAD_AFTER_MS,
    memory: { maxEntries: MAX_REMEMBERED_SESSIONS, maxBytes: MAX_REMEMBERED_BYTES },
    news: { maxItems: MAX_NEWS_ITEMS, maxAgeMs: REREAD_AFTER_MS },
  }
  return {
    cookieName: config.value.cookieName,
    policies: compilePolicies(policies),
    introspector: new Introspector(
      redis,
      new TokenSealer(tokenPrefix, tokenKeys),
      options,
      log,
      Date.now,
    ),
  }
}

let built: ReturnType<typeof build> | null = null

export default {
  async fetch(request, env, context) {
    built ??= build(env)
    const { cookieName, policies, introspector } = built
    const { host, pathname } = new URL(request.url)
    const policy = policyFor(policies, host, pathname)
    if (!policy.ok) return unauthorized()
    const { headers } = request
    const cookie = headers.get('cookie')
    const credential = readCredential({
      authorization: headers.get('authorization'),
      ourCookies: cookie === null ? [] : cookieSpans(cookie, cookieName),
    })
    if (!credential.ok || credential.value === null) return unauthorized()
    const { consistency } = policy.value
    const visit = new Visit(request, context)
    const answer = await introspector.introspect(credential.value.token, consistency, visit)
    if (!answer.active) return unauthorized()
    if (authorize(answer.live, policy.value, Date.now()) !== null) return unauthorized()
    return forward(request, env.ORIGIN_URL, answer.live.subject.subject)
  },
} satisfies ExportedHandler<Env>
