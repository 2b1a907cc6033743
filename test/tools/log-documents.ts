/**
 * Reads what the Worker logged, however it was brought home: `wrangler tail --format json` (documents over many
 * lines), Logpush or exported Workers Logs (one a line), or the bare lines of a local Worker.
 * Must never fail at a line that is something else: logs are full of them.
 */

/** One would-be denial of monitor mode, with what its invocation says of the request. */
export interface WouldDeny {
  readonly denial: string
  readonly reason: string
  /** As configured; null where the request was ambiguous. */
  readonly policy: string | null
  readonly method: string
  readonly path: string | null
  readonly atMs: number | null
}

/** All of one document. `isRequest`: it is the record of a request, refused or not. */
export interface Read {
  readonly isRequest: boolean
  readonly found: readonly WouldDeny[]
}

type Json = Readonly<Record<string, unknown>>

/** Everything that is JSON, in its order. */
export async function* readLogs(lines: AsyncIterable<string>): AsyncGenerator<Read> {
  let open: string[] | null = null
  for await (const line of lines) {
    if (line === '{') open = []
    open?.push(line)
    if (open !== null && line !== '}') continue
    const document = parse(open === null ? fromBrace(line) : open.join('\n'))
    open = null
    if (document !== null) yield readDocument(document)
  }
}

/** A local Worker's output may have something before the line of JSON. */
const fromBrace = (line: string) => line.slice(Math.max(0, line.search(/[{[]/)))

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function readDocument(document: unknown): Read {
  const request = requestOf(document)
  const entries = entriesIn(document)
  return {
    isRequest: request !== null,
    found: entries.map(({ denial, reason, policy, method }) => ({
      denial: String(denial),
      reason: String(reason),
      policy: typeof policy === 'string' ? policy : null,
      method: String(method),
      path: request?.path ?? null,
      atMs: request?.atMs ?? null,
    })),
  }
}

/** Our lines, wherever they are: as text of a message, or taken apart by whoever stored them. */
function entriesIn(value: unknown): readonly Json[] {
  if (typeof value === 'string') {
    return value.startsWith('{') && value.includes('"would_deny"') ? entriesIn(parse(value)) : []
  }
  if (!isObject(value)) return []
  return value.code === 'would_deny' ? [value] : Object.values(value).flatMap(entriesIn)
}

/** Tail's names, or Logpush's (dataset workers_trace_events). */
function requestOf(document: unknown): { path: string; atMs: number | null } | null {
  if (!isObject(document)) return null
  const event = document.event ?? document.Event
  const request = isObject(event) ? (event.request ?? event.Request) : null
  const url = isObject(request) ? (request.url ?? request.URL) : null
  const atMs = document.eventTimestamp ?? document.EventTimestampMs
  if (typeof url !== 'string') return null
  return { path: url.replace(/[?#].*$/s, ''), atMs: typeof atMs === 'number' ? atMs : null }
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null
