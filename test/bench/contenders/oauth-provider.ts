/**
 * @cloudflare/workers-oauth-provider in its one-Worker shape (fewer hops than the split one it recommends),
 * validating the access token it issued. Must never be given a KV in its own process: the real one is not.
 * @see its README, "One Worker: OAuthProvider"
 */

import { WorkerEntrypoint } from 'cloudflare:workers'
import { type OAuthHelpers, OAuthProvider } from '@cloudflare/workers-oauth-provider'
import { type Env, forward } from './forward.ts'

interface OAuthEnv extends Env {
  readonly OAUTH_KV: KVNamespace
  readonly OAUTH_PROVIDER: OAuthHelpers
}

class ApiHandler extends WorkerEntrypoint<OAuthEnv> {
  override fetch(request: Request) {
    const { userId } = this.ctx.props as { userId: string }
    return forward(request, this.env.ORIGIN_URL, userId)
  }
}

/** Where a person would sign in and agree; here everybody is user-42 and agrees. */
const defaultHandler = {
  async fetch(request: Request, env: OAuthEnv): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/client') {
      const redirectUris = ['http://localhost/callback']
      const client = { redirectUris, tokenEndpointAuthMethod: 'none' }
      return Response.json(await env.OAUTH_PROVIDER.createClient(client))
    }
    const asked = await env.OAUTH_PROVIDER.parseAuthRequest(request)
    const { redirectTo } = await env.OAUTH_PROVIDER.completeAuthorization({
      request: asked,
      userId: 'user-42',
      metadata: {},
      scope: asked.scope,
      props: { userId: 'user-42', permissions: ['orders:read', 'orders:write'] },
    })
    return Response.redirect(redirectTo, 302)
  },
}

export default new OAuthProvider<OAuthEnv>({
  apiRoute: '/api',
  apiHandler: ApiHandler,
  defaultHandler,
  authorizeEndpoint: '/authorize',
  tokenEndpoint: '/oauth/token',
  scopesSupported: ['orders'],
  accessTokenTTL: 86_400,
  resourceMetadata: {
    resource: 'http://localhost/api',
    authorization_servers: ['http://localhost'],
  },
  requiredScopes: ['orders'],
})
