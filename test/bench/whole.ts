/**
 * Whole requests timed inside one isolate (contenders/whole.ts): a ratio that holds on a busy machine, for
 * the guard. Must never be reported as the cost of a request: the network's part is not in it.
 * Usage: node test/bench/whole.ts
 */
import { request } from 'node:http'
import { makeSecrets } from '../stand/dev-vars.ts'
import { startStand } from '../stand/http-redis.ts'
import { bundle, bundleFolder } from './bundle.ts'
import { jwtFor } from './enter.ts'
import { storeSessions } from './sessions.ts'
import { headersOf, PATH } from './visitor.ts'
import { startWorkerd } from './workerd.ts'

/** Microseconds a request, best of many batches. */
export interface WholeMicros {
  readonly nothing: number
  readonly 'pass-through': number
  readonly 'jwt-es256': number
  /** The decision by itself, in the JWT's proxy. */
  readonly 'ours-deciding': number
  readonly 'ours-hot': number
}

export async function timeWholeRequests(): Promise<WholeMicros> {
  const stand = await startStand({ backend: 'memory', regions: [{ name: 'primary', lagMs: 0 }] })
  const redisUrl = stand.regions[0]?.url ?? ''
  const { vars } = await makeSecrets(redisUrl, stand.token)
  const { token, publicJwk } = await jwtFor('ES256')
  const module = await bundle(bundleFolder(), 'whole', 'test/bench/contenders/whole.ts')
  const worker = await startWorkerd(module, {
    vars: { ...vars, ORIGIN_URL: 'http://origin.invalid', PUBLIC_JWK: publicJwk, ALG: 'ES256' },
    log: 'inherit',
  })
  try {
    const sessions = await storeSessions(redisUrl, stand.token, vars.TOKEN_KEYS ?? '', 1)
    await sessions.refresh()
    const [ours = ''] = sessions.tokens
    const headers = { ...headersOf({ cookies: [] }), 'x-jwt': token, 'x-ours': ours }
    return (await getJson(worker.url + PATH, headers)) as WholeMicros
  } finally {
    await worker.stop()
    await stand.stop()
  }
}

/** What is added over pass-through, ours as a part of ES256's. */
export const ratioOf = (micros: WholeMicros, ours: 'ours-deciding' | 'ours-hot'): number =>
  (micros[ours] - micros['pass-through']) / (micros['jwt-es256'] - micros['pass-through'])

function getJson(url: string, headers: Record<string, string>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const call = request(url, { headers }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      if (response.statusCode === 200) resolve(JSON.parse(text))
      else reject(new Error(`answered ${response.statusCode}: ${text}`))
    })
    call.once('error', reject)
    call.end()
  })
}

if (import.meta.main) {
  const micros = await timeWholeRequests()
  console.table(micros)
  for (const ours of ['ours-deciding', 'ours-hot'] as const) {
    console.log(`${ours} adds ${ratioOf(micros, ours).toFixed(2)} of what ES256 adds`)
  }
}
