/**
 * The command line as a person or a script runs it, against the built Worker on workerd and the stand, under
 * Node 20 where there is one: no build, no type stripping. Also that its types and the OpenAPI document are
 * what a public validator accepts and the API has.
 */
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { operatorClient } from '../../src/client/client.js'
import document from '../../src/control/openapi.json' with { type: 'json' }
import { type BuiltWorker, buildWorker } from '../edges/build.ts'
import { type Edge, serveEdge } from '../edges/serve.ts'
import { standControl } from '../stand/control-client.ts'
import { makeSecrets } from '../stand/dev-vars.ts'
import { type Stand, startStand } from '../stand/http-redis.ts'
import { type Origin, startOrigin } from '../stand/origin.ts'
import { ROOT } from './processes.ts'
import { blocks, commandsOf, README } from './readme-document.ts'

const SYSTEM_NODE = '/usr/bin/node'
const CLI = `${ROOT}src/client/cli.js`
const NODE = isNode20(SYSTEM_NODE) ? SYSTEM_NODE : process.execPath

function isNode20(path: string): boolean {
  return existsSync(path) && /^v20\./.test(execFileSync(path, ['--version'], { encoding: 'utf8' }))
}

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

let stand: Stand
let origin: Origin
let worker: BuiltWorker
let edge: Edge
let key: string
let vars: Record<string, string>

beforeAll(async () => {
  stand = await startStand({ backend: 'memory', regions: [{ name: 'local', lagMs: 0 }] })
  const secrets = await makeSecrets(stand.regions[0]?.url ?? '', stand.token)
  key = secrets.apiKey
  worker = await buildWorker()
  origin = await startOrigin()
  vars = { ...secrets.vars, ORIGIN_URL: origin.url, MAX_STALENESS_MS: '300' }
  edge = await serveEdge(worker, { vars })
})

afterAll(async () => {
  await edge?.stop()
  worker?.remove()
  await origin?.stop()
  await stand?.stop()
})

const environment = (extra: NodeJS.ProcessEnv = {}) => ({
  PATH: process.env.PATH,
  EDGE_SESSION_URL: edge.url,
  EDGE_SESSION_KEY: key,
  ...extra,
})

/** Its standard input is no terminal. */
async function cli(words: string[], extra: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const ran = promisify(execFile)(NODE, [CLI, ...words], { env: environment(extra) })
  const ended = await ran.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }) as Ended,
  )
  expect(ended.stdout + ended.stderr).not.toMatch(/sess_|at .*\.js:\d+/)
  expect(ended.stdout + ended.stderr).not.toContain(key)
  return ended
}

async function logIn(subject: string, labels: Record<string, string> = {}) {
  const { data } = await operatorClient({ url: edge.url, key }).POST('/sessions', {
    body: { subject, labels },
  })
  if (!data) throw new Error('no session')
  return { token: data.token, sid: data.session.sid }
}

const isDead = async (token: string) =>
  (await fetch(edge.url, { headers: { authorization: `Bearer ${token}` } })).status === 401

describe('edge-session', () => {
  let laptop: { token: string; sid: string }
  let phone: { token: string; sid: string }
  let subject: string
  let n = 0

  beforeEach(async () => {
    subject = `user-${++n}`
    laptop = await logIn(subject)
    phone = await logIn(subject, { batch: `b${n}` })
  })

  it('lists the sessions of a subject', async () => {
    const { code, stdout } = await cli(['sessions', 'list', '--subject', subject])
    expect(code).toBe(0)
    expect(stdout.trim().split('\n')).toHaveLength(2)
    expect(stdout).toContain(laptop.sid)
    expect(stdout).toContain(`batch=b${n}`)
  })

  it.each([
    ['revoke', '--subject', 'SUBJECT'],
    ['revoke', '--label', 'batch=none'],
    ['revoke', '--all'],
    ['revoke', '--session', 'SID'],
    ['sessions', 'revoke', 'SID'],
    ['subjects', 'erase', '--subject', 'SUBJECT'],
  ])('ends nothing without --yes: %s %s %s', async (...words) => {
    const said = words.map((word) => word.replace('SUBJECT', subject).replace('SID', phone.sid))
    const { code, stdout, stderr } = await cli(said)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/will (end|be erased)[\s\S]*Nothing done: .*--yes/)
    expect(await isDead(phone.token)).toBe(false)
  })

  it('says what goes, waits, prints the receipt, and the tokens are dead', async () => {
    const words = ['revoke', '--subject', subject, '--reason', 'stolen', '--yes', '--wait']
    const { code, stdout, stderr } = await cli(words)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^sessions_revoked +2$/m)
    expect(stdout).toMatch(/^enforced +true$/m)
    expect(stderr).toContain(laptop.sid)
    expect(stderr).toContain('Until every edge enforces it')
    expect(await Promise.all([isDead(laptop.token), isDead(phone.token)])).toEqual([true, true])
  })

  it('keeps the session that it is to keep', async () => {
    const words = [
      'revoke',
      '--subject',
      subject,
      '--except',
      laptop.sid,
      '--yes',
      '--wait',
      '--json',
    ]
    const { code, stdout } = await cli(words)
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ sessions_revoked: 1, enforced: true })
    expect(await Promise.all([isDead(laptop.token), isDead(phone.token)])).toEqual([false, true])
  })

  it('ends one session, and those with a label', async () => {
    expect((await cli(['sessions', 'revoke', laptop.sid, '--yes', '--wait'])).code).toBe(0)
    expect(await isDead(laptop.token)).toBe(true)
    expect((await cli(['sessions', 'revoke', laptop.sid, '--yes'])).code).toBe(1)
    expect((await cli(['revoke', '--label', `batch=b${n}`, '--yes', '--wait'])).code).toBe(0)
    expect(await isDead(phone.token)).toBe(true)
  })

  it('writes, disables, enables, exports and erases a subject', async () => {
    const of = ['--subject', subject]
    const set = ['subjects', 'set', '--permission', 'read']
    expect((await cli([...set, '--subject', 'mistyped'])).code).toBe(1)
    expect((await cli([...set, ...of, '--replace'])).code).toBe(2)
    expect((await cli([...set, ...of])).stdout).toMatch(/^permissions +\["read"\]$/m)
    expect((await cli([...set, ...of, '--replace', '--yes'])).code).toBe(0)
    const disabled = await cli(['subjects', 'disable', ...of, '--yes', '--json'])
    expect(JSON.parse(disabled.stdout)).toMatchObject({ disabled: true, permissions: ['read'] })
    expect((await cli(['subjects', 'enable', ...of])).stdout).toMatch(/^disabled +false$/m)
    const exported = await cli(['subjects', 'export', ...of])
    expect(JSON.parse(exported.stdout)).toMatchObject({ record: { subject }, events_next: null })
    expect((await cli(['subjects', 'erase', ...of, '--yes'])).code).toBe(0)
    expect((await cli(['subjects', 'get', ...of])).code).toBe(1)
  })

  it('follows the events', async () => {
    const words = ['events', 'tail', '--subject', subject, '--after', '0-0']
    const tail = spawn(NODE, [CLI, ...words], { env: environment() })
    let shown = ''
    tail.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text
    })
    try {
      await expect.poll(() => shown, { timeout: 15_000 }).toContain(`sid=${phone.sid}`)
      await cli(['revoke', '--session', phone.sid, '--reason', 'lost', '--yes'])
      await expect
        .poll(() => shown, { timeout: 15_000 })
        .toMatch(new RegExp(`session-revoked .*sid=${phone.sid} .*reason=lost`))
    } finally {
      tail.kill('SIGKILL')
    }
  })

  it('goes on with the events where the connection was lost, each once', async () => {
    const other = await serveEdge(worker, { vars })
    const words = ['events', 'tail', '--subject', subject, '--json', '--after', '0-0']
    const tail = spawn(NODE, [CLI, ...words], { env: environment({ EDGE_SESSION_URL: other.url }) })
    let shown = ''
    let said = ''
    tail.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text
    })
    tail.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const idsShown = () => [...shown.matchAll(/^\{"id":"([^"]+)"/gm)].map(([, id]) => id)
    let again: Edge | undefined
    try {
      await expect.poll(idsShown, { timeout: 15_000 }).toHaveLength(2)
      await other.stop()
      await logIn(subject)
      await expect.poll(() => said, { timeout: 15_000 }).toContain(`goes on after ${idsShown()[1]}`)
      again = await serveEdge(worker, { vars, port: other.port })
      await logIn(subject)
      await expect.poll(idsShown, { timeout: 15_000 }).toHaveLength(4)
      const client = operatorClient({ url: edge.url, key })
      const { data } = await client.GET('/events', { params: { query: { subject } } })
      expect(idsShown()).toEqual(data?.events.map(({ id }) => id))
    } finally {
      tail.kill('SIGKILL')
      await other.stop()
      await again?.stop()
    }
  })

  it.each([
    ['y\n', 0, true],
    ['yes\n', 0, true],
    ['n\n', 2, false],
    ['\n', 2, false],
    ['yo\n', 2, false],
    // Ctrl-D and Ctrl-C, as a terminal sends them.
    ['\x04', 2, false],
    ['\x03', 2, false],
  ])('asks on a terminal and takes %j for an answer', async (answer, code, isEnded) => {
    const command = `${NODE} ${CLI} revoke --subject ${subject}`
    const words = ['-qec', command, '/dev/null']
    const terminal = spawn('script', words, { env: environment({ TERM: 'xterm' }) })
    const ended = once(terminal, 'exit')
    let shown = ''
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (shown.includes('[y/N]')) return
      shown += text
      if (shown.includes('[y/N]')) terminal.stdin.write(answer)
    })
    expect((await ended)[0]).toBe(code)
    expect(shown).toContain(phone.sid)
    if (isEnded) await expect.poll(() => isDead(phone.token), { timeout: 5000 }).toBe(true)
    else expect(await isDead(phone.token)).toBe(false)
  })

  it.each([
    [[]],
    [['nonsense']],
    [['sessions', 'list']],
    [['revoke', '--yes']],
    [['revoke', '--all', '--subject', 'u', '--yes']],
    [['revoke', '--subject', '', '--yes']],
    [['health', '--nonsense']],
    [['health', '--key', 'secret']],
    [['health', '--url', 'http://example.com']],
  ])('exits 2 for %j', async (words) => {
    const { code, stdout, stderr } = await cli(words)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).not.toBe('')
    expect(stderr).not.toContain('secret')
  })

  it('exits 2 for a key that no header can hold, and does not show it', async () => {
    const { code, stderr } = await cli(['health'], { EDGE_SESSION_KEY: 'sec\nret' })
    expect(code).toBe(2)
    expect(stderr).not.toContain('ret\n')
  })

  it('exits 1 for a wrong key', async () => {
    const { code, stderr } = await cli(['sessions', 'list', subject], { EDGE_SESSION_KEY: 'wrong' })
    expect(code).toBe(1)
    expect(stderr).toContain('invalid_api_key')
  })

  it('exits 3 when the store or the Worker is down', async () => {
    const control = standControl(stand.controlUrl)
    await control.killPrimary()
    try {
      expect((await cli(['revoke', '--subject', subject, '--yes'])).code).toBe(3)
      expect((await cli(['health'])).code).toBe(3)
    } finally {
      await control.restartPrimary()
    }
    expect((await cli(['health', '--url', 'http://127.0.0.1:9'])).code).toBe(3)
    expect((await cli(['health'])).stdout).toMatch(/^status +ok$/m)
  })

  it('documents its commands and exit codes', async () => {
    const { code, stdout } = await cli(['--help'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/Exit codes\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}3 /)
  })
})

describe('the lines of the README', () => {
  const lines = blocks(README)
    .filter(({ language }) => language === 'sh')
    .flatMap(commandsOf)
    .filter((command) => command.startsWith('npx edge-session '))

  it('run as they stand', async () => {
    expect(lines.length).toBeGreaterThan(2)
    for (const command of lines) {
      await logIn('user-42')
      const ran = promisify(execFile)('bash', ['-c', command], { cwd: ROOT, env: environment() })
      await expect(ran, command).resolves.toBeDefined()
    }
  })
})

describe('the OpenAPI document', () => {
  it('is valid to a public validator', async () => {
    const result = await new Validator().validate(structuredClone(document))
    expect(result).toMatchObject({ valid: true })
  })

  it('is what the types of the client were generated from', async () => {
    const run = promisify(execFile)
    const { stdout } = await run('npm', ['run', '--silent', 'openapi:types'], { cwd: ROOT })
    const formatted = run('npx', ['biome', 'format', '--stdin-file-path=types.d.ts'], { cwd: ROOT })
    formatted.child.stdin?.end(stdout)
    const types = readFileSync(`${ROOT}src/client/operator-api.d.ts`, 'utf8')
    expect((await formatted).stdout === types, 'npm run openapi has to be run').toBe(true)
  })
})

describe('the reference page', () => {
  it('shows the document in a pinned viewer, which may fetch nothing else', async () => {
    const response = await fetch(`${edge.url}/_session/`)
    expect(response.status).toBe(200)
    expect(await response.text()).toMatch(/<script [^>]*integrity="sha384-[\w+/]{64}"/)
    const policy = response.headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain(`connect-src ${edge.url}/_session/v1/openapi.json;`)
    expect((await fetch(`${edge.url}/_session/`, { method: 'POST' })).status).toBe(405)
  })
})
