/**
 * The README keeps its word: each of its commands is run here as it stands, or is listed as one that needs
 * an account or that CI itself runs. A command that is neither fails.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/foundation/config.ts'
import { familyOf, freePorts, ROOT, type Running, run, survivors } from './processes.ts'
import { blocks, commandsOf, README, table, tomlPolicies } from './readme-document.ts'

const START = 'npm ci && npm start'
const DRY_RUN = 'npx wrangler deploy --dry-run'
const RUN_BY_CI = ['npm run types', 'npm run lint', 'npm test']
const NEEDS_ACCOUNT = [
  'npx wrangler login',
  'npx wrangler secret put UPSTASH_REDIS_REST_URL',
  'npx wrangler secret put UPSTASH_REDIS_REST_TOKEN',
  'npx wrangler deploy',
  'npx wrangler tail',
  'curl https://example.com/_session/v1/health -H "Authorization: Bearer $API_KEY"',
  'curl -i https://example.com/',
]
/** Makes a secret; what follows the last pipe needs an account. */
const SECRET = /^(?<make>node -p [\s\S]+) \| npx wrangler secret put (?<name>[A-Z_]+)$/
const API_KEY = /^export API_KEY=\$\(node /
/** Run against `npm start`, in the README's order, in one shell. */
const DEMO = /^(?:curl (?!.*https:)|DOOR=|[A-Z]+=\$\((?:curl|echo) )/

/** Run by policy.test.ts, and by monitor-report.test.ts on what a Worker said. */
const TOOLS = /^npm run -s (?:policy -- GET https:|monitor-report < logs)/
/** Run by cli.test.ts. */
const COMMAND_LINE = /^(?:npx edge-session |export EDGE_SESSION_)/

/** Ours, so that growth is noticed; Workers allow three thousand. */
const MAX_GZIP_KIB = 65

const all = blocks(README)
const commands = all.filter(({ language }) => language === 'sh').flatMap(commandsOf)
const isListed = (command: string) =>
  [START, DRY_RUN, ...RUN_BY_CI, ...NEEDS_ACCOUNT].includes(command) ||
  [SECRET, API_KEY, DEMO, TOOLS, COMMAND_LINE].some((pattern) => pattern.test(command))

describe('its commands', () => {
  it('are all run here or listed', () => {
    expect(commands.filter((command) => !isListed(command))).toEqual([])
  })

  it('are all still there where they are listed', () => {
    const listed = [START, DRY_RUN, ...RUN_BY_CI, ...NEEDS_ACCOUNT]
    expect(listed.filter((command) => !commands.includes(command))).toEqual([])
  })

  it('are run by CI where the list says so', () => {
    const ci = readFileSync(`${ROOT}.ci/run`, 'utf8')
    expect(['npm ci', ...RUN_BY_CI].filter((command) => !ci.includes(command))).toEqual([])
  })

  it('name scripts that exist, in the text and its tables too', () => {
    const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'))
    const named = [...README.matchAll(/npm run (?:-s )?([a-z:-]+)/g)].map(([, name = '']) => name)
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((name) => !(name in scripts))).toEqual([])
  })

  it('name files that exist', () => {
    const links = [...README.matchAll(/\]\((?!https?:|#)([^)]+)\)/g)].map(([, path]) => path)
    expect(links.filter((path) => !existsSync(`${ROOT}${path}`))).toEqual([])
  })
})

describe('npm start, and the curl lines', () => {
  let demo: Running
  let port: number
  const answers = new Map<string, string>()

  beforeAll(async () => {
    port = await freePorts(3)
    demo = run('npm', ['start'], { PORT: String(port) })
    await demo.says(/Ctrl-C stops all of it/, 60_000)
    const toRun = commands.filter((command) => DEMO.test(command))
    const end = '@@ end of command'
    const script = toRun.map((command) => `${command}\necho; echo "${end} $?"`).join('\n')
    const shown = execFileSync('bash', ['-c', script.replaceAll('8787', String(port))], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const outputs = shown.split(new RegExp(`\n?${end} 0\n`))
    expect(outputs.length - 1, shown).toBe(toRun.length)
    for (const [i, command] of toRun.entries()) {
      answers.set(`${i} ${command}`, outputs[i]?.trim() ?? '')
    }
  })

  afterAll(async () => {
    await demo?.end('SIGKILL')
  })

  const answersTo = (start: string) =>
    [...answers].filter(([command]) => command.split(' ').slice(1).join(' ').startsWith(start))

  it('answer 401, 200, 401', () => {
    const shown = answersTo('curl -i').map(([, answer]) => answer)
    expect(shown.map((answer) => /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])).toEqual([
      '401',
      '200',
      '401',
    ])
    expect(shown[0]).toContain('"code":"login_required"')
    expect(shown[2]).toContain('"code":"invalid_token"')
  })

  it('show an origin that knows the subject and sees no token', () => {
    const [, seen = ''] = answersTo('curl -i')[1] ?? []
    const { headers } = JSON.parse(seen.slice(seen.indexOf('{'))) as { headers: string[][] }
    expect(headers).toContainEqual(['session-subject', 'user-42'])
    expect(headers).toContainEqual(['session-permissions', 'read'])
    expect(headers.map(([name]) => name)).not.toContain('authorization')
    expect(seen).not.toContain('sess_')
  })

  it('show the first success by line 40', () => {
    const first = all.find(({ language }) => language === 'text')
    expect(first?.text.match(/^HTTP\/1\.1 \d+|^\{/gm)).toEqual([
      'HTTP/1.1 401',
      'HTTP/1.1 200',
      '{',
      'HTTP/1.1 401',
    ])
    expect(first?.lastLine).toBeLessThanOrEqual(40)
  })

  it('never meet a refusal where none is shown', () => {
    const silent = [...answers].filter(
      ([command, answer]) => !command.includes('curl -i') && answer !== '',
    )
    expect(silent.length).toBeGreaterThan(6)
    const refused = silent.filter(([, answer]) => 'code' in JSON.parse(answer))
    expect(refused).toEqual([])
  })

  it('wait for the bound where they say `Prefer: wait`', () => {
    const waits = [...answers].filter(([command]) => command.includes('Prefer: wait'))
    expect(waits.map(([, answer]) => JSON.parse(answer).enforced)).toEqual([true, true])
  })

  it('end with the revocations they name', () => {
    const receipts = answersTo('curl -s -X DELETE').map(([, answer]) => JSON.parse(answer))
    expect(receipts.map(({ sessions_revoked }) => sessions_revoked)).toEqual([0, 1, 0, 0])
  })

  it('change a person, end many at once, and speak OAuth, as they say', () => {
    const said = (start: string) => answersTo(start).map(([, answer]) => JSON.parse(answer))
    expect(said('curl -s -X PUT')).toMatchObject([{ permissions: ['read', 'write'] }])
    expect(said('curl -s -X PATCH')).toMatchObject([{ disabled: true }, { disabled: false }])
    const [preview, byLabel, before] = said('curl -s $DOOR/_session/v1/revocations')
    expect(preview).toEqual({ dry_run: true, sessions_matched: expect.any(Number) })
    expect([byLabel.sessions_revoked, before.sessions_revoked]).toEqual([null, null])
    expect(said('curl -s $DOOR/_session/v1/introspect')).toEqual([{ active: false }])
  })

  it('come with a sample that verifies the assertion', async () => {
    const sample = all.find(({ language }) => language === 'js')?.text ?? ''
    const key = /^# API_KEY=(\S+)$/m.exec(readFileSync(`${ROOT}.dev.vars`, 'utf8'))?.[1]
    const door = `http://127.0.0.1:${port}`
    const created = await fetch(`${door}/_session/v1/sessions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: '{"subject": "grace", "permissions": ["write"]}',
    })
    const { token } = (await created.json()) as { token: string }
    const echo = await fetch(door, { headers: { authorization: `Bearer ${token}` } })
    const { headers } = (await echo.json()) as { headers: [string, string][] }

    const folder = `${ROOT}.wrangler/readme-${port}`
    mkdirSync(folder, { recursive: true })
    try {
      const file = `${folder}/origin.mjs`
      writeFileSync(file, sample.replaceAll('8787', String(port)))
      const { whoIsCalling } = await import(/* @vite-ignore */ file)
      const honest = Object.fromEntries(headers)
      expect(await whoIsCalling(honest)).toEqual({ subject: 'grace', permissions: ['write'] })
      const [head, body, signature] = honest['session-assertion']?.split('.') ?? []
      const forged = { ...honest, 'session-assertion': `${head}.${signature}.${body}` }
      await expect(whoIsCalling(forged)).rejects.toThrow()
      await expect(whoIsCalling({})).rejects.toThrow()
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('say nothing that looks like trouble', () => {
    expect(demo.output()).not.toMatch(/error|Request\.cf|✘/i)
  })

  it('leave nothing behind after Ctrl-C', async () => {
    const family = familyOf(demo.child.pid ?? 0)
    expect(family.map(({ name }) => name)).toContain('workerd')
    await demo.end('SIGINT')
    expect(survivors(family)).toEqual([])
  })
})

describe('its way to deploy', () => {
  it('makes secrets that the Worker takes', () => {
    const script = commands.flatMap((command) => {
      const { make, name } = SECRET.exec(command)?.groups ?? {}
      if (make !== undefined) return [`echo "${name}=$(${make})"`]
      return API_KEY.test(command) ? [command] : []
    })
    const shown = execFileSync('bash', ['-ec', script.join('\n')], { encoding: 'utf8' })
    const secrets = Object.fromEntries(
      [...shown.matchAll(/^([A-Z_]+)=(.+)$/gm)].map(([, name, value]) => [name, value]),
    )
    expect(Object.keys(secrets).sort()).toEqual(['API_KEYS', 'ASSERTION_KEYS', 'TOKEN_KEYS'])
    expect(parseConfig({ ...UPSTASH, ...secrets })).toMatchObject({ ok: true })
  })

  it('sends a bundle that stays small', () => {
    const shown = execFileSync('bash', ['-c', DRY_RUN], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
    })
    const gzipKib = Number(/gzip: ([\d.]+) KiB/.exec(shown)?.[1])
    console.log(`bundle: ${gzipKib} KiB gzip`)
    expect(gzipKib).toBeLessThanOrEqual(MAX_GZIP_KIB)
  })
})

const UPSTASH = {
  UPSTASH_REDIS_REST_URL: 'https://eu1-example.upstash.io',
  UPSTASH_REDIS_REST_TOKEN: 'token',
}
const SECRETS = {
  ...UPSTASH,
  TOKEN_KEYS: `1:${'A'.repeat(43)}`,
  API_KEYS: '{}',
  ASSERTION_KEYS: '[{"kid": "a", "kty": "EC", "crv": "P-256", "x": "", "y": "", "d": ""}]',
}

describe('its tables', () => {
  const source = readFileSync(`${ROOT}src/foundation/config.ts`, 'utf8')
  const configuration = table(README, 'Configuration')

  it('name every setting there is, in order', () => {
    const known = [...source.matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(([, name]) => name)
    expect(known.length).toBeGreaterThan(15)
    expect(configuration.map(([name]) => name)).toEqual(known)
  })

  it('give the defaults: said or left out, they configure the same', () => {
    const said = configuration.filter(([, value]) => value !== 'secret')
    const values = said.map(([name, value]) => [name, value === '(empty)' ? '' : value])
    const expected = parseConfig(SECRETS)
    expect(expected.ok).toBe(true)
    expect(parseConfig({ ...SECRETS, ...Object.fromEntries(values) })).toEqual(expected)
  })

  it('say which settings are secret, as wrangler.toml and .dev.vars.example do', () => {
    const secret = configuration.filter(([, value]) => value === 'secret').map(([name]) => name)
    const withoutOne = (name = '') => parseConfig({ ...SECRETS, [name]: undefined })
    expect(secret.filter((name) => withoutOne(name).ok)).toEqual([])
    const [, required = ''] =
      /required = \[([^\]]+)\]/.exec(readFileSync(`${ROOT}wrangler.toml`, 'utf8')) ?? []
    expect(required.match(/\w+/g)).toEqual(secret)
    const example = readFileSync(`${ROOT}.dev.vars.example`, 'utf8')
    expect([...example.matchAll(/^(\w+)=/gm)].map(([, name]) => name)).toEqual(secret)
    const { cloudflare } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'))
    expect(Object.keys(cloudflare.bindings)).toEqual(secret)
  })

  it('explain every way to be refused', () => {
    const denials = readFileSync(`${ROOT}src/vocabulary/denial.ts`, 'utf8')
    const codes = [...denials.matchAll(/readonly code: '(\w+)'/g)].map(([, code]) => code)
    expect(codes.length).toBeGreaterThan(5)
    const explained = table(README, 'Failure modes').map(([, code]) => code)
    const others = [
      'misconfigured',
      'internal_error',
      'origin_unreachable',
      'session_command_refused',
      'insufficient_storage',
    ]
    expect([...explained].sort()).toEqual([...codes, ...others].sort())
  })

  it('show policies that the Worker takes', () => {
    const example = all.find(({ text }) => text.startsWith('[[vars.POLICIES]]'))?.text ?? ''
    const rules = tomlPolicies(example)
    expect(rules.length).toBeGreaterThan(3)
    expect(parseConfig({ ...SECRETS, POLICIES: rules })).toMatchObject({ ok: true })
    const fields = table(README, 'Policies').map(([name]) => name)
    const withAll = Object.fromEntries(fields.map((name) => [name, undefined]))
    expect(parseConfig({ ...SECRETS, POLICIES: [{ ...withAll, match: '/' }] })).toMatchObject({
      ok: true,
    })
    expect(rules.flatMap(Object.keys).filter((name) => !fields.includes(name))).toEqual([])
  })
})
