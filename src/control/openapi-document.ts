/**
 * Makes the OpenAPI 3.1 document from the table of endpoints and the schemas that check the input.
 * Runs at build time (`npm run openapi`) and in the test that keeps openapi.json true. Must never be imported
 * by the Worker (zod's JSON Schema half costs 7 KB gzip of a 60 KB budget, hono's own OpenAPI integrations
 * 87 to 110 KB), nor describe by hand what the table already says.
 */
import * as z from 'zod/mini'
import { BASE_PATH, components, type Endpoint, type ResponseName, type Schema } from './endpoint.ts'
import './response-schemas.ts'

type Json = Readonly<Record<string, unknown>>

/** The whole document. `x-required-scope` says which scope a key needs for an operation. */
export function openApiDocument(endpoints: readonly Endpoint[]): Json {
  const paths: Record<string, Record<string, Json>> = {}
  for (const endpoint of endpoints) {
    const path = endpoint.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operation(endpoint) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'edge-session-validator operator API', version: '1' },
    servers: [{ url: BASE_PATH }],
    paths,
    components: {
      schemas: componentSchemas(),
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer' },
        client: { type: 'http', scheme: 'basic', description: 'Key id and key (RFC 6749 2.3.1)' },
      },
    },
  }
}

const operation = (endpoint: Endpoint): Json => ({
  operationId: endpoint.name,
  summary: endpoint.summary,
  security: security(endpoint),
  ...(endpoint.scope && { 'x-required-scope': endpoint.scope }),
  parameters: [...parameters('path', endpoint.params), ...parameters('query', endpoint.query)],
  ...(endpoint.body && {
    requestBody: {
      required: !endpoint.bodyOptional,
      content: {
        [endpoint.form ? 'application/x-www-form-urlencoded' : 'application/json']: {
          schema: referTo(endpoint.body),
        },
      },
    },
  }),
  responses: responses(endpoint),
})

function security({ scope, form }: Endpoint): Json[] {
  if (scope === null) return [{}, { apiKey: [] }]
  return form ? [{ apiKey: [] }, { client: [] }] : [{ apiKey: [] }]
}

/** What call.ts answers for every endpoint of its kind, then what the endpoint itself does. */
function responses(endpoint: Endpoint): Json {
  const problems: Record<number, string> = { 500: 'Something is wrong on our side' }
  if (endpoint.scope !== null) {
    problems[401] = 'No valid API key'
    problems[403] = 'The key lacks the scope'
    if (!endpoint.form) problems[422] = 'The input is not as described'
    problems[503] = 'The session store gave no usable answer'
    problems[507] = 'The session store is full'
  }
  if (endpoint.body) {
    problems[400] = endpoint.form ? 'The form is not as described' : 'The body is not JSON'
    problems[413] = 'The body is larger than 64 KB'
  }
  const common = Object.entries(problems).map(([status, description]) => [
    status,
    { description, content: contentOf(endpoint.form ? 'OAuthError' : 'Problem') },
  ])
  const own = Object.entries(endpoint.responses).map(([status, { description, schema }]) => [
    status,
    { description, ...(schema && { content: contentOf(schema) }) },
  ])
  return Object.fromEntries([...common, ...own])
}

function parameters(place: 'path' | 'query', schema: Schema | undefined): Json[] {
  if (!schema) return []
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' })
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: property,
  }))
}

const contentOf = (name: ResponseName): Json => ({
  [name === 'Problem' ? 'application/problem+json' : 'application/json']: {
    schema: { $ref: referenceTo(name) },
  },
})

const referenceTo = (id: string): string => `#/components/schemas/${id}`

function referTo(schema: Schema): Json {
  const id = components.get(schema)?.id
  if (id === undefined) throw new Error('a schema in the table has no component name')
  return { $ref: referenceTo(id) }
}

function componentSchemas(): Json {
  const { schemas } = z.toJSONSchema(components, {
    metadata: components,
    uri: referenceTo,
    io: 'input',
  })
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema: _, $id: __, id: ___, ...schema }]) => [
      name,
      schema,
    ]),
  )
}
