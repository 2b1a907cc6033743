/**
 * The examples in test/origins/ as real servers, each in its own language where this machine has it: they admit
 * what the Worker signs and refuse everything else. Node is always there; of the others, what can't be tried is
 * said by name.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { freePorts, ROOT } from './processes.ts'

const AUDIENCE = 'https://site.test'
const EXAMPLES = `${ROOT}test/origins`

interface Runtime {
  readonly name: string
  readonly command: string
  readonly words: readonly string[]
  readonly folder: string
  /** Fails where the language, or the library that it needs, is not here. */
  readonly probe: readonly string[]
  readonly algorithms: readonly ('ES256' | 'EdDSA')[]
}

const BOTH = ['ES256', 'EdDSA'] as const
const python = (command: string): Runtime => ({
  name: 'Python',
  command,
  words: ['server.py'],
  folder: 'python',
  probe: ['-c', 'import jwt, cryptography'],
  algorithms: BOTH,
})
const RUNTIMES: readonly (readonly Runtime[])[] = [
  [
    {
      name: 'Node',
      command: process.execPath,
      words: ['server.mjs'],
      folder: 'node',
      probe: ['--version'],
      algorithms: BOTH,
    },
  ],
  [python('python3'), python('/usr/bin/python3')],
  [
    {
      name: 'Ruby',
      command: 'ruby',
      words: ['server.rb'],
      folder: 'ruby',
      probe: ['-rjwt', '-rwebrick', '-e', '0'],
      algorithms: ['ES256'],
    },
  ],
  [
    {
      name: 'Go',
      command: 'go',
      words: ['run', '.'],
      folder: 'go',
      probe: ['build', '-o', '/dev/null', '.'],
      algorithms: BOTH,
    },
  ],
]

function isHere({ command, probe, folder }: Runtime): boolean {
  try {
    execFileSync(command, [...probe], { cwd: `${EXAMPLES}/${folder}`, stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const keys = {
  ES256: await generateKeyPair('ES256', { extractable: true }),
  EdDSA: await generateKeyPair('EdDSA', { extractable: true }),
  stranger: await generateKeyPair('ES256'),
}
type Algorithm = 'ES256' | 'EdDSA'
const publicJwk = async (alg: Algorithm) => ({
  ...(await exportJWK(keys[alg].publicKey)),
  kid: `kid-${alg}`,
  alg,
  use: 'sig',
})

let keySet: Server
let issuer: string
let asked = 0

beforeAll(async () => {
  const document = { keys: [await publicJwk('ES256'), await publicJwk('EdDSA')] }
  keySet = createServer((_, response) => {
    asked++
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(document))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => keySet.once('listening', resolve))
  issuer = `http://127.0.0.1:${(keySet.address() as AddressInfo).port}/_session`
})
afterAll(() => keySet?.close())

interface Draft {
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
  readonly key?: CryptoKey | Uint8Array
}

/** What the Worker signs, and variations of it. */
function assertionOf(alg: string, { header, claims, key }: Draft = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const whole = {
    iss: issuer,
    sub: 'ada',
    aud: AUDIENCE,
    iat: now,
    exp: now + 60,
    jti: crypto.randomUUID(),
    sid: 'sid',
    auth_time: now,
    permissions: ['read', 'write'],
    ...claims,
  }
  const typ = 'session-assertion+jwt'
  return new SignJWT(whole)
    .setProtectedHeader({ alg, kid: `kid-${alg}`, typ, ...header })
    .sign(key ?? keys[alg as Algorithm].privateKey)
}

const base64Url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const seconds = (ago: number) => Math.floor(Date.now() / 1000) - ago

/** Everything that is no valid assertion, by what is wrong with it. */
const WRONG: Readonly<Record<string, (alg: Algorithm) => Promise<string | null>>> = {
  'no assertion': async () => null,
  'something else': async () => 'x',
  'another key': (alg) =>
    assertionOf('ES256', { key: keys.stranger.privateKey, header: { kid: `kid-${alg}` } }),
  'an unknown key id': (alg) => assertionOf(alg, { header: { kid: 'nobody' } }),
  'another key, and no key id': () =>
    assertionOf('ES256', { key: keys.stranger.privateKey, header: { kid: undefined } }),
  'alg none': async (alg) => {
    const [, payload] = (await assertionOf(alg)).split('.')
    return `${base64Url({ alg: 'none', kid: `kid-${alg}`, typ: 'session-assertion+jwt' })}.${payload}.`
  },
  'HS256 with the public key': async (alg) => {
    const key = new TextEncoder().encode(JSON.stringify(await publicJwk(alg)))
    return assertionOf('HS256', { key, header: { kid: `kid-${alg}` } })
  },
  'a changed payload': async (alg) => {
    const [header, payload = '', signature] = (await assertionOf(alg)).split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    return `${header}.${base64Url({ ...claims, sub: 'bob' })}.${signature}`
  },
  'another typ': (alg) => assertionOf(alg, { header: { typ: 'JWT' } }),
  'no typ': (alg) => assertionOf(alg, { header: { typ: undefined } }),
  'another issuer': (alg) => assertionOf(alg, { claims: { iss: 'https://evil.test/_session' } }),
  'another audience': (alg) => assertionOf(alg, { claims: { aud: 'https://other.test' } }),
  'no audience': (alg) => assertionOf(alg, { claims: { aud: undefined } }),
  'past its end': (alg) => assertionOf(alg, { claims: { iat: seconds(80), exp: seconds(20) } }),
  'no end': (alg) => assertionOf(alg, { claims: { exp: undefined } }),
  'from the future': (alg) =>
    assertionOf(alg, { claims: { iat: seconds(-60), exp: seconds(-120) } }),
  'no subject': (alg) => assertionOf(alg, { claims: { sub: undefined } }),
  'no session': (alg) => assertionOf(alg, { claims: { sid: undefined } }),
}

for (const candidates of RUNTIMES) {
  const runtime = candidates.find(isHere)
  if (!runtime) console.log(`not tried, as it is not here: ${candidates[0]?.name}`)
  describe.runIf(runtime)(`the origin in ${candidates[0]?.name}`, () => {
    const { command = '', words = [], folder = '', algorithms = [] } = runtime ?? {}
    let server: ChildProcess
    let url: string

    beforeAll(async () => {
      const port = await freePorts(1)
      url = `http://127.0.0.1:${port}`
      server = spawn(command, [...words], {
        cwd: `${EXAMPLES}/${folder}`,
        env: { ...process.env, ISSUER: issuer, AUDIENCE, PORT: String(port) },
        stdio: 'ignore',
        detached: true,
      })
      const answers = async () => {
        const { status } = await fetch(url)
        if (status !== 401) throw new Error(`answers ${status}`)
      }
      await vi.waitFor(answers, { timeout: 60_000, interval: 200 })
    })
    // `go run` starts a process of its own: the group goes.
    afterAll(() => server?.pid && process.kill(-server.pid, 'SIGKILL'))

    async function ask(assertion: string | null) {
      const headers = assertion === null ? {} : { 'session-assertion': assertion }
      const response = await fetch(url, { headers })
      return { status: response.status, body: await response.json() }
    }

    it.each(algorithms)('admits what the Worker signs with %s', async (alg) => {
      expect(await ask(await assertionOf(alg))).toEqual({
        status: 200,
        body: { subject: 'ada', permissions: ['read', 'write'] },
      })
      // The clocks of two machines differ.
      const early = await assertionOf(alg, { claims: { iat: seconds(-2) } })
      expect((await ask(early)).status).toBe(200)
    })

    it.each(Object.keys(WRONG))('refuses: %s', async (name) => {
      for (const alg of algorithms) {
        expect(await ask((await WRONG[name]?.(alg)) ?? null)).toEqual({ status: 401, body: null })
      }
    })

    it('does not ask for the keys each time', async () => {
      const before = asked
      for (let n = 0; n < 20; n++) await ask(await assertionOf('ES256'))
      expect(asked).toBe(before)
    })
  })
}
