/**
 * Which policy holds for a request: the first whose pattern covers the path, in every reading of it.
 * Must never answer with one policy where another reading of the same path leads to another.
 *
 *   match   = [ host ] path-pattern        host = what is before the first "/"
 *   pattern = path / path "*"              "/admin/*" covers "/admin" too, "/adm*" is a plain prefix
 */
import type { AmbiguityReason } from '../vocabulary/denial.ts'
import { DEFAULT_POLICY, type Policy } from '../vocabulary/policy.ts'
import { err, ok, type Result } from '../vocabulary/result.ts'
import { canonicalEscapes, decodeOnce, foldCase, readPath } from './path-readings.ts'

/** One spelling of one policy's pattern. */
interface Rule {
  readonly index: number
  readonly host: string | null
  readonly hostHasPort: boolean
  readonly path: Pattern
  readonly folded: Pattern
}

interface Pattern {
  readonly text: string
  /** Covers all that begins with `text`; else only `text` itself. */
  readonly prefix: boolean
  /** `/admin` where the pattern is `/admin/*`, else null. */
  readonly bare: string | null
}

/** The policies, ready to be asked. Opaque: only this file reads it. */
export interface PolicyLookup {
  readonly policies: readonly Policy[]
  readonly rules: readonly Rule[]
  readonly anyHost: boolean
  /** Some pattern has letters that folding changes. */
  readonly mixedCase: boolean
}

/** What folding may change: capitals, and all beyond ASCII. */
const HAS_CASE = /[A-Z\u0080-\uffff]/

/**
 * Compiles the policies; done once per isolate. Throws on a pattern without a path: parsing the
 * configuration has refused those by name before.
 */
export function compilePolicies(policies: readonly Policy[]): PolicyLookup {
  const rules = policies.flatMap(({ match }, index) => rulesOf(match, index))
  return {
    policies,
    rules,
    anyHost: rules.some((rule) => rule.host !== null),
    mixedCase: rules.some((rule) => HAS_CASE.test(rule.path.text)),
  }
}

/**
 * The policy for a host and a raw path; DEFAULT_POLICY where none matches. Refuses a path whose
 * readings lead to different policies. A trailing slash makes another path, not another reading.
 * `host` is a URL's host (with its port, if any); its letter case and a trailing dot do not matter.
 */
export function policyFor(
  lookup: PolicyLookup,
  host: string,
  rawPath: string,
): Result<Policy, AmbiguityReason> {
  const readings = readPath(rawPath)
  if (!readings.ok) return readings
  const at = lookup.anyHost ? requestHost(host) : NO_HOST
  let agreed: number | null = null
  for (const reading of readings.value) {
    const index = firstMatch(lookup.rules, at, reading, false)
    if (agreed !== null && index !== agreed) return err('path_readings_disagree')
    agreed = index
    // A coarser comparison can only match more, so if both ends agree, all between them do.
    if (!lookup.mixedCase && !HAS_CASE.test(reading)) continue
    if (firstMatch(lookup.rules, at, foldCase(reading), true) !== index) {
      return err('path_readings_disagree')
    }
  }
  return ok(lookup.policies[agreed ?? -1] ?? DEFAULT_POLICY)
}

/** How one reading of a path is decided: the indexes of the policies that cover it, as it is and case-folded. */
export interface ExplainedReading {
  readonly reading: string
  readonly index: number
  readonly foldedIndex: number
}

/** What policyFor looked at, for people who ask why; empty where the path can't be read. -1: DEFAULT_POLICY. */
export function explainReadings(
  lookup: PolicyLookup,
  host: string,
  rawPath: string,
): readonly ExplainedReading[] {
  const readings = readPath(rawPath)
  const at = requestHost(host)
  return (readings.ok ? readings.value : []).map((reading) => ({
    reading,
    index: firstMatch(lookup.rules, at, reading, false),
    foldedIndex: firstMatch(lookup.rules, at, foldCase(reading), true),
  }))
}

interface RequestHost {
  readonly withPort: string
  readonly name: string
}

const NO_HOST: RequestHost = { withPort: '', name: '' }
const PORT = /:\d+$/

function requestHost(host: string): RequestHost {
  const lower = host.toLowerCase()
  const port = PORT.exec(lower)?.[0] ?? ''
  const name = withoutTrailingDot(port === '' ? lower : lower.slice(0, -port.length))
  return { withPort: name + port, name }
}

const withoutTrailingDot = (name: string): string => (name.endsWith('.') ? name.slice(0, -1) : name)

/** Index of the first policy that covers the path; -1 for none. A loop, as this is the hot path. */
function firstMatch(
  rules: readonly Rule[],
  at: RequestHost,
  path: string,
  isFolded: boolean,
): number {
  for (const rule of rules) {
    if (rule.host !== null && rule.host !== (rule.hostHasPort ? at.withPort : at.name)) continue
    if (covers(isFolded ? rule.folded : rule.path, path)) return rule.index
  }
  return -1
}

const covers = (pattern: Pattern, path: string): boolean =>
  pattern.prefix ? path.startsWith(pattern.text) || path === pattern.bare : path === pattern.text

function rulesOf(match: string, index: number): Rule[] {
  const slash = match.indexOf('/')
  if (slash < 0) throw new Error(`policy ${index}: "match" has no path`)
  const host = slash === 0 ? null : requestHost(asciiHost(match.slice(0, slash)))
  const hostHasPort = host !== null && host.withPort !== host.name
  const prefix = match.endsWith('*')
  const spellings = spellingsOf(match.slice(slash, prefix ? -1 : undefined))
  return spellings.map((spelling) => ({
    index,
    host: host && (hostHasPort ? host.withPort : host.name),
    hostHasPort,
    path: patternOf(spelling, prefix),
    folded: patternOf(foldCase(spelling), prefix),
  }))
}

/** As written, decoded, and as a browser would send it: a pattern means all of these. */
function spellingsOf(pattern: string): string[] {
  const decoded = decodeOnce(pattern)
  const sent = canonicalEscapes(encodeURI(decoded.toWellFormed()))
  return [...new Set([canonicalEscapes(pattern), decoded, sent])]
}

const patternOf = (text: string, prefix: boolean): Pattern => ({
  text,
  prefix,
  bare: prefix && text.endsWith('/') ? text.slice(0, -1) : null,
})

/** The host as URLs spell it (IDNA to ASCII), its port kept even where it is the default one. */
function asciiHost(host: string): string {
  const port = PORT.exec(host)?.[0] ?? ''
  try {
    return new URL(`http://${host}`).hostname + port
  } catch {
    return host
  }
}
