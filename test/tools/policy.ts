/**
 * `npm run policy -- GET https://example.com/admin/x [--config wrangler.toml] [--env production]`: which rule
 * decides about a request, and why. Must never let what it was given steer the terminal.
 */
import { explainPolicy } from './policy-answer.ts'

const { code, lines } = explainPolicy(process.argv.slice(2))
for (const line of lines) console.log(line.replaceAll(/\p{Cc}/gu, '\ufffd'))
process.exitCode = code
