/**
 * Whole requests in one isolate, the origin's answer at hand: pass-through, JWT ES256, our decision by itself and
 * all of ours in turn, the fastest of many batches. What others do on the machine hardly shows in those, so CI can rely on this.
 * Each request finds the caches as a real one does, full of something else: code that only runs fast when it runs
 * again at once would look cheaper than it is (ours by a third, the arithmetic of ES256 hardly).
 * Must never be deployed: it times itself, which works locally only, and replaces `fetch`.
 */
import ours from '../../../src/index.ts'
import deciding from './deciding.ts'
import type { Env } from './forward.ts'
import jwt from './jwt-jose.ts'
import passThrough from './pass-through.ts'

interface WholeEnv extends Env {
  readonly PUBLIC_JWK: string
  readonly ALG: string
}

type Visit = Request<unknown, IncomingRequestCfProperties>
type Handler = (request: Visit, context: ExecutionContext) => Response | Promise<Response>

const BATCHES = 50
const TIMES = 300
/** The mean of the fastest: a single best would favour whatever the clock's whole milliseconds cut off. */
const FASTEST = BATCHES / 5
const ANSWER = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'private, no-cache',
  etag: '"5f2b-1a9"',
  // As from the network: a body of unknown length would be watched.
  'content-length': '2',
}

/** Larger than what a core has for itself; read through before each request, one byte of every cache line. */
const ELSEWHERE = new Uint8Array(3 << 20)
const CACHE_LINE = 64
let read = 0

function forgetCaches(): void {
  for (let at = 0; at < ELSEWHERE.length; at += CACHE_LINE) read += ELSEWHERE[at] ?? 0
}

const network = globalThis.fetch
let originUrl = ''

/** Only the origin is played here; Redis is the stand's. */
globalThis.fetch = (input, init) => {
  const url = input instanceof Request ? input.url : String(input)
  if (!url.startsWith(originUrl)) return network(input, init)
  // As workerd's own does: it makes a Request of what it is given, of a Request too.
  new Request(input, init)
  return Promise.resolve(new Response('{}', { headers: ANSWER }))
}

async function batch(handle: Handler, visit: Request, context: ExecutionContext): Promise<number> {
  const start = performance.now()
  for (let i = 0; i < TIMES; i++) {
    forgetCaches()
    const response = await handle(new Request(visit.url, visit) as Visit, context)
    if (response.status !== 200) throw new Error(`answered ${response.status}`)
  }
  const took = performance.now() - start
  // What was read is used, or nobody would have to read it.
  if (read !== 0) throw new Error('not zero')
  return took
}

const nothing: Handler = () => new Response('{}', { headers: ANSWER })

function visitWith(incoming: Request, cookie: string): Request {
  const headers = new Headers(incoming.headers)
  headers.set('cookie', `${headers.get('cookie')}; ${cookie}`)
  headers.delete('x-jwt')
  headers.delete('x-ours')
  return new Request(incoming.url, { headers })
}

export default {
  async fetch(incoming, env, context) {
    originUrl = env.ORIGIN_URL
    const oursCookie = `__Host-session=${incoming.headers.get('x-ours')}`
    const jwtCookie = `session=${incoming.headers.get('x-jwt')}`
    const contenders: readonly [string, Handler, Request][] = [
      ['nothing', nothing, visitWith(incoming, 'session=none')],
      ['pass-through', (r) => passThrough.fetch(r, env), visitWith(incoming, 'session=none')],
      ['jwt-es256', (r) => jwt.fetch(r, env), visitWith(incoming, jwtCookie)],
      ['ours-deciding', (r, c) => deciding.fetch(r, env, c), visitWith(incoming, oursCookie)],
      ['ours-hot', (r, c) => ours.fetch(r, env, c), visitWith(incoming, oursCookie)],
    ]
    const took = new Map(contenders.map(([name]) => [name, [] as number[]]))
    for (let round = 0; round < BATCHES; round++) {
      // Whoever comes next collects what is left behind: nobody follows the same one always.
      for (const [name, handle, visit] of shuffled(contenders)) {
        took.get(name)?.push((await batch(handle, visit, context)) * (1000 / TIMES))
      }
    }
    return Response.json(Object.fromEntries([...took].map(([name, all]) => [name, fastest(all)])))
  },
} satisfies ExportedHandler<WholeEnv>

const shuffled = <T>(all: readonly T[]): readonly T[] =>
  all
    .map((each) => ({ each, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ each }) => each)

const fastest = (micros: readonly number[]): number =>
  [...micros]
    .sort((a, b) => a - b)
    .slice(0, FASTEST)
    .reduce((sum, each) => sum + each / FASTEST, 0)
