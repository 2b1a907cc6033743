/**
 * `npm start`: the stand, an origin and the Worker under wrangler, on loopback, and the curl lines to try
 * them with. Must never need an account or reach beyond this machine.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ensureDevVars } from './dev-vars.ts'
import { startStand } from './http-redis.ts'
import { startOrigin } from './origin.ts'
import { findRedisServer } from './redis/find-server.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const port = Number(process.env.PORT ?? 8787)
const [redisPort, originPort] = [port + 1, port + 2]
const started = performance.now()

const redisServer = findRedisServer()
const stand = await startStand({
  backend: redisServer ? { redisServer } : 'memory',
  regions: [{ name: 'local', lagMs: 0 }],
  token: 'dev-redis-token',
  ports: [redisPort],
})
const origin = await startOrigin(originPort)
await ensureDevVars(`${root}.dev.vars`, `http://127.0.0.1:${redisPort}`, stand.token)

const wrangler = spawn(
  process.execPath,
  [
    `${root}node_modules/wrangler/bin/wrangler.js`,
    'dev',
    ...['--ip', '127.0.0.1', '--port', String(port), '--log-level', 'warn'],
    ...['--var', `ORIGIN_URL:${origin.url}`, '--show-interactive-dev-session=false'],
    ...['--var', `UPSTASH_REDIS_REST_URL:http://127.0.0.1:${redisPort}`],
    ...['--var', `UPSTASH_REDIS_REST_TOKEN:${stand.token}`],
  ],
  {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', X_LOCAL_OBSERVABILITY: 'false' },
  },
)

const stop = async (code: number) => {
  wrangler.kill('SIGKILL')
  await Promise.allSettled([origin.stop(), stand.stop()])
  process.exit(code)
}
wrangler.once('exit', (code) => stop(code ?? 1))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop(0))

const door = `http://127.0.0.1:${port}`
while (!(await answers(`${door}/_session/v1/health`))) {
  if (performance.now() - started > 60_000) await stop(1)
  await new Promise((resolve) => setTimeout(resolve, 200))
}

console.log(`
The door is open at ${door}, in front of an origin at ${origin.url}.
Sessions live in the stand's Redis (${stand.backendName}). In another terminal, in this folder:

  KEY=$(sed -n 's/^# API_KEY=//p' .dev.vars)

  curl -i ${door}/                                  # 401: no session
  TOKEN=$(curl -s ${door}/_session/v1/sessions -H "Authorization: Bearer $KEY" \\
    -d '{"subject": "user-42", "permissions": ["read"]}' | tee /dev/stderr | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
  curl -i ${door}/ -H "Authorization: Bearer $TOKEN"          # 200: what the origin saw
  curl -s -X DELETE ${door}/_session/v1/subjects/user-42/sessions -H "Authorization: Bearer $KEY"
  curl -i ${door}/ -H "Authorization: Bearer $TOKEN"          # 401: revoked

Ctrl-C stops all of it.
`)

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    (response) => response.ok,
    () => false,
  )
}
