/**
 * What the Worker does when its configuration is not understood whole: refuse everything, and tell operators
 * why on /health. Must never let a request through, nor tell a visitor what is wrong.
 */
import type { ApiKey } from '../vocabulary/config.ts'
import { BASE_PATH } from './endpoint.ts'
import { misconfiguredHealth } from './health.ts'
import { problem } from './problem.ts'

/** Answers every request with 500 `misconfigured`, and /health with the problems for whoever holds a key. */
export const misconfiguredPlane =
  (apiKeys: readonly ApiKey[], problems: readonly string[]) =>
  async (request: Request): Promise<Response> =>
    new URL(request.url).pathname === `${BASE_PATH}/health`
      ? misconfiguredHealth(request, apiKeys, problems)
      : problem('misconfigured', 'The Worker is not configured; its log and /health say why.')
