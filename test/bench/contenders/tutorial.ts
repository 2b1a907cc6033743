/**
 * The usual tutorial: Hono, the session id in a cookie, and a GET through @upstash/redis on every request,
 * client made with `Redis.fromEnv(env)` as Upstash's Workers quickstart does, all defaults.
 * Must never cache: that is another contender.
 */
import { Redis } from '@upstash/redis/cloudflare'
import { Hono } from 'hono'
import { getCookie } from 'hono/cookie'
import { type Env, forward, unauthorized } from './forward.ts'

interface TutorialEnv extends Env {
  readonly UPSTASH_REDIS_REST_URL: string
  readonly UPSTASH_REDIS_REST_TOKEN: string
}

interface StoredSession {
  readonly userId: string
}

const app = new Hono<{ Bindings: TutorialEnv }>()

app.all('*', async (c) => {
  const id = getCookie(c, 'session')
  if (!id) return unauthorized()
  const session = await Redis.fromEnv(c.env).get<StoredSession>(`session:${id}`)
  return session ? forward(c.req.raw, c.env.ORIGIN_URL, session.userId) : unauthorized()
})

export default app
