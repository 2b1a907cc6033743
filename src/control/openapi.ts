/**
 * Serves the OpenAPI 3.1 document, which openapi-document.ts made at build time.
 * Must never assemble it here: see there for what that costs.
 */
import type { OpenEndpoint } from './endpoint.ts'
import document from './openapi.json' with { type: 'json' }
import { json } from './problem.ts'

/** GET /openapi.json. */
export const openApiEndpoint: OpenEndpoint = {
  method: 'GET',
  path: '/openapi.json',
  name: 'getOpenApi',
  scope: null,
  summary: 'This description',
  responses: { 200: { description: 'An OpenAPI 3.1 document', schema: 'OpenApi' } },
  async handle() {
    return json(200, document)
  },
}
