/**
 * The table of the operator API: every endpoint that needs a key. Routing, keys, validation and the OpenAPI
 * document all come from it. Must never hold logic of its own.
 */
import type { Endpoint } from './endpoint.ts'
import { sessionEndpoints } from './sessions.ts'
import { subjectSessionEndpoints } from './subject-sessions.ts'

export const BASE_PATH = '/_session/v1'

export const ENDPOINTS: readonly Endpoint[] = [...sessionEndpoints, ...subjectSessionEndpoints]
