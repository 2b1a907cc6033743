/**
 * Makes the OpenAPI 3.1 document from the table of endpoints and the schemas that check the input.
 * Runs at build time (`npm run openapi`) and in the test that keeps openapi.json true; must never be
 * imported by the Worker: zod's JSON Schema half would cost it 7 KB gzip of a 60 KB budget (and hono's
 * own OpenAPI integrations 87 to 110 KB).
 */
import * as z from 'zod/mini'
import type { Endpoint } from './endpoint.ts'
import { health, problemDocument } from './schemas.ts'

const jsonSchema = (schema: z.ZodMiniType): object => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return rest
}

const json = (schema: z.ZodMiniType, mediaType = 'application/json') => ({
  content: { [mediaType]: { schema: jsonSchema(schema) } },
})

const problems = (statuses: Readonly<Record<number, string>>) =>
  Object.fromEntries(
    Object.entries(statuses).map(([status, description]) => [
      status,
      {
        description,
        content: {
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        },
      },
    ]),
  )

const REFUSALS = {
  400: 'The request is not understood',
  401: 'No valid API key',
  403: 'The key lacks the scope',
  404: 'No such thing',
  413: 'The body is too large',
  422: 'Fields are not as described; `errors` names each',
  503: 'The session store cannot be heard',
}

/** The document for a table of endpoints under a base path. */
export const openApiDocument = (basePath: string, endpoints: readonly Endpoint[]) => ({
  openapi: '3.1.0',
  info: {
    title: 'edge-session-validator operator API',
    version: '1',
    description: 'Create, inspect and revoke sessions at the edge.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: '/' }],
  security: [{ apiKey: [] }],
  components: {
    securitySchemes: { apiKey: { type: 'http', scheme: 'bearer' } },
    schemas: { Problem: jsonSchema(problemDocument) },
  },
  paths: {
    ...pathsOf(basePath, endpoints),
    [`${basePath}/health`]: {
      get: {
        operationId: 'getHealth',
        summary: 'Does it work? With any key: why not',
        security: [{}, { apiKey: [] }],
        responses: {
          200: { description: 'It does', ...json(health) },
          503: { description: 'It does not', ...json(health) },
        },
      },
    },
    [`${basePath}/openapi.json`]: {
      get: {
        operationId: 'getOpenApi',
        summary: 'This document',
        security: [{}],
        responses: { 200: { description: 'OpenAPI 3.1', content: { 'application/json': {} } } },
      },
    },
  },
})

function pathsOf(basePath: string, endpoints: readonly Endpoint[]) {
  const paths: Record<string, Record<string, object>> = {}
  for (const endpoint of endpoints) {
    const path = basePath + endpoint.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operationOf(endpoint) }
  }
  return paths
}

const operationOf = (endpoint: Endpoint) => ({
  operationId: `${endpoint.method.toLowerCase()}${endpoint.path.replaceAll(/[/:](\w)/g, (_, letter: string) => letter.toUpperCase()).replaceAll(/\W/g, '')}`,
  summary: endpoint.summary,
  'x-required-scope': endpoint.scope,
  parameters: [
    ...[...endpoint.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...endpoint.query.map((name) => ({ name, in: 'query', schema: { type: 'string' } })),
  ],
  ...(endpoint.body && { requestBody: { required: true, ...json(endpoint.body) } }),
  responses: {
    ...Object.fromEntries(
      Object.entries(endpoint.answers).map(([status, { description, schema }]) => [
        status,
        { description, ...json(schema) },
      ]),
    ),
    ...problems(REFUSALS),
  },
})
