/**
 * The signed statement to the origin: who is calling (RFC 7519; explicit `typ` as RFC 8725 3.11 asks).
 * Signed once per state of a session, audience and half its lifetime, never per request. Must never outlive its
 * `exp`, hold the token or its secret, or reach an origin that it is not for.
 */
import { type JWK, SignJWT } from 'jose'
import { ownText } from '../session/compact.ts'
import type { AssertionKey } from '../vocabulary/config.ts'
import { MAX_ASSERTIONS_HELD, MAX_ASSERTIONS_PER_SESSION } from '../vocabulary/limits.ts'
import type { LiveSession } from '../vocabulary/session.ts'
import { type Identity, identityOf } from './identity.ts'

interface Signed extends Identity {
  readonly origin: string
  readonly audience: string
  readonly renewAtMs: number
  /** The same session's for other hosts and audiences: most have none. */
  readonly others: readonly Signed[]
}

/** Keyed by the remembered session itself: a new state is a new object, and so a new assertion. */
type Generation = WeakMap<LiveSession, Signed>

const NO_OTHERS: readonly Signed[] = []

export interface AssertionOptions {
  readonly keys: readonly AssertionKey[]
  readonly lifetimeSeconds: number
}

export class AssertionSigner {
  readonly #options: AssertionOptions
  /**
   * Two generations, each of half a lifetime: by the time one goes, all in it have to be renewed anyway. So what
   * is remembered of a session but not used holds no assertion, which is as large as all the rest of it.
   */
  #recent: Generation = new WeakMap()
  #older: Generation = new WeakMap()
  #recentSize = 0
  #turnedAtMs = Number.NEGATIVE_INFINITY
  /** Of the last assertion: one string for all sessions, as most deployments have one host. */
  #origin = ''

  constructor(options: AssertionOptions) {
    this.#options = options
  }

  /**
   * Who is calling, with a JWT valid for at least half its lifetime from `nowMs`. The very same object
   * until it has to be renewed. `origin` is the request's, as scheme://host[:port]; the issuer is under it.
   */
  identify(
    live: LiveSession,
    origin: string,
    audience: string,
    nowMs: number,
  ): Identity | Promise<Identity> {
    const known = this.#recent.get(live) ?? this.#older.get(live)
    if (known === undefined) return this.#renew(live, origin, audience, nowMs)
    const signed = isFor(known, origin, audience)
      ? known
      : known.others.find((other) => isFor(other, origin, audience))
    return signed && nowMs < signed.renewAtMs ? signed : this.#renew(live, origin, audience, nowMs)
  }

  async #renew(
    live: LiveSession,
    origin: string,
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
      .setIssuer(`${origin}/_session`)
      .setSubject(live.subject.subject)
      .setAudience(audience)
      .setIssuedAt(iat)
      .setExpirationTime(iat + lifetimeSeconds)
      .setJti(crypto.randomUUID())
      .sign(signing.jwk as JWK)
    const { sid, subject, permissions } = identityOf(live)
    if (origin !== this.#origin) this.#origin = ownText(origin)
    const signed: Signed = {
      assertion,
      sid,
      subject,
      permissions,
      origin: this.#origin,
      audience,
      renewAtMs: nowMs + (lifetimeSeconds * 1000) / 2,
      others: this.#othersThan(live, origin, audience),
    }
    this.#keep(live, signed, nowMs)
    return signed
  }

  #othersThan(live: LiveSession, origin: string, audience: string): readonly Signed[] {
    const known = this.#recent.get(live)
    if (known === undefined) return NO_OTHERS
    const others = [known, ...known.others].filter((each) => !isFor(each, origin, audience))
    if (others.length === 0) return NO_OTHERS
    return others
      .slice(0, MAX_ASSERTIONS_PER_SESSION - 1)
      .map((each) => ({ ...each, others: NO_OTHERS }))
  }

  #keep(live: LiveSession, signed: Signed, nowMs: number): void {
    const halfLifeMs = (this.#options.lifetimeSeconds * 1000) / 2
    // A full one goes early: who falls out of it is signed for again, and memory stays bounded.
    const isFull = this.#recentSize >= MAX_ASSERTIONS_HELD / 2
    if (isFull || nowMs - this.#turnedAtMs >= halfLifeMs) {
      this.#older = this.#recent
      this.#recent = new WeakMap()
      this.#recentSize = 0
      this.#turnedAtMs = nowMs
    }
    this.#recent.set(live, signed)
    this.#recentSize++
  }
}

const isFor = (signed: Signed, origin: string, audience: string): boolean =>
  signed.audience === audience && signed.origin === origin
