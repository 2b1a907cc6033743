/**
 * What the contract tests share: which backends there are on this machine, and how to talk to a
 * stand raw and through Upstash's SDK. Says on stderr when the Redis variants cannot run.
 */
import { Redis } from '@upstash/redis'
import { type Stand, type StandOptions, startStand } from '../http-redis.ts'
import { findRedisServer } from '../redis/find-server.ts'

export const redisServer = findRedisServer()

if (redisServer === undefined) {
  console.error('No redis-server found (REDIS_SERVER, PATH): the Redis variants are skipped.')
}

export interface Variant {
  name: string
  backend: StandOptions['backend']
}

export const VARIANTS: Variant[] = [
  { name: 'memory', backend: 'memory' },
  ...(redisServer === undefined ? [] : [{ name: 'redis', backend: { redisServer } }]),
]

/** Two regions: `home`, the primary's, and `far`, whose copy lags. */
export const startTwoRegions = (backend: StandOptions['backend'], lagMs: number): Promise<Stand> =>
  startStand({
    backend,
    regions: [
      { name: 'home', lagMs: 0 },
      { name: 'far', lagMs },
    ],
  })

export function urlOf(stand: Stand, region: string): string {
  const found = stand.regions.find(({ name }) => name === region)
  if (found === undefined) throw new Error(`no region named ${region}`)
  return found.url
}

/** The SDK as the product sets it up: two attempts, no pipelining, nothing decoded. */
export const sdk = (stand: Stand, region: string, timeoutMs = 2000): Redis =>
  new Redis({
    url: urlOf(stand, region),
    token: stand.token,
    readYourWrites: false,
    enableAutoPipelining: false,
    automaticDeserialization: false,
    responseEncoding: false,
    enableTelemetry: false,
    retry: { retries: 1, backoff: () => 0 },
    signal: () => AbortSignal.timeout(timeoutMs),
  })

export interface RawAnswer {
  status: number
  body: unknown
}

/** One request with nothing between the test and the wire. */
export async function post(
  stand: Stand,
  region: string,
  path: string,
  input: unknown,
  headers: Record<string, string> = {},
): Promise<RawAnswer> {
  const response = await fetch(urlOf(stand, region) + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${stand.token}`, ...headers },
    body: JSON.stringify(input),
  })
  return { status: response.status, body: await response.json() }
}

/** One command's result or error text. */
export async function command(stand: Stand, region: string, ...words: string[]): Promise<unknown> {
  const { body } = await post(stand, region, '/', words)
  const { result, error } = body as { result?: unknown; error?: string }
  return error ?? result
}

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Milliseconds from `since` until the region answers `expected`; fails after two seconds. */
export async function untilSeen(
  stand: Stand,
  region: string,
  words: string[],
  expected: unknown,
  since: number,
): Promise<number> {
  for (;;) {
    const seen = await command(stand, region, ...words)
    const elapsed = performance.now() - since
    if (seen === expected) return elapsed
    if (elapsed > 2000) throw new Error(`${words.join(' ')} still answers ${String(seen)}`)
    await sleep(1)
  }
}
