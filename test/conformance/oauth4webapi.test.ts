/**
 * oauth4webapi, a certified OAuth client library, unmodified: discovers, introspects and revokes. It checks
 * every answer by itself and throws at what the RFCs do not allow.
 */
import * as oauth from 'oauth4webapi'
import { expect, it } from 'vitest'
import { BOUND_MS, CLIENT, elapse, ISSUER, worker } from './clients.ts'

const options = {
  // Where fetch would go over the network: the Worker under test.
  [oauth.customFetch]: (url: string, init: object) =>
    worker.send(new Request(url, init as RequestInit)),
}
const client: oauth.Client = { client_id: CLIENT.id }
const authentication = oauth.ClientSecretBasic(CLIENT.key)

async function discover() {
  const issuer = new URL(ISSUER)
  const response = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options })
  return oauth.processDiscoveryResponse(issuer, response)
}
const introspect = async (server: oauth.AuthorizationServer, token: string) =>
  oauth.processIntrospectionResponse(
    server,
    client,
    await oauth.introspectionRequest(server, client, authentication, token, options),
  )

it('discovers, introspects and revokes', async () => {
  const server = await discover()
  const { token, sid, subject } = await worker.login({ permissions: ['read'] })
  const active = await introspect(server, token)
  expect(active).toMatchObject({ active: true, iss: ISSUER, sub: subject, sid, scope: 'read' })

  const revoked = await oauth.revocationRequest(server, client, authentication, token, options)
  await oauth.processRevocationResponse(revoked)
  expect(await introspect(server, token)).toEqual({ active: false })
  await elapse(BOUND_MS)
  expect((await worker.visit('/', { token })).status).toBe(401)
})

it('authenticates with ids and keys of any characters', async () => {
  const server = await discover()
  const wrong = oauth.ClientSecretBasic('no%such+key: ü')
  const request = oauth.introspectionRequest(server, client, wrong, 'x', options)
  await expect(
    request.then((response) => oauth.processIntrospectionResponse(server, client, response)),
  ).rejects.toMatchObject({ code: oauth.WWW_AUTHENTICATE_CHALLENGE })
})

it('takes an answer for a token that never was as a success', async () => {
  const server = await discover()
  const response = await oauth.revocationRequest(server, client, authentication, 'x', options)
  await expect(oauth.processRevocationResponse(response)).resolves.toBeUndefined()
})
