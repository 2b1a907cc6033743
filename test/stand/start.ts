/**
 * `npm start`: the stand, an origin and the Worker under wrangler, on loopback, and the curl lines to try
 * them with. Must never need an account, reach beyond this machine, or leave a process behind.
 * `PORT` moves all three: the Worker there, the stand's Redis one higher, the origin two higher.
 */
import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ensureDevVars } from './dev-vars.ts'
import { startStand } from './http-redis.ts'
import { LOGIN_POLICIES, LOGIN_URL } from './login-pages.ts'
import { startOrigin } from './origin.ts'
import { findRedisServer } from './redis/find-server.ts'

const READY_WITHIN_MS = 60_000
/** Longer than wrangler takes to end workerd by itself. */
const STOP_WITHIN_MS = 3000

const root = fileURLToPath(new URL('../..', import.meta.url))
const port = Number(process.env.PORT ?? 8787)
const [redisPort, originPort] = [port + 1, port + 2]
const door = `http://127.0.0.1:${port}`

const redisServer = findRedisServer()
const stand = await startStand({
  backend: redisServer ? { redisServer } : 'memory',
  regions: [{ name: 'local', lagMs: 0 }],
  token: 'dev-redis-token',
  ports: [redisPort],
}).catch(refuse)
const origin = await startOrigin(originPort).catch(refuse)
await ensureDevVars(`${root}.dev.vars`, `http://127.0.0.1:${redisPort}`, stand.token).catch(refuse)

const wrangler = spawn(
  process.execPath,
  [
    `${root}node_modules/wrangler/bin/wrangler.js`,
    'dev',
    ...['--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0'],
    ...['--log-level', 'warn', '--show-interactive-dev-session=false'],
    ...['--var', `ORIGIN_URL:${origin.url}`],
    ...['--var', `LOGIN_URL:${LOGIN_URL}`],
    ...['--var', `POLICIES:${JSON.stringify(LOGIN_POLICIES)}`],
    ...['--var', `UPSTASH_REDIS_REST_URL:http://127.0.0.1:${redisPort}`],
    ...['--var', `UPSTASH_REDIS_REST_TOKEN:${stand.token}`],
  ],
  {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    // A group of its own: workerd and esbuild are its grandchildren, and must end with it.
    detached: true,
    env: {
      ...process.env,
      WRANGLER_SEND_METRICS: 'false',
      X_LOCAL_OBSERVABILITY: 'false',
      // Else miniflare asks the network for a sample of `request.cf`, and warns where there is none.
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    },
  },
)

let stopping = false
wrangler.once('exit', (code) => stop(code ?? 1))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(0))

if (await isOpenWithin(READY_WITHIN_MS)) printCurlLines()
else if (!stopping) {
  console.error(`The Worker did not answer at ${door} within ${READY_WITHIN_MS / 1000} s.`)
  await stop(1)
}

async function stop(code: number): Promise<void> {
  if (stopping) return
  stopping = true
  const ended = new Promise((resolve) => wrangler.once('exit', resolve))
  if (wrangler.exitCode === null) {
    wrangler.kill('SIGTERM')
    await Promise.race([ended, sleep(STOP_WITHIN_MS)])
  }
  endGroup()
  await Promise.allSettled([origin.stop(), stand.stop()])
  process.exit(code)
}

/** Whatever is left of wrangler's group; there is nothing left if it ended as it should. */
function endGroup(): void {
  try {
    if (wrangler.pid !== undefined) process.kill(-wrangler.pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function isOpenWithin(ms: number): Promise<boolean> {
  const endsAt = performance.now() + ms
  while (!stopping && performance.now() < endsAt) {
    const health = await fetch(`${door}/_session/v1/health`).catch(() => null)
    if (health?.ok) return true
    await sleep(100)
  }
  return false
}

function printCurlLines(): void {
  console.log(`
The door is open at ${door}, in front of an origin at ${origin.url}.
Sessions live in the stand's Redis (${stand.backendName}). To log in, open this in a browser:

  ${door}/account

Or in a second terminal, in this folder:

  DOOR=${door} KEY=$(sed -n 's/^# API_KEY=//p' .dev.vars)
  curl -i $DOOR/
  TOKEN=$(curl -s $DOOR/_session/v1/sessions -H "Authorization: Bearer $KEY" \\
    -d '{"subject": "user-42"}' | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
  curl -i $DOOR/ -H "Authorization: Bearer $TOKEN"
  curl -X DELETE $DOOR/_session/v1/subjects/user-42/sessions -H "Authorization: Bearer $KEY" \\
    -H 'Prefer: wait'
  curl -i $DOOR/ -H "Authorization: Bearer $TOKEN"

The lines are answered 401, then 200 with what the origin saw, then the receipt, then 401. Ctrl-C stops all of it.
`)
}

/** Nothing but the stand's own parts runs yet, and they end with this process. */
async function refuse(error: unknown): Promise<never> {
  const { code, message } = error as NodeJS.ErrnoException
  const hint =
    code === 'EADDRINUSE' ? `; ports ${port} to ${originPort} must be free (or set PORT)` : ''
  console.error(`npm start: ${message}${hint}`)
  process.exit(1)
}
