/**
 * Says whether this deployment can do its work: the store answers, the configuration is whole.
 * Whoever has no valid key must never learn more than one word.
 */
import { StoreUnavailable } from '../foundation/redis.ts'
import type { ApiKey } from '../vocabulary/config.ts'
import type { ControlDependencies } from './dependencies.ts'
import type { OpenEndpoint } from './endpoint.ts'
import { authenticate, type Operator } from './operator.ts'
import { json } from './problem.ts'

/** A finding about this deployment, whole. */
export interface Health {
  readonly status: 'ok' | 'unavailable' | 'misconfigured'
  readonly store: 'ok' | 'unavailable'
  /** Do reads meant for the primary reach it? Probed for key holders only; null: not asked, or no answer. */
  readonly primary_reads: boolean | null
  readonly feed_age_ms: number | null
  /** Refused visits since this isolate began, by `code/reason`. */
  readonly denials: Readonly<Record<string, number>>
  readonly config: { readonly ok: boolean; readonly problems: readonly string[] }
}

/** GET /health. The store is asked on every call, so the answer is about now. */
export const healthEndpoint = (deps: ControlDependencies): OpenEndpoint => ({
  method: 'GET',
  path: '/health',
  name: 'getHealth',
  scope: null,
  summary: 'Whether the deployment works; details with any valid key',
  responses: {
    200: { description: 'It works', schema: 'Health' },
    503: { description: 'It does not', schema: 'Health' },
  },
  async handle(_input, operator) {
    const { store, primaryReads } = await askStore(deps, operator !== null)
    return healthResponse(
      {
        // A guarantee that rests on a read which misses the primary is none.
        status: primaryReads === false ? 'unavailable' : store,
        store,
        primary_reads: primaryReads,
        feed_age_ms: deps.feedAgeMs(),
        denials: deps.denials(),
        config: { ok: true, problems: [] },
      },
      operator,
    )
  },
})

/**
 * The answer of /health where the configuration is broken: 503, with every problem to a valid key. The
 * store is reported unavailable, for nothing was there to ask it with.
 */
export async function misconfiguredHealth(
  request: Request,
  apiKeys: readonly ApiKey[],
  problems: readonly string[],
): Promise<Response> {
  const operator = await authenticate(request.headers.get('authorization'), apiKeys)
  return healthResponse(
    {
      status: 'misconfigured',
      store: 'unavailable',
      primary_reads: null,
      feed_age_ms: null,
      denials: {},
      config: { ok: false, problems },
    },
    operator,
  )
}

const healthResponse = (health: Health, operator: Operator | null): Response =>
  json(health.status === 'ok' ? 200 : 503, operator ? health : { status: health.status })

/** The probe writes, so only key holders can have it made. */
async function askStore(
  { registry }: ControlDependencies,
  probe: boolean,
): Promise<{ store: 'ok' | 'unavailable'; primaryReads: boolean | null }> {
  try {
    if (probe) return { store: 'ok', primaryReads: await registry.readsReachPrimary() }
    await registry.ping()
    return { store: 'ok', primaryReads: null }
  } catch (error) {
    if (error instanceof StoreUnavailable) return { store: 'unavailable', primaryReads: null }
    throw error
  }
}
