/**
 * What the tests of `Session-Command` start from: policies that list commands and such that do not, an origin
 * that gives any command, and what the primary knows afterwards.
 */

import { expect } from 'vitest'
import { COOKIE, type Login, startWorker, type VisitInit, type Worker } from '../support/worker.ts'
import { eventsOf as trailOf } from './trail.ts'

export const ALL = ['establish', 'rotate', 'revoke', 'revoke-all']
export const ACCESSES = ['required', 'optional', 'public'] as const
export const POLICIES = [
  ...ACCESSES.flatMap((access) => [
    { match: `/listed/${access}/*`, access, session_commands: ALL },
    { match: `/unlisted/${access}/*`, access },
  ]),
  ...ALL.map((command) => ({
    match: `/only/${command}/*`,
    access: 'optional',
    session_commands: [command],
  })),
  { match: '/embedded/*', access: 'public', session_commands: ALL, cross_site: 'allow' },
]
export const CLEARED = `${COOKIE}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax`

/** In front of an origin that gives commands, under these policies. */
export const worker = await startWorker({ POLICIES })

export const cookieOf = (token: string) => `${COOKIE}=${token}`
export const answering = (...headers: string[]) =>
  headers.map((header) => `answer-header=${encodeURIComponent(header)}`).join('&')

/** A visit, its answer read to the end: one that is not is an open stream, which its session watches over. */
export async function visit(
  path: string,
  init: VisitInit = {},
  by: Worker = worker,
): Promise<Response> {
  const response = await by.visit(path, init)
  const body = await response.arrayBuffer()
  return new Response(body.byteLength > 0 ? body : null, response)
}

/** A visit to whose answer the origin adds a command. */
export async function commanded(
  path: string,
  command: string,
  init: VisitInit = {},
  by: Worker = worker,
): Promise<Response> {
  const query = answering(`Session-Command:${command}`)
  const response = await visit(`${path}${path.includes('?') ? '&' : '?'}${query}`, init, by)
  expect(response.headers.has('session-command')).toBe(false)
  return response
}

/** The one token a response sets; it is never stored by any cache. */
export function tokenIn(response: Response): string {
  expect(response.headers.get('cache-control')).toBe('no-store')
  const [line = '', ...others] = response.headers.getSetCookie()
  expect(others).toEqual([])
  const token = new RegExp(
    `^${COOKIE}=(sess_[\\w-]+); Max-Age=\\d+; Path=/; Secure; HttpOnly; SameSite=Lax$`,
  ).exec(line)?.[1]
  if (token === undefined) throw new Error(`no token is set: ${line.slice(0, 20)}`)
  return token
}

export const isAlive = async ({ sid }: Login) =>
  (await worker.api('GET', `/sessions/${sid}`)).status === 200
/** An isolate that remembers nothing. */
export const statusFor = async (token: string) =>
  (await visit('/app', { token }, await startWorker({ POLICIES }))).status
export const sessionsOf = async (subject: string) =>
  (await worker.api('GET', `/subjects/${encodeURIComponent(subject)}/sessions`)).body
    .sessions as Record<string, unknown>[]
export const refusals = async (by: Worker = worker) =>
  (await by.api('GET', '/health')).body.denials as Record<string, number>
export const eventsOf = (subject: string) => trailOf(worker, subject)

export async function problemOf(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(response.headers.get('cache-control')).toBe('no-store')
  return (await response.json()) as Record<string, unknown>
}
