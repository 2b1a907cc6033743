/**
 * `npm run openapi`: writes src/control/openapi.json from the table of endpoints.
 * Must never be needed to run anything: the file is committed, and a test keeps it true.
 */
import { writeFileSync } from 'node:fs'
import { openApiDocument } from '../../src/control/openapi-document.ts'
import { BASE_PATH, ENDPOINTS } from '../../src/control/table.ts'

const target = new URL('../../src/control/openapi.json', import.meta.url)
writeFileSync(target, `${JSON.stringify(openApiDocument(BASE_PATH, ENDPOINTS), null, 2)}\n`)
