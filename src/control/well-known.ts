/**
 * What anybody may read: the keys that verify assertions (RFC 7517), and where OAuth clients find what they
 * know (RFC 8414).
 * Must never publish a private member: it picks the public ones by name and copies nothing else.
 */
import type { AssertionKey } from '../vocabulary/config.ts'
import { BASE_PATH } from './endpoint.ts'

export const JWKS_PATH = '/_session/.well-known/jwks.json'

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

/**
 * RFC 8414 section 2. There is no authorization and no token endpoint: sessions are made by the operator's
 * backend. `response_types_supported` is required, and empty; grant types are empty because the default is not.
 */
export const authorizationServerMetadata = (issuer: string) => {
  const { origin } = new URL(issuer)
  const methods = ['client_secret_basic']
  return {
    issuer,
    jwks_uri: origin + JWKS_PATH,
    response_types_supported: [],
    grant_types_supported: [],
    introspection_endpoint: `${origin}${BASE_PATH}/introspect`,
    introspection_endpoint_auth_methods_supported: [...methods, 'Bearer'],
    revocation_endpoint: `${origin}${BASE_PATH}/revoke`,
    revocation_endpoint_auth_methods_supported: methods,
  }
}
