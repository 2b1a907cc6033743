/**
 * `npm run openapi`: writes src/control/openapi.json from the table of endpoints.
 * Must never be needed to run anything: the file is committed, and a test keeps it true.
 */
import { writeFileSync } from 'node:fs'
import type { ControlDependencies } from '../../src/control/dependencies.ts'
import { openApiDocument } from '../../src/control/openapi-document.ts'
import { endpointTable } from '../../src/control/table.ts'

// Handlers are never called here, so nothing they depend on is needed.
const table = endpointTable({} as ControlDependencies)
const target = new URL('../../src/control/openapi.json', import.meta.url)
writeFileSync(target, `${JSON.stringify(openApiDocument(table), null, 2)}\n`)
