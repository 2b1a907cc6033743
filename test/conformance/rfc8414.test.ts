/** RFC 8414, OAuth 2.0 Authorization Server Metadata: each requirement on the server, by section. */
import { expect, it } from 'vitest'
import { SITE } from '../support/worker.ts'
import { ISSUER, jsonOf, METADATA, worker } from './clients.ts'

const response = await worker.visit(METADATA)
const metadata = await jsonOf(response)

it('3.1: stands between the host and the path of the issuer, and is read with GET', () => {
  expect(new URL(METADATA).pathname).toBe(
    `/.well-known/oauth-authorization-server${new URL(ISSUER).pathname}`,
  )
  expect(response.status).toBe(200)
})

it('3.2: is a JSON object; claims with zero elements are left out, but for the required one', () => {
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  const empty = Object.keys(metadata).filter((name) => metadata[name]?.length === 0)
  // grant_types_supported is empty because leaving it out would mean the default of section 2.
  expect(empty.sort()).toEqual(['grant_types_supported', 'response_types_supported'])
})

it('3.3: the issuer is the one the address was made from, on whichever host', async () => {
  expect(metadata.issuer).toBe(ISSUER)
  const other = 'https://other.test:8443'
  const elsewhere = await worker.visit(METADATA.replace(SITE, other))
  expect(await jsonOf(elsewhere)).toMatchObject({ issuer: `${other}/_session` })
})

it('2: issuer is a URL without query or fragment; response_types_supported is REQUIRED', () => {
  expect(new URL(metadata.issuer)).toMatchObject({ search: '', hash: '' })
  expect(metadata.response_types_supported).toEqual([])
  expect(metadata).not.toHaveProperty('token_endpoint')
})

it('2: names the endpoints and how clients authenticate there', async () => {
  expect(metadata).toMatchObject({
    introspection_endpoint: `${SITE}/_session/v1/introspect`,
    introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'Bearer'],
    revocation_endpoint: `${SITE}/_session/v1/revoke`,
    revocation_endpoint_auth_methods_supported: ['client_secret_basic'],
  })
  const keys = await worker.visit(metadata.jwks_uri)
  expect((await jsonOf(keys)).keys.length).toBeGreaterThan(0)
})
