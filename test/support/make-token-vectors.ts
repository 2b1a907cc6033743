/**
 * Makes test/vectors/tokens.json from design 4 with node:crypto alone, nothing of src: a second reading
 * of the format that src must agree with. Usage: node test/support/make-token-vectors.ts
 * Must never be run to make a failing test pass: tokens that are out there would not open any more.
 */
import { createCipheriv, createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'

const base64Url = (bytes: Buffer) => bytes.toString('base64url')
const sha256 = (...parts: (string | Buffer)[]) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
/** Bytes that look like nothing in particular, the same in every run. */
const bytes = (seed: string, length: number) => sha256(`token vectors: ${seed}`).subarray(0, length)

const CASES = [
  { prefix: 'sess', kid: '1', subject: 'user-42' },
  { prefix: 'sess', kid: 'a', subject: 'user-42' },
  { prefix: 'acme', kid: '1', subject: 'user-42' },
  { prefix: 'A1b2C3d4E5f6G7h8', kid: 'z', subject: 'Zoë / 日本 %2F' },
  { prefix: 's', kid: '0', subject: ' ' },
  { prefix: 'sess', kid: '9', subject: '👩‍👩‍👧'.repeat(20) },
]

const vectors = CASES.map(({ prefix, kid, subject }, i) => {
  const key = bytes(`key ${kid}`, 32)
  const nonce = bytes(`nonce ${i}`, 12)
  const secret = bytes(`secret ${i}`, 16)
  const slot = sha256('slot', Buffer.from(subject, 'utf8')).subarray(0, 16)
  const digest = sha256('sid', secret).subarray(0, 16)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(prefix + kid, 'utf8'))
  const sealed = Buffer.concat([cipher.update(Buffer.concat([secret, slot])), cipher.final()])
  const body = Buffer.concat([Buffer.from(kid), nonce, sealed, cipher.getAuthTag()])
  return {
    prefix,
    kid,
    key: base64Url(key),
    nonce: base64Url(nonce),
    secret: base64Url(secret),
    subject,
    slot: base64Url(slot),
    digest: base64Url(digest),
    sid: base64Url(Buffer.concat([slot, digest])),
    token: `${prefix}_${base64Url(body)}`,
  }
})

const target = new URL('../vectors/tokens.json', import.meta.url)
writeFileSync(target, `${JSON.stringify(vectors, null, 2)}\n`)
