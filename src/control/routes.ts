/**
 * The operator API: the table of endpoints, laid out as routes.
 * A path outside the table is 404, a method outside it 405 with `Allow`; both before any key is looked
 * at, since the table is public. Must never route anything the table does not name.
 */
import { Hono } from 'hono/tiny'
import { answer } from './call.ts'
import type { ControlDependencies } from './dependencies.ts'
import { BASE_PATH, issuerOf } from './endpoint.ts'
import { problem } from './problem.ts'
import { REFERENCE_PATH, referencePage } from './reference.ts'
import { endpointTable } from './table.ts'
import { authorizationServerMetadata, JWKS_PATH, publicKeySet } from './well-known.ts'

/** RFC 8414 section 3.1: the well-known part goes between the issuer's host and its path. */
export const METADATA_PATH = '/.well-known/oauth-authorization-server/_session'
/** Verifiers may keep the key set that long; a rotation publishes a key before it signs with it. */
const PUBLIC_CACHE = 'public, max-age=300'

/**
 * The control plane as a Hono app with full paths. It answers everything itself, 404 included, so that
 * nothing under /_session/ can reach the origin, and never rejects.
 */
export function controlPlane(deps: ControlDependencies): Hono {
  const app = new Hono()
  const byPath = Map.groupBy(endpointTable(deps), ({ path }) => path)
  for (const [path, endpoints] of byPath) {
    const fullPath = `${BASE_PATH}${path}`
    for (const endpoint of endpoints) {
      app.on(endpoint.method, fullPath, (c) => answer(c.req.raw, endpoint, deps))
    }
    const allow = endpoints
      .map(({ method }) => (method === 'GET' ? 'GET, HEAD' : method))
      .join(', ')
    app.all(fullPath, () => notAllowed(allow))
  }
  app.get(JWKS_PATH, () =>
    Response.json(publicKeySet(deps.config.assertionKeys), {
      headers: { 'cache-control': PUBLIC_CACHE },
    }),
  )
  app.all(JWKS_PATH, () => notAllowed('GET, HEAD'))
  app.get(METADATA_PATH, (c) =>
    Response.json(authorizationServerMetadata(issuerOf(c.req.raw)), {
      headers: { 'cache-control': PUBLIC_CACHE },
    }),
  )
  app.get(REFERENCE_PATH, (c) => referencePage(new URL(c.req.url).origin))
  app.all(REFERENCE_PATH, () => notAllowed('GET, HEAD'))
  app.all('*', () => problem('not_found', 'There is nothing at this path.'))
  return app
}

const notAllowed = (allow: string): Response =>
  problem('method_not_allowed', `This path takes ${allow}.`, { headers: { allow } })
