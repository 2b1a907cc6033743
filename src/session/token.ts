/**
 * The session token: sealing and opening (design 4). A token is refused here, without the store, when
 * its shape, prefix, key or tag is wrong. The secret stops here: what leaves is an address.
 * Must never put a token or a secret into an error.
 *
 *   <prefix>_<base64url(kid ‖ nonce ‖ AES-256-GCM(key[kid], secret ‖ slot) ‖ tag)>
 *   additional authenticated data: prefix ‖ kid
 */
import { concat, fromBase64Url, sha256, toBase64Url, utf8 } from '../foundation/encoding.ts'
import type { TokenKey } from '../vocabulary/config.ts'
import type { SessionAddress } from '../vocabulary/session.ts'

const NONCE_BYTES = 12
const SECRET_BYTES = 16
const SLOT_BYTES = 16
const DIGEST_BYTES = 16
const TAG_BYTES = 16
const TOKEN_BYTES = 1 + NONCE_BYTES + SECRET_BYTES + SLOT_BYTES + TAG_BYTES
/** base64url length of TOKEN_BYTES: refuses junk before anything is decoded. */
const BODY_LENGTH = Math.ceil((TOKEN_BYTES * 4) / 3)

/** A token and the public address it leads to. */
export interface SealedToken {
  readonly token: string
  readonly address: SessionAddress
}

/** Random input of a token, as an argument so that test vectors can be published. */
export interface TokenRandomness {
  readonly nonce: Uint8Array<ArrayBuffer>
  readonly secret: Uint8Array<ArrayBuffer>
}

/** The name of a subject's keys in Redis: SHA-256("slot" ‖ subject)[0..16], base64url. */
export const slotOf = async (subject: string): Promise<string> =>
  toBase64Url((await sha256(utf8(`slot${subject}`))).subarray(0, SLOT_BYTES))

/** The public id of a session: base64url(slot ‖ digest). Nothing can be opened with it. */
export const sidOf = (address: SessionAddress): string =>
  toBase64Url(concat(bytesOf(address.slot), bytesOf(address.digest)))

/** The address a sid names; null if it is not a sid. */
export function addressOfSid(sid: string): SessionAddress | null {
  const bytes = fromBase64Url(sid)
  if (bytes?.length !== SLOT_BYTES + DIGEST_BYTES) return null
  return {
    slot: toBase64Url(bytes.subarray(0, SLOT_BYTES)),
    digest: toBase64Url(bytes.subarray(SLOT_BYTES)),
  }
}

/** Seals and opens tokens with the deployment's keys; the first key seals, all open. */
export class TokenSealer {
  readonly #prefix: string
  readonly #keys: readonly TokenKey[]
  /** Imported once per key; a CryptoKey is plain data and may be shared between requests. */
  readonly #imported = new Map<string, CryptoKey>()

  constructor(prefix: string, keys: readonly TokenKey[]) {
    this.#prefix = prefix
    this.#keys = keys
  }

  /** A new token for a subject's slot. Fresh randomness unless given (test vectors only). */
  async seal(slot: string, randomness: TokenRandomness = freshRandomness()): Promise<SealedToken> {
    const [key] = this.#keys
    if (!key) throw new Error('no token key')
    const { nonce, secret } = randomness
    const sealed = await crypto.subtle.encrypt(
      this.#algorithm(key.kid, nonce),
      await this.#import(key),
      concat(secret, bytesOf(slot)),
    )
    const body = toBase64Url(concat(utf8(key.kid), nonce, new Uint8Array(sealed)))
    const address = { slot, digest: await digestOf(secret) }
    return { token: `${this.#prefix}_${body}`, address }
  }

  /** The address a token leads to; null if it is not one of ours. Constant work whatever is wrong with it. */
  async open(token: string): Promise<SessionAddress | null> {
    const body = this.#body(token)
    const bytes = body === null ? null : fromBase64Url(body)
    if (bytes?.length !== TOKEN_BYTES) return null
    const kid = String.fromCharCode(bytes[0] ?? 0)
    const key = this.#keys.find((candidate) => candidate.kid === kid)
    if (!key) return null
    const nonce = bytes.subarray(1, 1 + NONCE_BYTES)
    try {
      const opened = new Uint8Array(
        await crypto.subtle.decrypt(
          this.#algorithm(kid, nonce),
          await this.#import(key),
          bytes.subarray(1 + NONCE_BYTES),
        ),
      )
      const secret = opened.subarray(0, SECRET_BYTES)
      return {
        slot: toBase64Url(opened.subarray(SECRET_BYTES)),
        digest: await digestOf(secret),
      }
    } catch (error) {
      // The tag does not match. Anything else is a bug and must not pass for a bad token.
      if (error instanceof DOMException && error.name === 'OperationError') return null
      throw error
    }
  }

  #body(token: string): string | null {
    const prefixLength = this.#prefix.length + 1
    if (token.length !== prefixLength + BODY_LENGTH) return null
    return token.startsWith(`${this.#prefix}_`) ? token.slice(prefixLength) : null
  }

  #algorithm(kid: string, nonce: Uint8Array<ArrayBuffer>) {
    return { name: 'AES-GCM', iv: nonce, additionalData: utf8(this.#prefix + kid), tagLength: 128 }
  }

  async #import(key: TokenKey): Promise<CryptoKey> {
    const known = this.#imported.get(key.kid)
    if (known) return known
    const imported = await crypto.subtle.importKey(
      'raw',
      new Uint8Array(key.bytes),
      'AES-GCM',
      false,
      ['encrypt', 'decrypt'],
    )
    this.#imported.set(key.kid, imported)
    return imported
  }
}

const freshRandomness = (): TokenRandomness => ({
  nonce: crypto.getRandomValues(new Uint8Array(NONCE_BYTES)),
  secret: crypto.getRandomValues(new Uint8Array(SECRET_BYTES)),
})

const digestOf = async (secret: Uint8Array): Promise<string> =>
  toBase64Url((await sha256(concat(utf8('sid'), secret))).subarray(0, DIGEST_BYTES))

function bytesOf(base64url: string): Uint8Array {
  const bytes = fromBase64Url(base64url)
  if (bytes === null) throw new Error('not base64url')
  return bytes
}
