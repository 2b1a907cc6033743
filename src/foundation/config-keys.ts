/**
 * The three key secrets: TOKEN_KEYS, API_KEYS, ASSERTION_KEYS.
 * Must never put key material into a problem; a problem names a position or a key id.
 */
import * as z from 'zod/mini'
import { type ApiKey, type AssertionKey, SCOPES, type TokenKey } from '../vocabulary/config.ts'
import { fromJsonText, problem } from './config-values.ts'
import { fromBase64Url, sha256FromHex } from './encoding.ts'

const TOKEN_KEYS_SHAPE =
  'must be kid:base64url(32 bytes), comma-separated, kid one of 0-9a-z, none twice'

/** `kid:base64url(32 bytes)`, comma-separated. */
export const tokenKeys = z.pipe(
  z
    .string(problem('missing'))
    .check(z.refine((text) => parseTokenKeys(text) !== null, TOKEN_KEYS_SHAPE)),
  z.transform((text): readonly TokenKey[] => parseTokenKeys(text) ?? []),
)

function parseTokenKeys(text: string): readonly TokenKey[] | null {
  const keys = text.split(',').map((part) => {
    const [, kid, encoded] = /^\s*([0-9a-z]):([A-Za-z0-9_-]{43})\s*$/.exec(part) ?? []
    const bytes = encoded === undefined ? null : fromBase64Url(encoded)
    return kid === undefined || bytes?.length !== 32 ? null : { kid, bytes }
  })
  const whole = keys.filter((key) => key !== null)
  const distinct = new Set(whole.map(({ kid }) => kid))
  return whole.length === keys.length && distinct.size === keys.length ? whole : null
}

const apiKey = z.strictObject(
  {
    sha256: z
      .string('must be 64 hex digits')
      .check(z.refine((text) => sha256FromHex(text) !== null, 'must be 64 hex digits')),
    scopes: z.array(
      z.enum(SCOPES, `must be one of ${SCOPES.join(', ')}`),
      'must be an array of scopes',
    ),
  },
  'must be {"sha256": "…", "scopes": ["…"]}',
)

/** `{"<id>": {"sha256": "<hex>", "scopes": ["…"]}}`. */
export const apiKeys = z.pipe(
  fromJsonText(
    z.record(
      z.string().check(z.regex(/^[A-Za-z0-9_.-]{1,64}$/, 'key ids are 1 to 64 of A-Za-z0-9_.-')),
      apiKey,
      problem('must be a JSON object of key ids'),
    ),
  ),
  z.transform((keys): readonly ApiKey[] =>
    Object.entries(keys).map(([id, { sha256, scopes }]) => ({
      id,
      sha256: sha256FromHex(sha256) ?? new Uint8Array(32),
      scopes,
    })),
  ),
)

const jwkShared = {
  kid: z.string('kid must be a string').check(z.minLength(1, 'kid must not be empty')),
  d: z.string('must be a private key (d)'),
  x: z.string('x is missing'),
}

const assertionJwk = z.union(
  [
    z.looseObject({ ...jwkShared, kty: z.literal('EC'), crv: z.literal('P-256'), y: z.string() }),
    z.looseObject({ ...jwkShared, kty: z.literal('OKP'), crv: z.literal('Ed25519') }),
  ],
  'must be a private P-256 (ES256) or Ed25519 (EdDSA) JWK with a kid',
)

/** JSON array of private JWKs; the first signs, all are published. */
export const assertionKeys = z.pipe(
  fromJsonText(
    z.array(assertionJwk, problem('must be a JSON array of private JWKs')).check(
      z.minLength(1, 'must hold at least one key'),
      z.refine(
        (keys) => new Set(keys.map(({ kid }) => kid)).size === keys.length,
        'has a kid twice',
      ),
    ),
  ),
  z.transform((keys): readonly AssertionKey[] =>
    keys.map((jwk) => ({ kid: jwk.kid, alg: jwk.kty === 'EC' ? 'ES256' : 'EdDSA', jwk })),
  ),
)
