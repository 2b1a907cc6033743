/**
 * Development secrets: made once into .dev.vars (never committed), so that `npm start` needs no account.
 * Must never overwrite a .dev.vars that is there: it may hold somebody's real keys.
 */
import { createHash, randomBytes, webcrypto } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

/** A key with every scope, and the secrets of a Worker that knows it. */
export interface DevSecrets {
  readonly apiKey: string
  readonly vars: Readonly<Record<string, string>>
}

const ALL_SCOPES = [
  'sessions:create',
  'sessions:read',
  'sessions:revoke',
  'subjects:read',
  'subjects:write',
  'events:read',
]

/** Fresh keys for a Worker in front of the stand at `redisUrl`. */
export async function makeSecrets(redisUrl: string, redisToken: string): Promise<DevSecrets> {
  const apiKey = `dev_${randomBytes(24).toString('base64url')}`
  const { privateKey } = (await webcrypto.subtle.generateKey(
    { name: 'ECDSA', namedCurve: 'P-256' },
    true,
    ['sign', 'verify'],
  )) as webcrypto.CryptoKeyPair
  const { kty, crv, x, y, d } = await webcrypto.subtle.exportKey('jwk', privateKey)
  const sha256 = createHash('sha256').update(apiKey).digest('hex')
  return {
    apiKey,
    vars: {
      UPSTASH_REDIS_REST_URL: redisUrl,
      UPSTASH_REDIS_REST_TOKEN: redisToken,
      TOKEN_KEYS: `1:${randomBytes(32).toString('base64url')}`,
      API_KEYS: JSON.stringify({ dev: { sha256, scopes: ALL_SCOPES } }),
      ASSERTION_KEYS: JSON.stringify([{ kid: 'dev-1', kty, crv, x, y, d }]),
    },
  }
}

/** Writes .dev.vars if there is none; returns the API key it names. */
export async function ensureDevVars(
  path: string,
  redisUrl: string,
  redisToken: string,
): Promise<string> {
  if (!existsSync(path)) {
    const { apiKey, vars } = await makeSecrets(redisUrl, redisToken)
    const lines = Object.entries(vars).map(([name, value]) => `${name}='${value}'`)
    const head = `# Development only, made by \`npm start\`. The API key these vars know:\n# API_KEY=${apiKey}\n`
    writeFileSync(path, `${head}${lines.join('\n')}\n`, { mode: 0o600 })
  }
  const apiKey = /^# API_KEY=(\S+)$/m.exec(readFileSync(path, 'utf8'))?.[1]
  if (!apiKey) throw new Error(`${path} names no "# API_KEY=…"; move it away to have one made`)
  return apiKey
}
