/**
 * What anybody may read of the keys: the JWKS that verifies assertions (RFC 7517).
 * Must never publish a private member: it picks the public ones by name and copies nothing else.
 */
import type { AssertionKey } from '../vocabulary/config.ts'

const PUBLIC_MEMBERS = ['kty', 'crv', 'x', 'y'] as const

/** Every configured key, so that an assertion signed before a rotation still verifies. */
export const publicKeySet = (keys: readonly AssertionKey[]) => ({
  keys: keys.map(({ kid, alg, jwk }) => ({
    ...Object.fromEntries(
      PUBLIC_MEMBERS.filter((member) => member in jwk).map((member) => [member, jwk[member]]),
    ),
    kid,
    alg,
    use: 'sig',
  })),
})
