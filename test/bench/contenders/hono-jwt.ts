/**
 * Hono's own JWT middleware, HS256, token in a cookie, as https://hono.dev/docs/middleware/builtin/jwt shows.
 * Must never leave out what the documentation puts in.
 */
import { Hono } from 'hono'
import { type JwtVariables, jwt } from 'hono/jwt'
import { type Env, forward } from './forward.ts'

interface HonoJwtEnv extends Env {
  readonly JWT_SECRET: string
}

const app = new Hono<{ Bindings: HonoJwtEnv; Variables: JwtVariables }>()

app.use('*', (c, next) =>
  jwt({ secret: c.env.JWT_SECRET, cookie: 'session', alg: 'HS256' })(c, next),
)
app.all('*', (c) => forward(c.req.raw, c.env.ORIGIN_URL, String(c.get('jwtPayload').sub)))

export default app
