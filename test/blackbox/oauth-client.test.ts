/**
 * oauth4webapi, a certified OAuth client library, unmodified, over HTTP against the built Worker: given the issuer
 * and a key, it finds the rest by itself. What each RFC asks for stands in test/conformance/.
 */
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { operatorClient } from '../../src/client/client.js'
import { type BuiltWorker, buildWorker } from '../edges/build.ts'
import { type Edge, serveEdge } from '../edges/serve.ts'
import { makeSecrets } from '../stand/dev-vars.ts'
import { type Stand, startStand } from '../stand/http-redis.ts'

let stand: Stand
let worker: BuiltWorker
let edge: Edge
let key: string

beforeAll(async () => {
  stand = await startStand({ backend: 'memory', regions: [{ name: 'local', lagMs: 0 }] })
  const secrets = await makeSecrets(stand.regions[0]?.url ?? '', stand.token)
  key = secrets.apiKey
  worker = await buildWorker()
  edge = await serveEdge(worker, { vars: secrets.vars })
})

afterAll(async () => {
  await edge?.stop()
  worker?.remove()
  await stand?.stop()
})

it('discovers, introspects and revokes', async () => {
  // Loopback has no TLS.
  const options = { [oauth.allowInsecureRequests]: true }
  const issuer = new URL(`${edge.url}/_session`)
  const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options })
  const server = await oauth.processDiscoveryResponse(issuer, found)
  const client = { client_id: 'dev' }
  const authentication = oauth.ClientSecretBasic(key)
  const { data } = await operatorClient({ url: edge.url, key }).POST('/sessions', {
    body: { subject: 'ada', permissions: ['read'] },
  })
  const token = data?.token ?? ''
  const introspect = async () =>
    oauth.processIntrospectionResponse(
      server,
      client,
      await oauth.introspectionRequest(server, client, authentication, token, options),
    )
  expect(await introspect()).toMatchObject({ active: true, sub: 'ada', scope: 'read' })
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(server, client, authentication, token, options),
  )
  expect(await introspect()).toEqual({ active: false })
})
