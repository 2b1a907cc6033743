/**
 * The OpenAPI document: that it is whole, and that it is what the table of endpoints says today.
 */
import { expect, it } from 'vitest'
import type { ControlDependencies } from '../../src/control/dependencies.ts'
import published from '../../src/control/openapi.json' with { type: 'json' }
import { openApiDocument } from '../../src/control/openapi-document.ts'
import { endpointTable } from '../../src/control/table.ts'

interface Operation {
  readonly operationId: string
  readonly security: readonly object[]
  readonly parameters: readonly { readonly name: string; readonly in: string }[]
  readonly responses: Readonly<Record<string, object>>
}

const table = endpointTable({} as ControlDependencies)
const document = JSON.parse(JSON.stringify(openApiDocument(table)))
const operations = Object.entries<Record<string, Operation>>(document.paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
)

it('is the published one; if not, `npm run openapi`', () => {
  expect(published).toEqual(document)
})

it('describes every endpoint of the table once', () => {
  expect(document.openapi).toMatch(/^3\.1\./)
  expect(operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`).sort()).toEqual(
    table.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`).sort(),
  )
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
})

it('declares every parameter of a path', () => {
  for (const { path, parameters } of operations) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    expect(parameters.filter((each) => each.in === 'path').map(({ name }) => name)).toEqual(inPath)
  }
})

it('has no reference that leads nowhere, and no schema with an address of its own', () => {
  const text = JSON.stringify(document)
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)]
  expect(text.match(/"\$ref"/g)?.length).toBe(references.length)
  for (const [, name] of references) expect(document.components.schemas).toHaveProperty(name ?? '')
  expect(text).not.toMatch(/"\$(id|schema|defs)":/)
})

it('names a scope for whatever needs a key, and none for the rest', () => {
  for (const { name, scope, form } of table) {
    const operation = operations.find(({ operationId }) => operationId === name)
    const oauth = form ? [{ client: [] }] : []
    expect(operation).toHaveProperty(
      'security',
      scope ? [{ apiKey: [] }, ...oauth] : [{}, { apiKey: [] }],
    )
    if (scope) expect(operation).toHaveProperty('x-required-scope', scope)
    else expect(operation).not.toHaveProperty('x-required-scope')
  }
})

it('closes what comes in and leaves what goes out open', () => {
  const { CreateSession, Session, Permissions, Labels, Problem } = document.components.schemas
  expect(CreateSession).toMatchObject({ required: ['subject'], additionalProperties: false })
  expect(Session).not.toHaveProperty('additionalProperties')
  expect(Permissions).toMatchObject({ maxItems: 100, uniqueItems: true })
  expect(Labels).toMatchObject({ maxProperties: 16 })
  expect(Problem.required).toContain('code')
})
