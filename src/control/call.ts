/**
 * The life of an operator's call, once its endpoint is known:
 *
 *   key (401) → scope (403) → size (413) → JSON (400) → schemas (422) → handler
 *
 * Whatever is thrown ends here: the store's trouble as 503 or 507, anything else as a bare 500.
 */
import { describeException } from '../foundation/log.ts'
import { StoreUnavailable } from '../foundation/redis.ts'
import { readInput } from './call-input.ts'
import { authenticateClient } from './client-authentication.ts'
import type { ControlDependencies } from './dependencies.ts'
import type { Endpoint } from './endpoint.ts'
import { inOAuthWords } from './oauth-error.ts'
import { authenticate, mayUse } from './operator.ts'
import { newInstance, problem, storeUnavailable } from './problem.ts'

/** Answers a call. Never rejects: not every exception reaches Hono's onError (only Errors do). */
export async function answer(
  request: Request,
  endpoint: Endpoint,
  deps: ControlDependencies,
): Promise<Response> {
  try {
    return await inItsWords(await perform(request, endpoint, deps), endpoint)
  } catch (exception) {
    return inItsWords(failure(exception, deps), endpoint)
  }
}

const inItsWords = (response: Response, { form }: Endpoint): Response | Promise<Response> =>
  form ? inOAuthWords(response) : response

async function perform(
  request: Request,
  endpoint: Endpoint,
  deps: ControlDependencies,
): Promise<Response> {
  const authorization = request.headers.get('authorization')
  const identify = endpoint.form ? authenticateClient : authenticate
  const operator = await identify(authorization, deps.config.apiKeys)
  if (endpoint.scope === null) {
    const input = await readInput(request, endpoint)
    return input.ok ? endpoint.handle(input.value, operator) : input.error
  }
  if (!operator) return noValidKey(authorization)
  if (!mayUse(operator, endpoint.scope)) return missingScope(endpoint.scope)
  const input = await readInput(request, endpoint)
  return input.ok ? endpoint.handle(input.value, operator) : input.error
}

/** RFC 6750 section 3.1: a request without a key gets no error code, a wrong key `invalid_token`. */
const noValidKey = (authorization: string | null): Response =>
  problem('invalid_api_key', 'A valid API key is needed: Authorization: Bearer <key>.', {
    headers: {
      'www-authenticate': `Bearer ${authorization === null ? 'realm="operators"' : 'error="invalid_token"'}`,
    },
  })

const missingScope = (scope: string): Response =>
  problem('insufficient_scope', `This call needs a key with the scope ${scope}.`, {
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  })

function failure(exception: unknown, { log }: ControlDependencies): Response {
  if (exception instanceof StoreUnavailable) {
    log({ level: 'warn', code: 'session_store_unavailable', trouble: exception.trouble })
    if (exception.trouble !== 'full') return storeUnavailable()
    return problem('insufficient_storage', 'The session store is full; nothing was changed.')
  }
  const instance = newInstance()
  log({ level: 'error', code: 'internal_error', ...describeException(exception), instance })
  return problem(
    'internal_error',
    'Something is wrong on our side; the log knows it by instance.',
    {
      instance,
    },
  )
}
