/**
 * `GET /health`: does the front door work? Anybody learns yes or no; whoever holds any key learns why.
 * Must never tell a visitor what is configured.
 */
import { StoreUnavailable } from '../foundation/redis.ts'
import type { ApiKey } from '../vocabulary/config.ts'
import type { ControlDeps } from './endpoint.ts'
import { operatorOf } from './operator.ts'
import { document } from './problem.ts'

/** Asks the primary, as a strong request would. */
export async function healthResponse(request: Request, deps: ControlDeps): Promise<Response> {
  const store = await deps.registry.ping().then(
    () => 'ok' as const,
    (error: unknown) => {
      if (!(error instanceof StoreUnavailable)) throw error
      return 'unavailable' as const
    },
  )
  const status = store === 'ok' ? 200 : 503
  const details = { store, feed_age_ms: deps.feedAgeMs(), config: { ok: true, problems: [] } }
  return healthDocument(request, deps.config.apiKeys, store, details, status)
}

/** The same where the configuration is broken; the keys are known only if they could be read. */
export const misconfiguredHealth = (
  request: Request,
  apiKeys: readonly ApiKey[],
  problems: readonly string[],
): Promise<Response> => {
  const details = { store: 'unknown', feed_age_ms: null, config: { ok: false, problems } }
  return healthDocument(request, apiKeys, 'misconfigured', details, 503)
}

async function healthDocument(
  request: Request,
  apiKeys: readonly ApiKey[],
  status: string,
  details: Readonly<Record<string, unknown>>,
  httpStatus: number,
): Promise<Response> {
  const operator = await operatorOf(request.headers.get('authorization'), apiKeys)
  return document({ status, ...(operator && details) }, httpStatus)
}
