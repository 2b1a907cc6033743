/**
 * A JWT in the session cookie, verified with jose as its README shows: key imported once per isolate,
 * algorithm, issuer and audience pinned. Must never be slower than it has to be: it is what we compare with.
 */
import { type CryptoKey, importJWK, jwtVerify } from 'jose'
import { type Env, forward, unauthorized } from './forward.ts'

interface JwtEnv extends Env {
  readonly PUBLIC_JWK: string
  readonly ALG: string
}

let imported: CryptoKey | null = null

/** Found by hand: cheaper than a cookie library. */
function cookieOf(request: Request, name: string): string | null {
  const header = request.headers.get('cookie')
  if (header === null) return null
  for (const pair of header.split('; ')) {
    if (pair.startsWith(`${name}=`)) return pair.slice(name.length + 1)
  }
  return null
}

export default {
  async fetch(request, env) {
    const token = cookieOf(request, 'session')
    if (token === null) return unauthorized()
    imported ??= (await importJWK(JSON.parse(env.PUBLIC_JWK), env.ALG)) as CryptoKey
    try {
      const { payload } = await jwtVerify(token, imported, {
        algorithms: [env.ALG],
        issuer: 'https://login.example.com',
        audience: 'origin',
      })
      return await forward(request, env.ORIGIN_URL, payload.sub ?? null)
    } catch {
      return unauthorized()
    }
  },
} satisfies ExportedHandler<JwtEnv>
