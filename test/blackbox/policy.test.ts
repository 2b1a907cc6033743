/**
 * `npm run policy` as a person asks it: which rule decides about a request, and why; read from a wrangler.toml by
 * wrangler itself, and answered by the Worker's own lookup.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { explainPolicy } from '../tools/policy-answer.ts'
import { ROOT } from './processes.ts'

const HEAD = 'name = "x"\nmain = "index.ts"\ncompatibility_date = "2026-10-06"\n'
const POLICIES = `
[[vars.POLICIES]]
match = "/public/*"
access = "public"

[[vars.POLICIES]]
match = "/admin/*"
permissions = ["admin", "audit"]
consistency = "strong"
max_auth_age_seconds = 300
audience = "back office"

[[vars.POLICIES]]
match = "shop.test/cart/*"
access = "optional"

[env.staging.vars]
POLICIES = '[{"match": "/*", "access": "public"}]'
`
let folder: string
let config: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'policy-'))
  config = join(folder, 'wrangler.toml')
  writeFileSync(config, HEAD + POLICIES)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function policy(...words: string[]): { code: number; said: string } {
  const { code, lines } = explainPolicy(words)
  return { code, said: lines.join('\n') }
}

it.each([
  [
    'GET',
    'https://site.test/admin/x',
    0,
    ['Rule 2, /admin/*, decides', 'rule 1, /public/*, does not cover it'],
  ],
  [
    'GET',
    'https://site.test/admin',
    0,
    ['all of admin, audit', 'at most 300 s old', 'strong', 'back office'],
  ],
  [
    'GET',
    'https://site.test/public/a?next=/admin',
    0,
    ['Rule 1, /public/*, decides', 'no session is looked at'],
  ],
  [
    'POST',
    'https://SHOP.test:8443/cart/1',
    0,
    ['Rule 3', 'POST from another site with the cookie is refused'],
  ],
  ['GET', 'https://site.test/cart/1', 0, ['No rule covers it, so a session is required', 'rule 3']],
  ['GET', 'https://site.test', 0, ['No rule covers it']],
  ['GET', 'https://site.test/_session/v1/health', 0, ['operator API']],
  [
    'GET',
    'https://site.test/admin%2Fx',
    1,
    ['400 invalid_request', '/admin%2Fx  →  no rule', '/admin/x  →  rule 2'],
  ],
  [
    'GET',
    'https://site.test/public/../admin',
    1,
    ['/public/../admin  →  rule 1', '/admin  →  rule 2'],
  ],
  ['GET', 'https://site.test/ADMIN/', 1, ['/ADMIN/ (letter case ignored)  →  rule 2']],
  ['GET', 'https://site.test/a%00', 1, ['path_control_character']],
  ['GET', '/admin', 2, ['Usage: npm run policy']],
  ['', 'https://site.test/', 2, ['Usage: npm run policy']],
])('%s %s: %i', (method, url, code, words) => {
  const answer = policy(method, url, '--config', config)
  for (const word of words) expect(answer.said).toContain(word)
  expect(answer.code).toBe(code)
})

it('reads the rules of an environment, as JSON too', () => {
  const { said } = policy('GET', 'https://site.test/admin', '--config', config, '--env', 'staging')
  expect(said).toContain('Rule 1, /*, decides')
})

it('says what the Worker would say of rules that are wrong', () => {
  const wrong = join(folder, 'wrong.toml')
  writeFileSync(wrong, `${HEAD}[[vars.POLICIES]]\nmatch = "/a"\nacces = "public"\n`)
  const { code, said } = policy('GET', 'https://site.test/a', '--config', wrong)
  expect([code, said]).toEqual([2, expect.stringContaining('POLICIES.0: does not know acces')])
})

it('asks the wrangler.toml of this folder where none is named', async () => {
  const words = ['run', '--silent', 'policy', '--', 'GET', 'https://site.test/\u009b']
  const { stdout } = await promisify(execFile)('npm', words, { cwd: ROOT })
  expect(stdout).toContain('No rule covers it')
  expect(stdout).not.toContain('\u009b')
})
