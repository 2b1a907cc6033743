/**
 * A stand and an origin as a process of their own: says where they are in one line of JSON and lives until
 * its standard input closes, so that it can never outlive whoever started it.
 * Usage: node serve.ts '{"regions": [{"name": "primary", "lagMs": 0}]}'
 */
import { startStand } from './http-redis.ts'
import { startOrigin } from './origin.ts'
import { findRedisServer } from './redis/find-server.ts'

/** The one line of JSON that is printed. */
export interface Served {
  readonly regions: { name: string; url: string }[]
  readonly token: string
  readonly controlUrl: string
  readonly backendName: 'memory' | 'redis'
  readonly originUrl: string
}

const options = JSON.parse(process.argv[2] ?? '{}')
const redisServer = findRedisServer()
const stand = await startStand({
  backend: redisServer ? { redisServer } : 'memory',
  regions: options.regions ?? [{ name: 'primary', lagMs: 0 }],
  crashes: options.crashes ?? false,
})
const origin = await startOrigin()
const { regions, token, controlUrl, backendName } = stand
const served: Served = { regions, token, controlUrl, backendName, originUrl: origin.url }
console.log(JSON.stringify(served))

process.stdin.resume()
process.stdin.once('end', async () => {
  await Promise.allSettled([origin.stop(), stand.stop()])
  process.exit(0)
})
