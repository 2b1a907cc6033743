/**
 * The operator API's way in: which endpoint, whose key, may it, is the body as described; then the endpoint.
 * Answers in this order: 404, 405, 401, 403, 413, 400, 422. A failed request has changed nothing.
 * Must never let a path under /_session/ through to the origin.
 */
import { Hono } from 'hono/tiny'
import { describeException } from '../foundation/log.ts'
import { StoreUnavailable } from '../foundation/redis.ts'
import type { ApiKey } from '../vocabulary/config.ts'
import { RETRY_AFTER_SECONDS } from '../vocabulary/limits.ts'
import { err, ok, type Result } from '../vocabulary/result.ts'
import { invalid, readJson } from './body.ts'
import type { ControlDeps, Endpoint } from './endpoint.ts'
import { healthResponse } from './health.ts'
import openApi from './openapi.json' with { type: 'json' }
import { operatorOf } from './operator.ts'
import { document, problem } from './problem.ts'
import { BASE_PATH, ENDPOINTS } from './table.ts'
import { publicKeySet } from './well-known.ts'

export const HEALTH_PATH = `${BASE_PATH}/health`
const JWKS_PATH = '/_session/.well-known/jwks.json'
/** Verifiers may keep the key set that long; a rotation publishes the new key before it signs. */
const JWKS_CACHE = 'public, max-age=300'

/** Everything under /_session/, as a Hono app. */
export function controlPlane(deps: ControlDeps): Hono {
  const app = new Hono()
  for (const path of new Set(ENDPOINTS.map((endpoint) => endpoint.path))) {
    const atPath = ENDPOINTS.filter((endpoint) => endpoint.path === path)
    app.all(BASE_PATH + path, ({ req }) => answer(atPath, req.method, req.raw, deps))
  }
  const open = (path: string, get: (request: Request) => Response | Promise<Response>) =>
    app.all(path, ({ req }) => (req.method === 'GET' ? get(req.raw) : notAllowed(['GET'])))
  open(HEALTH_PATH, (request) => healthResponse(request, deps))
  open(`${BASE_PATH}/openapi.json`, () => document(openApi))
  open(JWKS_PATH, () =>
    document(publicKeySet(deps.config.assertionKeys), 200, { 'cache-control': JWKS_CACHE }),
  )
  app.notFound(() => problem(404, 'not_found'))
  app.onError((error) => failure(error, deps))
  return app
}

async function answer(
  atPath: readonly Endpoint[],
  method: string,
  request: Request,
  deps: ControlDeps,
): Promise<Response> {
  const endpoint = atPath.find((candidate) => candidate.method === method)
  if (!endpoint) return notAllowed(atPath.map((candidate) => candidate.method))
  const operator = await authorized(request, endpoint, deps)
  if (!operator.ok) return operator.error
  const url = new URL(request.url)
  const params = paramsOf(endpoint.path, url.pathname.slice(BASE_PATH.length))
  if (!params)
    return problem(400, 'invalid_request', { detail: 'The path is not percent-encoded UTF-8.' })
  const query = queryOf(url.searchParams, endpoint)
  if (!query.ok) return query.error
  const body = endpoint.body ? await readJson(request, endpoint.body) : ok(undefined)
  if (!body.ok) return body.error
  return endpoint.handle(
    {
      request,
      params,
      query: query.value,
      body: body.value,
      cause: { initiator: 'admin', operator: operator.value.id, reason: null },
      nowMs: deps.now(),
    },
    deps,
  )
}

async function authorized(
  request: Request,
  { scope }: Endpoint,
  { config }: ControlDeps,
): Promise<Result<ApiKey, Response>> {
  const operator = await operatorOf(request.headers.get('authorization'), config.apiKeys)
  if (!operator) {
    return err(problem(401, 'invalid_key', { headers: { 'www-authenticate': 'Bearer' } }))
  }
  if (operator.scopes.includes(scope)) return ok(operator)
  const challenge = `Bearer error="insufficient_scope", scope="${scope}"`
  return err(
    problem(403, 'insufficient_scope', {
      detail: `This call needs the scope ${scope}.`,
      headers: { 'www-authenticate': challenge },
    }),
  )
}

/** Parameters from the raw path, decoded exactly once; null where they are not UTF-8. */
function paramsOf(pattern: string, rawPath: string): Record<string, string> | null {
  const raw = rawPath.split('/')
  const params: Record<string, string> = {}
  for (const [i, part] of pattern.split('/').entries()) {
    if (!part.startsWith(':')) continue
    try {
      params[part.slice(1)] = decodeURIComponent(raw[i] ?? '')
    } catch {
      return null
    }
  }
  return params
}

function queryOf(
  search: URLSearchParams,
  { query }: Endpoint,
): Result<Record<string, string>, Response> {
  const names = [...search.keys()]
  const errors = names
    .filter((name, i) => !query.includes(name) || names.indexOf(name) !== i)
    .map((name) => ({
      pointer: `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      detail: query.includes(name) ? 'is there twice' : 'is not known',
    }))
  return errors.length === 0 ? ok(Object.fromEntries(search)) : err(invalid(errors))
}

const notAllowed = (methods: readonly string[]): Response =>
  problem(405, 'method_not_allowed', { headers: { allow: methods.join(', ') } })

function failure(error: unknown, { log }: ControlDeps): Response {
  if (error instanceof StoreUnavailable) {
    log({ level: 'warn', code: 'session_store_unavailable', trouble: error.trouble })
    return error.trouble === 'full'
      ? problem(507, 'insufficient_storage')
      : problem(503, 'session_store_unavailable', {
          headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
        })
  }
  log({ level: 'error', code: 'internal_error', ...describeException(error) })
  return problem(500, 'internal_error')
}
