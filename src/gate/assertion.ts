/**
 * The signed statement to the origin: who is calling (RFC 7519; explicit `typ` as RFC 8725 3.11 asks).
 * Signed once per state of a session and half its lifetime, never per request. Must never outlive its
 * `exp`, and never hold the token or its secret.
 */
import { type JWK, SignJWT } from 'jose'
import type { AssertionKey } from '../vocabulary/config.ts'
import type { LiveSession } from '../vocabulary/session.ts'
import type { Identity } from './origin-request.ts'

interface Signed {
  readonly identity: Identity
  readonly issuer: string
  readonly audience: string
  readonly renewAtMs: number
}

export interface AssertionOptions {
  readonly keys: readonly AssertionKey[]
  readonly lifetimeSeconds: number
}

export class AssertionSigner {
  readonly #options: AssertionOptions
  /** Keyed by the remembered session itself: a new state is a new object, and so a new assertion. */
  readonly #signed = new WeakMap<LiveSession, Signed>()

  constructor(options: AssertionOptions) {
    this.#options = options
  }

  /**
   * Who is calling, with a JWT valid for at least half its lifetime from `nowMs`. The very same object
   * until it has to be renewed. `issuer` is the request's origin + /_session.
   */
  identify(
    live: LiveSession,
    issuer: string,
    audience: string,
    nowMs: number,
  ): Identity | Promise<Identity> {
    const known = this.#signed.get(live)
    return known &&
      nowMs < known.renewAtMs &&
      known.issuer === issuer &&
      known.audience === audience
      ? known.identity
      : this.#renew(live, issuer, audience, nowMs)
  }

  async #renew(
    live: LiveSession,
    issuer: string,
    audience: string,
    nowMs: number,
  ): Promise<Identity> {
    const [signing] = this.#options.keys
    if (!signing) throw new Error('no assertion key')
    const { lifetimeSeconds } = this.#options
    const iat = Math.floor(nowMs / 1000)
    const assertion = await new SignJWT({
      sid: live.sid,
      auth_time: Math.floor(live.session.authTimeMs / 1000),
      permissions: [...live.subject.permissions],
    })
      .setProtectedHeader({ alg: signing.alg, kid: signing.kid, typ: 'session-assertion+jwt' })
      .setIssuer(issuer)
      .setSubject(live.subject.subject)
      .setAudience(audience)
      .setIssuedAt(iat)
      .setExpirationTime(iat + lifetimeSeconds)
      .setJti(crypto.randomUUID())
      .sign(signing.jwk as JWK)
    const renewAtMs = nowMs + (lifetimeSeconds * 1000) / 2
    const identity: Identity = {
      assertion,
      sid: live.sid,
      subject: live.subject.subject,
      permissions: live.subject.permissions,
    }
    this.#signed.set(live, { identity, issuer, audience, renewAtMs })
    return identity
  }
}
