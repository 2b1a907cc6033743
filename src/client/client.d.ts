/**
 * What `edge-session-validator/client` exports. The paths are generated from src/control/openapi.json
 * (`npm run openapi`); must never describe an endpoint by hand.
 */
import type { Client } from 'openapi-fetch'
import type { components, paths } from './operator-api.d.ts'

export interface OperatorOptions {
  /** Where the Worker is; only its origin counts. https, or http on this machine. */
  readonly url: string
  /** An API key. Its scopes decide what may be called. */
  readonly key: string
  readonly fetch?: (request: Request) => Promise<Response>
}

export type OperatorClient = Client<paths>

/** Sessions, subjects, receipts and the rest, by the names of the OpenAPI document. */
export type Schemas = components['schemas']

/**
 * One method per HTTP method, typed by path: `client.GET('/sessions/{sid}', { params: { path: { sid } } })`
 * yields `{ data, error, response }`. Rejects only where there was no answer. Throws a TypeError for a URL
 * or a key that must not be used.
 */
export declare function operatorClient(options: OperatorOptions): OperatorClient
