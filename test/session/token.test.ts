/**
 * The token (design 4): published vectors made by other code, rotation of keys, and that nothing but the one
 * token that was sealed opens. What no test can hold, that a token reveals nothing, is the cipher's promise.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromBase64Url, toBase64Url } from '../../src/foundation/encoding.ts'
import { addressOfSid, sidOf, slotOf, TokenSealer } from '../../src/session/token.ts'
import vectors from '../vectors/tokens.json' with { type: 'json' }

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  const decoded = fromBase64Url(base64url)
  if (decoded === null) throw new Error(`not base64url: ${base64url}`)
  return decoded
}

const key = (kid: string, seed: number) => ({ kid, bytes: new Uint8Array(32).fill(seed) })
const sealer = new TokenSealer('sess', [key('1', 1)])

describe('published vectors', () => {
  it.each(vectors)('$prefix, key $kid, $subject', async (vector) => {
    const { prefix, kid, nonce, secret, subject, slot, digest, sid, token } = vector
    const own = new TokenSealer(prefix, [{ kid, bytes: bytes(vector.key) }])
    expect(await slotOf(subject)).toBe(slot)
    const randomness = { nonce: bytes(nonce), secret: bytes(secret) }
    expect(await own.seal(slot, randomness)).toEqual({ token, address: { slot, digest } })
    expect(await own.open(token)).toEqual({ slot, digest })
    expect(sidOf({ slot, digest })).toBe(sid)
    expect(addressOfSid(sid)).toEqual({ slot, digest })
  })
})

describe('rotation of keys', () => {
  const before = key('1', 1)
  const after = key('2', 2)
  const sealed = (keys: readonly (typeof before)[]) =>
    new TokenSealer('sess', keys).seal('AAAAAAAAAAAAAAAAAAAAAA')
  const open = (token: string, keys: readonly (typeof before)[]) =>
    new TokenSealer('sess', keys).open(token)

  it('the first key seals', async () => {
    const { token, address } = await sealed([after, before])
    expect(await open(token, [after])).toEqual(address)
    expect(await open(token, [before])).toBeNull()
  })

  it('a key that no longer seals still opens', async () => {
    const { token, address } = await sealed([before])
    expect(await open(token, [after, before])).toEqual(address)
  })

  it('a key that was taken away opens nothing', async () => {
    const { token } = await sealed([before])
    expect(await open(token, [after])).toBeNull()
  })

  it('another key under the same id opens nothing', async () => {
    const { token } = await sealed([before])
    expect(await open(token, [key('1', 9)])).toBeNull()
  })

  it('the same key under another id opens nothing: the id is authenticated', async () => {
    const { token } = await sealed([before])
    const body = bytes(token.slice('sess_'.length))
    body[0] = '2'.charCodeAt(0)
    const renamed = `sess_${toBase64Url(body)}`
    expect(await open(renamed, [key('2', 1)])).toBeNull()
  })
})

describe('a token', () => {
  const subjects = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })

  it('opens to the address it was sealed with, and to the slot of its subject', async () => {
    await fc.assert(
      fc.asyncProperty(subjects, async (subject) => {
        const slot = await slotOf(subject)
        const { token, address } = await sealer.seal(slot)
        expect(await sealer.open(token)).toEqual(address)
        expect(address.slot).toBe(slot)
      }),
    )
  })

  it('is never the same twice, nor its session', async () => {
    const slot = await slotOf('user-42')
    const many = await Promise.all(Array.from({ length: 200 }, () => sealer.seal(slot)))
    expect(new Set(many.map(({ token }) => token)).size).toBe(200)
    expect(new Set(many.map(({ address }) => address.digest)).size).toBe(200)
    // Nothing but prefix and key id is the same in two of them.
    const [a = '', b = ''] = many.map(({ token }) => token)
    expect(a.slice(0, 6)).toBe(b.slice(0, 6))
    expect(a.slice(-60)).not.toBe(b.slice(-60))
  })

  it('holds neither its slot nor its digest in the open', async () => {
    const { token, address } = await sealer.seal(await slotOf('user-42'))
    const sealed = bytes(token.slice('sess_'.length))
    const hex = (part: Uint8Array) => [...part].map((byte) => byte.toString(16)).join()
    expect(hex(sealed)).not.toContain(hex(bytes(address.slot)))
    expect(hex(sealed)).not.toContain(hex(bytes(address.digest)))
  })

  it('with any single character changed opens nothing', async () => {
    const { token } = await sealer.seal(await slotOf('user-42'))
    for (let at = 0; at < token.length; at++) {
      for (const other of [...BASE64URL, '=', '.', ' ', '+', '/']) {
        if (other === token[at]) continue
        // All of them for the first and the last characters, some of them in between.
        if (at > 8 && at < token.length - 3 && (other.charCodeAt(0) + at) % 8 !== 0) continue
        const changed = token.slice(0, at) + other + token.slice(at + 1)
        expect(await sealer.open(changed), `${at}: ${other}`).toBeNull()
      }
    }
  })

  it('with any single bit flipped opens nothing', async () => {
    const { token } = await sealer.seal(await slotOf('user-42'))
    const body = bytes(token.slice('sess_'.length))
    for (let bit = 0; bit < body.length * 8; bit++) {
      const flipped = body.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(await sealer.open(`sess_${toBase64Url(flipped)}`), `bit ${bit}`).toBeNull()
    }
  })

  it('cut short or made longer opens nothing', async () => {
    const { token } = await sealer.seal(await slotOf('user-42'))
    for (let length = 0; length < token.length; length++) {
      expect(await sealer.open(token.slice(0, length))).toBeNull()
      if (length > 0) expect(await sealer.open(token.slice(length))).toBeNull()
    }
    const added = fc.string({ minLength: 1, maxLength: 50 })
    await fc.assert(
      fc.asyncProperty(added, fc.boolean(), async (more, isBefore) => {
        expect(await sealer.open(isBefore ? more + token : token + more)).toBeNull()
      }),
    )
    const body = bytes(token.slice('sess_'.length))
    const longer = new Uint8Array([...body, 0])
    expect(await sealer.open(`sess_${toBase64Url(longer)}`)).toBeNull()
  })

  it('has one spelling: the unused bits of its last character count', async () => {
    const { token, address } = await sealer.seal(await slotOf('user-42'))
    const unused = (6 - ((61 * 8) % 6)) % 6
    expect(unused).toBeGreaterThan(0)
    const last = BASE64URL.indexOf(token.at(-1) ?? '')
    const opened = []
    for (let other = 0; other < 1 << unused; other++) {
      const spelling = token.slice(0, -1) + BASE64URL[(last & ~((1 << unused) - 1)) | other]
      opened.push(await sealer.open(spelling))
    }
    expect(opened.filter((answer) => answer !== null)).toEqual([address])
  })

  it.each(['SESS', 'ses', 'sesss', 'acme', '', ' sess', 'sess_sess'])(
    'under the prefix %j opens nothing',
    async (prefix) => {
      const { token } = await sealer.seal(await slotOf('user-42'))
      expect(await sealer.open(`${prefix}_${token.slice('sess_'.length)}`)).toBeNull()
    },
  )

  it('of a deployment with another prefix and the same key opens nothing', async () => {
    const { token } = await new TokenSealer('acme', [key('1', 1)]).seal(await slotOf('user-42'))
    expect(await sealer.open(`sess_${token.slice('acme_'.length)}`)).toBeNull()
  })

  it('is never made out of anything that is not one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async (text) => {
        expect(await sealer.open(text)).toBeNull()
        expect(await sealer.open(`sess_${text}`)).toBeNull()
      }),
    )
    const alphabet = fc.constantFrom(...BASE64URL)
    await fc.assert(
      fc.asyncProperty(fc.array(alphabet, { minLength: 82, maxLength: 82 }), async (characters) => {
        expect(await sealer.open(`sess_M${characters.slice(1).join('')}`)).toBeNull()
      }),
    )
  })
})

describe('a sid', () => {
  it('names one address and has one spelling', () => {
    const part = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(toBase64Url)
    fc.assert(
      fc.property(part, part, (slot, digest) => {
        const sid = sidOf({ slot, digest })
        expect(addressOfSid(sid)).toEqual({ slot, digest })
        for (const other of [`${sid}=`, `${sid}A`, sid.slice(1), sid.slice(0, -1), `${sid}\n`]) {
          expect(addressOfSid(other)).toBeNull()
        }
        const last = BASE64URL.indexOf(sid.at(-1) ?? '')
        expect(addressOfSid(sid.slice(0, -1) + BASE64URL[last ^ 1])).toBeNull()
      }),
    )
    for (const junk of ['', '/', '..', 'é', 'a'.repeat(1000)]) expect(addressOfSid(junk)).toBeNull()
  })
})

it('two subjects share no slot, however alike their names', async () => {
  const names = ['a', 'A', 'a ', ' a', 'é', 'e\u0301', 'a/b', 'a%2Fb', 'slot', 'slota', '']
  const slots = await Promise.all(names.map(slotOf))
  expect(new Set(slots).size).toBe(names.length)
})
