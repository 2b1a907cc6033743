/**
 * Upstash's REST protocol as text: a request becomes commands, replies become a body.
 * Knows nothing of sockets, regions or databases.
 */
import { type Reply, ReplyError } from './backend.ts'

export interface RestRequest {
  method: string
  path: string
  query: URLSearchParams
  body: string
}

export type Form = 'single' | 'pipeline' | 'multi-exec'

export interface RestCommands {
  form: Form
  commands: string[][]
}

/** A request that is not one: the answer it gets. */
export class BadRequest extends Error {
  override name = 'BadRequest'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export function parseRequest({ method, path, query, body }: RestRequest): RestCommands {
  if (!['GET', 'HEAD', 'POST', 'PUT'].includes(method)) {
    throw new BadRequest(405, 'ERR method not allowed')
  }
  if (path === '/pipeline' || path === '/multi-exec') {
    return { form: path === '/pipeline' ? 'pipeline' : 'multi-exec', commands: parseBatch(body) }
  }
  const command = path === '/' ? parseCommand(parseJson(body)) : parsePath(path, query, body)
  return { form: 'single', commands: [command] }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new BadRequest(400, 'ERR failed to parse request: body is not JSON')
  }
}

function parseBatch(body: string): string[][] {
  const batch = parseJson(body)
  if (!Array.isArray(batch)) {
    throw new BadRequest(400, 'ERR failed to parse request: body is not an array of commands')
  }
  if (batch.length === 0) throw new BadRequest(400, 'ERR empty pipeline request')
  return batch.map(parseCommand)
}

function parseCommand(value: unknown): string[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new BadRequest(400, 'ERR failed to parse request: a command is an array of arguments')
  }
  return value.map((arg) => {
    if (typeof arg === 'string') return arg
    if (typeof arg === 'number' || typeof arg === 'boolean') return String(arg)
    throw new BadRequest(400, 'ERR failed to parse request: an argument is a string or a number')
  })
}

/** `/set/key?EX=100` with a body: the body is the last argument, the query follows it. */
function parsePath(path: string, query: URLSearchParams, body: string): string[] {
  const command = path.slice(1).split('/').map(decodeSegment)
  if (body !== '') command.push(body)
  for (const [name, value] of query) {
    if (name === '_token') continue
    command.push(name)
    if (value !== '') command.push(value)
  }
  return command
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new BadRequest(400, 'ERR failed to parse request: malformed path')
  }
}

export interface RestAnswer {
  status: number
  body: string
}

/** One command that failed is a 400; in a batch each has its own result or error under a 200. */
export function formatReplies(form: Form, replies: Reply[], base64: boolean): RestAnswer {
  const results = replies.map((reply) =>
    reply instanceof ReplyError
      ? { error: reply.message }
      : { result: base64 ? encodeResult(reply) : plain(reply) },
  )
  const [first] = results
  if (form !== 'single') return { status: 200, body: JSON.stringify(results) }
  return { status: first && 'error' in first ? 400 : 200, body: JSON.stringify(first) }
}

export const formatError = (message: string): string => JSON.stringify({ error: message })

type Json = string | number | null | Json[]

const plain = (reply: Reply): Json =>
  reply instanceof ReplyError ? reply.message : Array.isArray(reply) ? reply.map(plain) : reply

/** The literal OK stays as it is, which the SDK knows; inside an array it does not. */
const encodeResult = (reply: Reply): Json => (reply === 'OK' ? 'OK' : encode(reply))

function encode(reply: Reply): Json {
  if (Array.isArray(reply)) return reply.map(encode)
  if (reply instanceof ReplyError) return encode(reply.message)
  return typeof reply === 'string' ? Buffer.from(reply).toString('base64') : reply
}
