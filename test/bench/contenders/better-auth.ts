/**
 * better-auth in a Hono Worker, sessions in secondary storage on the same HTTP Redis, configured as Upstash's
 * and its own documentation show; built once per isolate, which favours it. Must never ask another database
 * for a session: without one, users live in its memory adapter, which getSession does not touch.
 * @see https://upstash.com/blog/better-auth-with-redis, https://better-auth.com/docs/integrations/hono
 */
import { Redis } from '@upstash/redis/cloudflare'
import { betterAuth } from 'better-auth'
import { Hono } from 'hono'
import { type Env, forward, unauthorized } from './forward.ts'

interface BetterAuthEnv extends Env {
  readonly UPSTASH_REDIS_REST_URL: string
  readonly UPSTASH_REDIS_REST_TOKEN: string
  readonly BETTER_AUTH_SECRET: string
  readonly COOKIE_CACHE: string
}

function createAuth(env: BetterAuthEnv) {
  const redis = Redis.fromEnv(env)
  return betterAuth({
    baseURL: 'http://localhost',
    secret: env.BETTER_AUTH_SECRET,
    emailAndPassword: { enabled: true },
    session: { cookieCache: { enabled: env.COOKIE_CACHE === 'true', maxAge: 5 * 60 } },
    secondaryStorage: {
      get: async (key) => await redis.get(key),
      set: async (key, value, ttl) => {
        if (ttl) await redis.set(key, value, { ex: ttl })
        else await redis.set(key, value)
      },
      delete: async (key) => {
        await redis.del(key)
      },
      // Asked for since that post was written; getSession uses neither.
      getAndDelete: async (key) => await redis.getdel(key),
      increment: async (key, ttl) => {
        const count = await redis.incr(key)
        if (count === 1) await redis.expire(key, ttl)
        return count
      },
    },
  })
}

let auth: ReturnType<typeof createAuth> | null = null
const authFor = (env: BetterAuthEnv) => {
  auth ??= createAuth(env)
  return auth
}

const app = new Hono<{ Bindings: BetterAuthEnv }>()

app.on(['POST', 'GET'], '/api/auth/*', (c) => authFor(c.env).handler(c.req.raw))
app.all('*', async (c) => {
  const session = await authFor(c.env).api.getSession({ headers: c.req.raw.headers })
  return session ? forward(c.req.raw, c.env.ORIGIN_URL, session.user.id) : unauthorized()
})

export default app
