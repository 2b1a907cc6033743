/**
 * The HTTP port of one region: authenticates, meets the faults set for it, sends each request to
 * where Upstash would run it, and answers. Listens on loopback only: faults and a known token make
 * it unfit for anything else.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Backend, discarded, type Reply, ReplyError, Unreachable } from './backend.ts'
import type { Fault } from './control-api.ts'
import type { FaultBook } from './faults.ts'
import type { Recorder } from './record.ts'
import {
  BadRequest,
  formatError,
  formatReplies,
  parseRequest,
  type RestAnswer,
  type RestCommands,
} from './rest.ts'
import { isRead, refusalOverRest } from './routing.ts'

export interface RegionServerParts {
  region: string
  token: string
  backend: Backend
  faults: FaultBook
  recorder: Recorder
  /** A new value for every answer. Upstash's clients send it back; the stand does not need it. */
  nextSyncToken(): string
}

interface Answer extends RestAnswer {
  contentType?: string
}

/** Longer than a benchmark pauses, so that a client's pooled connection does not vanish. */
const KEEP_ALIVE_MS = 65_000

const UNAUTHORIZED: Answer = {
  status: 401,
  body: formatError('WRONGPASS invalid or missing auth token'),
}

export function createRegionServer(parts: RegionServerParts): Server {
  const { region, token, faults, recorder, nextSyncToken } = parts
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    answer(request, response).catch(() => request.socket.resetAndDestroy())
  })
  return server

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    recorder.countRequest(region)
    const body = await readBody(request)
    const { delayMs, effect } = faults.next(region)
    const reset = () => request.socket.resetAndDestroy()
    if (effect !== undefined && 'hang' in effect) return
    const instead = effect && answerInstead(effect)
    const stopsShort = effect !== undefined && 'reset' in effect
    const outcome = stopsShort ? 'reset' : (instead ?? (await serve(request, body)))
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
    if (outcome === 'reset' || (effect && 'resetAfter' in effect)) return void reset()
    const bytes = Buffer.from(outcome.body)
    response.writeHead(outcome.status, {
      'content-type': outcome.contentType ?? 'application/json',
      'content-length': bytes.length,
      'upstash-sync-token': nextSyncToken(),
    })
    if (!(effect && 'halfAnswer' in effect)) return void response.end(bytes)
    // Destroyed only once the half is on its way, or it would never leave.
    response.write(bytes.subarray(0, bytes.length >> 1), reset)
  }

  async function serve(request: IncomingMessage, body: string): Promise<Answer | 'reset'> {
    const url = new URL(request.url ?? '/', 'http://stand')
    const bearer = request.headers.authorization ?? `Bearer ${url.searchParams.get('_token') ?? ''}`
    if (bearer !== `Bearer ${token}`) return UNAUTHORIZED
    try {
      const { method = 'GET' } = request
      const parsed = parseRequest({ method, path: url.pathname, query: url.searchParams, body })
      const replies = await run(parsed)
      const base64 = request.headers['upstash-encoding'] === 'base64'
      return formatReplies(parsed.form, replies, base64)
    } catch (error) {
      if (error instanceof Unreachable) return 'reset'
      if (error instanceof BadRequest) {
        return { status: error.status, body: formatError(error.message) }
      }
      if (error instanceof ReplyError) return { status: 400, body: formatError(error.message) }
      // A fault of the stand itself. It must not pass for one of those the tests set.
      console.error(error)
      return { status: 500, body: formatError('ERR the stand failed; see its stderr') }
    }
  }

  async function run({ form, commands }: RestCommands): Promise<Reply[]> {
    const { backend } = parts
    const refusals = commands.map(refusalOverRest)
    const atomic = form === 'multi-exec'
    const first = refusals.find((refused) => refused !== undefined)
    if (atomic && first !== undefined) throw discarded(first)
    const allowed = commands.filter((_, index) => refusals[index] === undefined)
    const served =
      allowed.length > 0
        ? await backend.run({ region, commands: allowed, readOnly: allowed.every(isRead), atomic })
        : { replies: [], servedBy: 'primary' as const }
    for (const command of allowed) {
      recorder.see({ region, servedBy: served.servedBy, multi: atomic, command })
    }
    const replies = served.replies.values()
    return refusals.map((refused) =>
      refused === undefined ? (replies.next().value ?? null) : new ReplyError(refused),
    )
  }
}

/** What a fault answers in place of the database, or undefined where the command is to run. */
function answerInstead(effect: Fault): Answer | undefined {
  if ('unauthorized' in effect) return UNAUTHORIZED
  if ('garbage' in effect) {
    return effect.garbage === 'text'
      ? { status: 200, body: '<html>garbage', contentType: 'text/html' }
      : { status: 200, body: '{"garbage":true}' }
  }
  if (!('status' in effect)) return undefined
  const { status, body = formatError(`ERR fault ${status}`), contentType } = effect
  return contentType === undefined ? { status, body } : { status, body, contentType }
}

/** By events: iterating over the request costs more, and benchmarks pass through here. */
function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => resolve(Buffer.concat(chunks).toString()))
    request.on('error', reject)
  })
}
