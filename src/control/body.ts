/**
 * Reads a request body: bounded, UTF-8, JSON. What it means is validation.ts's business.
 * Must never hold more than MAX_API_BODY_BYTES, whatever Content-Length claims.
 */
import { MAX_API_BODY_BYTES } from '../vocabulary/limits.ts'
import { err, ok, type Result } from '../vocabulary/result.ts'

/** Far deeper than claims of any use, far from exhausting anybody's stack. */
const MAX_DEPTH = 32

/** Why a body can't be read. */
export type BodyTrouble = 'content_too_large' | 'invalid_json' | 'invalid_form'

/** The JSON value of a body. An empty body is not JSON (RFC 8259 section 2), unless it may be left out. */
export async function readJson(
  request: Request,
  optional = false,
): Promise<Result<unknown, BodyTrouble>> {
  const bytes = await readBounded(request)
  if (bytes === null) return err('content_too_large')
  if (optional && bytes.length === 0) return ok({})
  const value = parse(bytes)
  return value === undefined ? err('invalid_json') : ok(value)
}

/** null: too large. The rest of such a body is not read. */
export async function readBounded(request: Request): Promise<Uint8Array | null> {
  if (Number(request.headers.get('content-length')) > MAX_API_BODY_BYTES) return null
  const bytes = new Uint8Array(MAX_API_BODY_BYTES)
  let length = 0
  const reader = request.body?.getReader()
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    if (length + read.value.length > MAX_API_BODY_BYTES) {
      await reader?.cancel()
      return null
    }
    bytes.set(read.value, length)
    length += read.value.length
  }
  return bytes.subarray(0, length)
}

/** undefined: not JSON in UTF-8, or JSON that is safe to no parser after ours. */
function parse(bytes: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes),
    )
    return isPlain(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Not too deep, and no `__proto__`: a parser that assigns it would pollute prototypes. */
function isPlain(root: unknown): boolean {
  const open: { value: unknown; depth: number }[] = [{ value: root, depth: 0 }]
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, depth } = next
    if (typeof value !== 'object' || value === null) continue
    if (depth === MAX_DEPTH || Object.hasOwn(value, '__proto__')) return false
    for (const child of Object.values(value)) open.push({ value: child, depth: depth + 1 })
  }
  return true
}
