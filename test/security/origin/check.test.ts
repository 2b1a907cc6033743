/**
 * The check for an origin that can be reached past the Worker, against loopback origins that are open, shut, and
 * anything between. The front is the Worker's own answer to somebody without a session.
 */
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { denialResponse } from '../../../src/gate/denial-response.ts'
import { check } from './check.ts'
import { ask } from './probe.ts'

/** Made for these tests and used nowhere else. */
const CERT = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUa+3rfJIDL8LrbNmHO5AuYkD3gmwwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLb3JpZ2luLnRlc3QwIBcNMjYxMTI0MTE0MjQ0WhgPMjEyNjEw
MzExMTQyNDRaMBYxFDASBgNVBAMMC29yaWdpbi50ZXN0MFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAEpTMK6Ih2c6FecxcRN3MFZMig+VT89jIwmmCWueA4p9mzLKEX
2Pibll5AOnNASFaPO+p7xyerGYUHPX/gOm2PjKNrMGkwHQYDVR0OBBYEFKtmxtIq
6ur/Ll1TbLPz1mia7/JdMB8GA1UdIwQYMBaAFKtmxtIq6ur/Ll1TbLPz1mia7/Jd
MA8GA1UdEwEB/wQFMAMBAf8wFgYDVR0RBA8wDYILb3JpZ2luLnRlc3QwCgYIKoZI
zj0EAwIDSAAwRQIgQNgh15yKK1rHxMrJRno6lNdcl2IDj2r73qAZoOpdiQYCIQCn
vRGSSG2SrAcoPb0dNGOM8EI+hN3ur37AyS/DVRIXAQ==
-----END CERTIFICATE-----`
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg2cIJhoa1oUQwfBmj
kQ7e2lN12RQxbESii/gWoZAHAXWhRANCAASlMwroiHZzoV5zFxE3cwVkyKD5VPz2
MjCaYJa54Din2bMsoRfY+JuWXkA6c0BIVo876nvHJ6sZhQc9f+A6bY+M
-----END PRIVATE KEY-----`

const servers: Server[] = []
async function listen(server: Server): Promise<string> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}
const serve = (listener: RequestListener) => listen(createServer(listener))
const answering = (status: number, headers = {}) =>
  serve((_, response) => response.writeHead(status, headers).end())

let front: string
beforeEach(async () => {
  const { status, headers } = denialResponse(
    { code: 'login_required', reason: 'no_token' },
    new Request('https://site.test/account'),
    { loginUrl: '/login', cookieName: '__Host-session', instance: 'urn:uuid:0' },
  )
  front = await answering(status, Object.fromEntries(headers))
})
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function checked(...args: string[]) {
  const lines: string[] = []
  const code = await check(args, (line) => lines.push(line))
  return { code, said: lines.join('\n') }
}
const checkedOrigin = (origin: string) =>
  checked(`http://${front}/account`, '--origin', origin, '--timeout-ms', '500')

it('says that an open origin is open: 1', async () => {
  const { code, said } = await checkedOrigin(await answering(200))
  expect(said).toContain(`http as ${front}, no statement: 200 LET IN`)
  expect([code, said]).toEqual([1, expect.stringContaining('OPEN')])
})

it('says that nothing answers where nothing does: 0', async () => {
  const origin = await answering(200)
  const [gone] = servers.splice(-1)
  await new Promise((resolve) => gone?.close(resolve))
  const { code, said } = await checkedOrigin(origin)
  expect(said).toContain('nothing answers (ECONNREFUSED)')
  expect([code, said]).toEqual([0, expect.stringContaining('nothing answers past the Worker')])
})

it('takes an origin that refuses without a statement for shut: 0', async () => {
  const { code, said } = await checkedOrigin(await answering(401))
  expect([code, said]).toEqual([0, expect.stringContaining('lets nobody in without a statement')])
})

it('finds out an origin that believes headers which nobody signed: 1', async () => {
  for (const believed of ['session-subject', 'session-assertion']) {
    const origin = await serve(({ headers }, response) =>
      response.writeHead(headers[believed] === undefined ? 401 : 200).end(),
    )
    const { code, said } = await checkedOrigin(origin)
    expect(said).toContain('no statement: 401 refused')
    expect(said).toContain('a forged one: 200 LET IN')
    expect(code).toBe(1)
  }
})

it.each([302, 404, 500])('does not say more than it saw: %i is 2', async (status) => {
  const { code, said } = await checkedOrigin(await answering(status))
  expect([code, said]).toEqual([2, expect.stringContaining('NOT KNOWN')])
})

it('does not take silence on an open connection for shut: 2', async () => {
  expect((await checkedOrigin(await serve(() => {}))).code).toBe(2)
})

it('does not take the Worker for the origin: 2', async () => {
  const { code, said } = await checkedOrigin(front)
  expect([code, said]).toEqual([2, expect.stringContaining('the Worker answers')])
})

it('means nothing where the site itself asks for no session: 2', async () => {
  const open = await answering(200)
  const { code, said } = await checked(`http://${open}/`, '--origin', open)
  expect([code, said]).toEqual([2, expect.stringContaining('would mean nothing')])
})

it('asks as a browser led there by DNS would: the site in SNI and Host, the certificate whose it may be', async () => {
  const asked: unknown[] = []
  const origin = await listen(
    createTlsServer({ cert: CERT, key: KEY }, ({ headers, socket, url }, response) => {
      asked.push([(socket as TLSSocket).servername, headers.host, url])
      response.writeHead(200).end()
    }),
  )
  const [, port] = origin.split(':')
  const door = { address: '127.0.0.1', port: Number(port), tls: true, host: 'example.com' }
  const site = new URL('https://example.com/account?a=1')
  expect(await ask(site, door, {}, 1000)).toEqual({ kind: 'open', status: 200 })
  expect(asked).toEqual([['example.com', 'example.com', '/account?a=1']])
  // The whole check finds it too, as TLS is tried on every port that is named.
  expect((await checkedOrigin(origin)).code).toBe(1)
})

it('asks an origin with a name of its own for its page under that name too: 1', async () => {
  const origin = await serve(({ headers: { host = '' } }, response) =>
    response.writeHead(host.startsWith('localhost:') ? 200 : 421).end(),
  )
  expect((await checkedOrigin(origin)).code).toBe(0)
  const { code, said } = await checkedOrigin(origin.replace('127.0.0.1', 'localhost'))
  expect(said).toContain(`http as ${front}, no statement: 421 refused`)
  expect([code, said]).toEqual([1, expect.stringContaining('http as localhost:')])
})

it('takes an origin that wants a client certificate for shut (Authenticated Origin Pulls): 0', async () => {
  const tls = { cert: CERT, key: KEY, ca: CERT, requestCert: true, rejectUnauthorized: true }
  const origin = await listen(createTlsServer(tls, (_, response) => response.writeHead(200).end()))
  const { code, said } = await checkedOrigin(origin)
  expect([code, said]).toEqual([
    0,
    expect.stringContaining(`https as ${front}, no statement: nothing`),
  ])
})

it('never sends what could be a secret', async () => {
  const heard: string[] = []
  const origin = await serve(({ rawHeaders }, response) => {
    heard.push(rawHeaders.join(' '))
    response.writeHead(401).end()
  })
  await checkedOrigin(origin)
  // The plain knock on each of two doors; TLS does not get through.
  expect(heard).toHaveLength(2)
  expect(heard.join('\n').toLowerCase()).not.toMatch(/cookie|authorization/)
})

it.each([
  [],
  ['https://example.com'],
  ['--origin', '203.0.113.7'],
  ['example.com', '--origin', '203.0.113.7'],
  ['https://example.com', '--origin', 'https://203.0.113.7/'],
  ['https://example.com', '--origin', '203.0.113.7', '--timeout-ms', '0'],
  ['https://example.com', '--origin', '203.0.113.7', '--verbose'],
])('is not run with what it does not understand, and says how: %#', async (...args: string[]) => {
  const { code, said } = await checked(...args)
  expect([code, said]).toEqual([2, expect.stringContaining('usage: npm run check:origin')])
})
