/**
 * The one self-contained token there is: the statement to the origin (ASVS 5.0 V9). What an origin that checks
 * as README "What the origin must check" says takes and refuses, and that no token passes for another kind.
 * The origin's check is jose's; that what we sign lets it tell is ours to show.
 */
import {
  base64url,
  createLocalJWKSet,
  decodeJwt,
  exportJWK,
  generateKeyPair,
  type JSONWebKeySet,
  type JWTHeaderParameters,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { SIGNING_JWK, SITE, seenBy, startWorker, type Worker } from '../support/worker.ts'

const ISSUER = `${SITE}/_session`
const TYP = 'session-assertion+jwt'
const HEADER = { alg: 'ES256', kid: SIGNING_JWK.kid, typ: TYP }
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

let worker: Worker
let assertion: string
let claims: JWTPayload
let published: JSONWebKeySet

/** As README has it. */
const verify = (jwt: string, currentDate = new Date()) =>
  jwtVerify(jwt, createLocalJWKSet(published), {
    issuer: ISSUER,
    audience: 'origin',
    typ: TYP,
    requiredClaims: ['exp', 'sub', 'sid'],
    currentDate,
  })

const assertionFor = async (token: string, by: Worker = worker, path = '/app') =>
  (await seenBy(await by.visit(path, { token }))).all('session-assertion')[0] ?? ''

beforeAll(async () => {
  worker = await startWorker()
  const { token } = await worker.login({ permissions: ['read'] })
  assertion = await assertionFor(token)
  claims = decodeJwt(assertion)
  const response = await worker.visit('/_session/.well-known/jwks.json')
  published = (await response.json()) as JSONWebKeySet
})

const part = (value: unknown) => base64url.encode(JSON.stringify(value))
/** Signed with the deployment's own key: only what it says is wrong. */
const signed = async (payload: JWTPayload, header: Partial<JWTHeaderParameters> = {}) =>
  new SignJWT(payload).setProtectedHeader({ ...HEADER, ...header }).sign(SIGNING_JWK)

describe('the statement to the origin', () => {
  it('is taken as it is, and says who, for whom, until when and what kind it is', async () => {
    const { payload, protectedHeader } = await verify(assertion)
    expect(protectedHeader).toEqual(HEADER)
    expect(payload).toMatchObject({ iss: ISSUER, aud: 'origin', permissions: ['read'] })
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60)
  })

  it('is refused with anything in it changed', async () => {
    const [head, , signature] = assertion.split('.')
    for (const change of [{ sub: 'admin' }, { permissions: ['admin'] }, { exp: 9_999_999_999 }]) {
      const forged = `${head}.${part({ ...claims, ...change })}.${signature}`
      await expect(verify(forged)).rejects.toThrow('signature')
    }
  })

  it('is signed with one of two asymmetric algorithms, and no other is taken', async () => {
    expect(published.keys.map(({ alg }) => alg)).toEqual(['ES256', 'EdDSA'])
    const none = `${part({ ...HEADER, alg: 'none' })}.${part(claims)}.`
    await expect(verify(none)).rejects.toThrow()
    // Key confusion: the public key, known to everybody, as the secret of an HMAC.
    const secret = new TextEncoder().encode(JSON.stringify(published.keys[0]))
    const header = { ...HEADER, alg: 'HS256' }
    const confused = await new SignJWT(claims).setProtectedHeader(header).sign(secret)
    await expect(verify(confused)).rejects.toThrow()
  })

  it('is not believed by a key that it brings itself', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    for (const own of [
      { jwk: await exportJWK(publicKey) },
      { jku: 'https://evil.test/keys' },
      { kid: 'evil' },
    ]) {
      const header = { ...HEADER, ...own }
      const forged = await new SignJWT(claims).setProtectedHeader(header).sign(privateKey)
      await expect(verify(forged)).rejects.toThrow()
    }
  })

  it('is over at its end, which is what is configured', async () => {
    const own = await startWorker({ ASSERTION_LIFETIME_SECONDS: 5 })
    const short = await assertionFor((await own.login()).token, own)
    await verify(short)
    const end = new Date((decodeJwt(short).exp ?? 0) * 1000)
    await expect(verify(short, end)).rejects.toThrow('"exp"')
  })

  it('is for one audience, one issuer and one purpose', async () => {
    const own = await startWorker({ ASSERTION_AUDIENCE: 'billing' })
    const { token } = await own.login()
    const billing = await assertionFor(token, own)
    expect(decodeJwt(billing).aud).toBe('billing')
    await expect(verify(billing)).rejects.toThrow('"aud"')
    const policies = [{ match: '/billing/*', audience: 'billing' }]
    const shared = await startWorker({ POLICIES: policies })
    const routed = await assertionFor(token, shared, '/billing/x')
    expect(decodeJwt(routed).aud).toBe('billing')
    await expect(verify(routed)).rejects.toThrow('"aud"')
    await verify(await assertionFor(token, shared, '/app'))
    const elsewhere = await assertionFor(token, worker, 'https://other.test/app')
    await expect(verify(elsewhere)).rejects.toThrow('"iss"')
    await expect(verify(await signed(claims, { typ: 'JWT' }))).rejects.toThrow('"typ"')
    await expect(verify(await signed(claims, { typ: 'at+jwt' }))).rejects.toThrow('"typ"')
    await verify(await signed(claims))
  })
})

describe('no token passes for another kind', () => {
  it('a statement to the origin opens neither the site nor the API', async () => {
    for (const init of [{ token: assertion }, { cookie: `__Host-session=${assertion}` }]) {
      expect((await worker.visit('/app', init)).status).toBe(401)
    }
    expect((await worker.api('GET', '/events', undefined, assertion)).status).toBe(401)
    const asked = await worker.api('POST', '/introspect', `token=${assertion}`, undefined, FORM)
    expect(asked.body).toEqual({ active: false })
  })

  it('a session token is no key of the API, a key and a sid are no session, none is a statement', async () => {
    const { token, sid } = await worker.login()
    expect((await worker.api('GET', '/events', undefined, token)).status).toBe(401)
    for (const other of ['test-key-all', sid, `sess_${sid}`]) {
      expect((await worker.visit('/app', { token: other })).status).toBe(401)
    }
    await expect(verify(token)).rejects.toThrow()
  })
})
