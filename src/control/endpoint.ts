/**
 * One endpoint of the operator API as data. The table of endpoints is the only description of the API:
 * routing, 405, keys, scopes, validation and the OpenAPI document are all read from it.
 * An endpoint must never be reachable in a way that its entry does not say.
 */
import * as z from 'zod/mini'
import type { Cause } from '../session/registry-types.ts'
import type { Scope } from '../vocabulary/config.ts'
import type { Operator } from './operator.ts'

/** Where the operator API lives. */
export const BASE_PATH = '/_session/v1'

/** Schemas that have a name of their own in the OpenAPI document; the rest of an entry is JSON Schema. */
export const components = z.registry<{ id: string } & Record<string, unknown>>()

/** Any schema, by what it yields. */
export type Schema<T = unknown> = z.ZodMiniType<T>

/** Answers by the name of their schema: the Worker never checks them, so it need not carry the schemas. */
export type ResponseName =
  | 'Session'
  | 'EstablishedSession'
  | 'SessionList'
  | 'Receipt'
  | 'Subject'
  | 'BulkRevocation'
  | 'Introspection'
  | 'EventPage'
  | 'SubjectExport'
  | 'Problem'
  | 'OAuthError'
  | 'Health'
  | 'OpenApi'

/** A call whose parameters and body have passed the endpoint's schemas. */
export interface EndpointInput<Params = unknown, Query = unknown, Body = unknown> {
  readonly request: Request
  readonly params: Params
  readonly query: Query
  readonly body: Body
}

interface EndpointShape<Params = unknown, Query = unknown, Body = unknown> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below BASE_PATH, parameters as Hono spells them: `/sessions/:sid`. */
  readonly path: string
  /** OpenAPI `operationId`. */
  readonly name: string
  readonly summary: string
  /** Of the parameters in `path`, percent-decoded. */
  readonly params?: Schema<Params>
  /** Absent: the endpoint takes no query parameter. */
  readonly query?: Schema<Query>
  readonly body?: Schema<Body>
  /** No body at all is the same as `{}`. */
  readonly bodyOptional?: true
  /** OAuth's ways: the body is a form, HTTP Basic is taken too, errors are RFC 6749's, no query is read. */
  readonly form?: true
  /** What only this endpoint answers (null: no body); what every endpoint may answer is added by openapi.ts. */
  readonly responses: Readonly<Record<number, { description: string; schema: ResponseName | null }>>
}

/** Needs a key with a scope. */
export interface ScopedEndpoint<Params = unknown, Query = unknown, Body = unknown>
  extends EndpointShape<Params, Query, Body> {
  readonly scope: Scope
  /** May throw StoreUnavailable; any other exception is a bug. */
  handle(input: EndpointInput<Params, Query, Body>, operator: Operator): Promise<Response>
}

/** Needs no key; a valid one is told apart, and query parameters are not looked at. */
export interface OpenEndpoint extends EndpointShape {
  readonly scope: null
  handle(input: EndpointInput, operator: Operator | null): Promise<Response>
}

export type Endpoint = ScopedEndpoint | OpenEndpoint

/**
 * An entry for the table, its handler typed by its own schemas. The types are forgotten on purpose:
 * call.ts passes a handler nothing but what those same schemas let through.
 */
export const scoped = <Params, Query, Body>(
  endpoint: ScopedEndpoint<Params, Query, Body>,
): ScopedEndpoint => endpoint as ScopedEndpoint

/** The issuer of sessions: the request's own origin, and our place on it (design 8). */
export const issuerOf = (request: Request): string => `${new URL(request.url).origin}/_session`

/** The cause of whatever an operator does through the API. */
export const causeOf = (operator: Operator, reason: string | null = null): Cause => ({
  initiator: 'admin',
  operator: operator.id,
  reason,
})
