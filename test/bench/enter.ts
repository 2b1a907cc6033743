/**
 * How a visitor gets in at each contender: logs in the way that contender's documentation says, and comes
 * back with what his browser holds then. Must never forge what the contender would have issued itself.
 */
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { exportJWK, SignJWT } from 'jose'
import type { Visitor } from './visitor.ts'

const CLAIMS = {
  sid: 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA',
  auth_time: 1_763_971_200,
  permissions: ['orders:read', 'orders:write'],
}

type JwtAlg = 'ES256' | 'RS256' | 'EdDSA'

const keyPairs = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  EdDSA: () => generateKeyPairSync('ed25519'),
} as const

/** A signed token of the usual size, and the key that verifies it. */
export async function jwtFor(alg: JwtAlg): Promise<{ token: string; publicJwk: string }> {
  const { privateKey, publicKey } = keyPairs[alg]()
  const token = await sign(alg, privateKey)
  return { token, publicJwk: JSON.stringify(await exportJWK(publicKey)) }
}

export const hmacJwt = (secret: string): Promise<string> =>
  sign('HS256', new TextEncoder().encode(secret))

const sign = (alg: string, key: Parameters<SignJWT['sign']>[0]): Promise<string> =>
  new SignJWT(CLAIMS)
    .setProtectedHeader({ alg, kid: 'bench-1', typ: 'JWT' })
    .setIssuer('https://login.example.com')
    .setSubject('user-42')
    .setAudience('origin')
    .setIssuedAt()
    .setExpirationTime('1d')
    .setJti(randomBytes(16).toString('hex'))
    .sign(key)

/** A session of ours, through the API. */
export async function ourLogin(url: string, apiKey: string): Promise<Visitor> {
  const response = await fetch(`${url}/_session/v1/sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      subject: 'user-42',
      permissions: CLAIMS.permissions,
      labels: { tenant: 'acme' },
    }),
  })
  const { token } = (await expectOk(response)) as { token: string }
  return { cookies: ['__Host-session=%TOKEN%'], tokens: [token] }
}

/** Signs up at better-auth; the answer's cookies are the visitor's. */
export async function betterAuthLogin(url: string): Promise<Visitor> {
  const response = await fetch(`${url}/api/auth/sign-up/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: 'http://localhost' },
    body: JSON.stringify({
      email: `${randomBytes(6).toString('hex')}@example.com`,
      password: 'correct horse battery staple',
      name: 'User 42',
    }),
  })
  await expectOk(response)
  return { cookies: response.headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0] ?? '') }
}

/** OAuth 2.1's authorization code with PKCE, at the provider's own endpoints. */
export async function oauthLogin(url: string, host: string): Promise<Visitor> {
  // The provider knows itself by this name; fetch would not let the header through.
  const { request } = await import('node:http')
  const ask = (path: string, form?: URLSearchParams) =>
    new Promise<{ location: string; body: string }>((resolve, reject) => {
      const headers = { host, ...(form && { 'content-type': 'application/x-www-form-urlencoded' }) }
      const call = request(
        url + path,
        { method: form ? 'POST' : 'GET', headers },
        async (answer) => {
          let body = ''
          for await (const chunk of answer) body += chunk
          resolve({ location: answer.headers.location ?? '', body })
        },
      )
      call.once('error', reject)
      call.end(form?.toString())
    })
  const verifier = randomBytes(32).toString('base64url')
  const { clientId } = JSON.parse((await ask('/client')).body) as { clientId: string }
  const client = { client_id: clientId, redirect_uri: 'http://localhost/callback' }
  const query = new URLSearchParams({
    ...client,
    response_type: 'code',
    scope: 'orders',
    resource: 'http://localhost/api',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const { location, body: refusal } = await ask(`/authorize?${query}`)
  if (location === '') throw new Error(`no authorization: ${refusal}`)
  const code = new URL(location).searchParams.get('code') ?? ''
  const grant = { grant_type: 'authorization_code', code, code_verifier: verifier }
  const { body } = await ask('/oauth/token', new URLSearchParams({ ...client, ...grant }))
  const { access_token: token } = JSON.parse(body) as { access_token?: string }
  if (token === undefined) throw new Error(`no access token: ${body}`)
  return { cookies: [], authorization: 'Bearer %TOKEN%', tokens: [token] }
}

async function expectOk(response: Response): Promise<unknown> {
  const body = await response.text()
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${body}`)
  return JSON.parse(body)
}
