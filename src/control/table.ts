/**
 * The table of the operator API. Routing, keys, validation and the OpenAPI document all come from it.
 * Must never hold logic of its own.
 */
import type { ControlDependencies } from './dependencies.ts'
import type { Endpoint } from './endpoint.ts'
import { eventsEndpoint } from './events.ts'
import { healthEndpoint } from './health.ts'
import { oauthEndpoints } from './oauth.ts'
import { openApiEndpoint } from './openapi.ts'
import { revocationEndpoint } from './revocations.ts'
import { sessionEndpoints } from './sessions.ts'
import { subjectExportEndpoint } from './subject-export.ts'
import { subjectSessionEndpoints } from './subject-sessions.ts'
import { subjectEndpoints } from './subjects.ts'

/** Everything operators can call, in the order of the documentation. */
export const endpointTable = (deps: ControlDependencies): readonly Endpoint[] => [
  ...sessionEndpoints(deps),
  ...subjectEndpoints(deps),
  subjectExportEndpoint(deps),
  ...subjectSessionEndpoints(deps),
  revocationEndpoint(deps),
  ...oauthEndpoints(deps),
  eventsEndpoint(deps),
  healthEndpoint(deps),
  openApiEndpoint,
]
