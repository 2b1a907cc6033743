/**
 * Every way a parser between us and the data could read a path (design 7). Parsers differ on escapes,
 * slashes, dot segments and parameters, so one path is several; whoever decides by the path has to
 * decide the same for all of them. Must never pick the reading that seems right.
 *
 * Not covered: Unicode look-alikes (NFKC), and Windows names (`name.`, `name::$DATA`, `NAME~1`).
 */
import type { AmbiguityReason } from '../vocabulary/denial.ts'
import { MAX_PATH_BYTES, MAX_PATH_READINGS, MAX_READINGS_CHARACTERS } from '../vocabulary/limits.ts'
import { err, ok, type Result } from '../vocabulary/result.ts'

/** What can be read in two ways: an escape, `\`, `;`, `#`, `?`, `//`, a dot segment, a control. */
const READ_DIFFERENTLY = /[%\\;#?]|\/(?:\/|\.\.?(?:\/|$))|[^ -~\u0080-\uffff]/

/** A control character: 00-1F and 7F. Written as what it is not. */
const CONTROL = /[^ -~\u0080-\uffff]/

/** pct-encoded = "%" HEXDIG HEXDIG (RFC 3986 2.1) */
const ESCAPE = /%[\da-f]{2}/gi

/** UTF8-2 / UTF8-3 / UTF8-4 of RFC 3629 4, escaped; decodeURIComponent refuses what only looks it. */
const MULTI_BYTE = new RegExp(
  ['%[CD][\\dA-F]%[89AB][\\dA-F]', '%E[\\dA-F](?:%[89AB][\\dA-F]){2}']
    .concat('%F[0-7](?:%[89AB][\\dA-F]){3}')
    .join('|'),
  'g',
)

const ASCII = /%[0-7][\dA-F]/g
/** unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~" (RFC 3986 2.3) */
const UNRESERVED = /%(?:2D|2E|3\d|4[1-9A-F]|5[\dA]|5F|6[1-9A-F]|7[\dA]|7E)/g
const SLASHES = /%(?:2F|5C)/g
/** One ASCII character in two or three bytes: forbidden by RFC 3629 3, decoded by some all the same. */
const OVERLONG = /%C([01])%([89AB][\dA-F])|%E0%8([01])%([89AB][\dA-F])/g
/** Never a standard; IIS and JavaScript's `unescape` read it. */
const UNICODE_ESCAPE = /%[uU]([\da-fA-F]{4})/g

/** What some parser does to a path, before or after any of the others. */
const STEPS: readonly ((path: string) => string)[] = [
  (path) => path.replace(ASCII, decoded),
  // Some decode only what RFC 3986 6.2.2.2 calls equivalent, some (Envoy) only the slashes.
  (path) => path.replace(UNRESERVED, decoded),
  (path) => path.replace(SLASHES, decoded),
  (path) => path.replace(OVERLONG, shortest),
  (path) => path.replace(UNICODE_ESCAPE, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
  (path) => path.replaceAll('\\', '/'),
  (path) => path.replace(/\/{2,}/g, '/'),
  // RFC 3986 5.2.4, and WHATWG URL 4.4, which knows a dot segment by its escapes too.
  (path) => withoutDotSegments(path, /^\.\.?$/, /^\.\.$/),
  (path) => withoutDotSegments(path, /^(?:\.|%2E){1,2}$/, /^(?:\.|%2E){2}$/),
  (path) => path.replace(/;[^/]*/g, ''),
  (path) => upTo(path, ';'),
  (path) => upTo(path, '?'),
  (path) => upTo(path, '#'),
]

/**
 * Returns every reading of a raw path, the path itself (see `canonicalEscapes`) first: closed under
 * STEPS in any order and number, so double and deeper encodings are in it. An ordinary path has one.
 * A control character in any reading refuses the path, and so do too many readings.
 * Letters keep their case: who compares readings compares them folded too (`foldCase`).
 */
export function readPath(rawPath: string): Result<readonly string[], AmbiguityReason> {
  if (rawPath.length > MAX_PATH_BYTES) return err('path_too_many_readings')
  if (!READ_DIFFERENTLY.test(rawPath)) return ok([rawPath])
  const readings = new Set([canonicalEscapes(rawPath)])
  let characters = 0
  // A Set yields what is added while it is walked: this ends when no step finds anything new.
  for (const reading of readings) {
    if (CONTROL.test(reading)) return err('path_control_character')
    characters += reading.length
    if (characters > MAX_READINGS_CHARACTERS) return err('path_too_many_readings')
    for (const step of STEPS) {
      const next = step(reading)
      if (next !== reading) readings.add(canonicalEscapes(next))
    }
    if (readings.size > MAX_PATH_READINGS) return err('path_too_many_readings')
  }
  return ok([...readings])
}

/**
 * One spelling for escapes that mean the same to everyone: hex in upper case (RFC 3986 6.2.2.1), and
 * characters beyond ASCII decoded, so that `/caf%C3%A9` is `/café`. Nothing of ASCII is decoded.
 */
export function canonicalEscapes(path: string): string {
  if (!path.includes('%')) return path
  return path.replace(ESCAPE, (hex) => hex.toUpperCase()).replace(MULTI_BYTE, decoded)
}

/** A path as it reads to a parser that decodes once. */
export const decodeOnce = (path: string): string =>
  canonicalEscapes(canonicalEscapes(path).replace(ASCII, decoded))

/** Letters without case, as coarsely as Unicode has it (`ſ` is `S`, the Kelvin sign is `K`). */
export const foldCase = (path: string): string => path.toLowerCase().toUpperCase()

function decoded(escapes: string): string {
  try {
    return decodeURIComponent(escapes)
  } catch {
    return escapes
  }
}

function shortest(_: string, high2?: string, low2?: string, high3?: string, low3?: string): string {
  const high = Number(high2 ?? high3)
  const low = Number.parseInt(low2 ?? low3 ?? '', 16)
  return String.fromCharCode((high << 6) | (low & 0x3f))
}

/** Above the root stays the root. A dot segment at the end leaves a slash. */
function withoutDotSegments(path: string, dots: RegExp, twoDots: RegExp): string {
  if (!/\/(?:\.|%2E)/.test(path)) return path
  const kept: string[] = []
  const segments = path.split('/')
  for (const [index, segment] of segments.entries()) {
    if (!dots.test(segment)) {
      kept.push(segment)
      continue
    }
    if (twoDots.test(segment) && kept.length > 1) kept.pop()
    if (index === segments.length - 1) kept.push('')
  }
  return kept.join('/')
}

function upTo(path: string, character: string): string {
  const at = path.indexOf(character)
  return at < 0 ? path : path.slice(0, at)
}
