/**
 * What `npm run policy` says: which rule decides about a request, and why. Asks the Worker's own lookup.
 * Must never guess: a configuration that the Worker would refuse is refused here, too.
 */
import { parseArgs } from 'node:util'
import { unstable_readConfig } from 'wrangler'
import { METADATA_PATH } from '../../src/control/routes.ts'
import { policies as policiesSchema } from '../../src/foundation/config-policies.ts'
import {
  compilePolicies,
  explainReadings,
  type PolicyLookup,
  policyFor,
} from '../../src/gate/policy-lookup.ts'
import type { AmbiguityReason } from '../../src/vocabulary/denial.ts'
import { DEFAULT_POLICY, type Policy } from '../../src/vocabulary/policy.ts'

const USAGE =
  'Usage: npm run policy -- GET https://example.com/path [--config wrangler.toml] [--env NAME]'
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS', 'TRACE']
/** Of a path that is read in many ways, these few show why. */
const SHOWN_READINGS = 12

interface Asked {
  readonly method: string
  readonly host: string
  /** As it would be sent: a URL parser would already read it in one of several ways. */
  readonly path: string
}

/** What is to be said, and the exit code: 0 decided, 1 refused as ambiguous, 2 wrong usage or configuration. */
export interface Answer {
  readonly code: 0 | 1 | 2
  readonly lines: readonly string[]
}

class Refused extends Error {}

/** The answer to a command line such as `GET https://example.com/admin/x --config wrangler.toml`. */
export function explainPolicy(words: readonly string[]): Answer {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: { config: { type: 'string', default: 'wrangler.toml' }, env: { type: 'string' } },
    })
    const asked = readAsked(positionals)
    return answerOf(asked, readPolicies(values.config, values.env))
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return { code: 2, lines: error.message.split('\n') }
  }
}

function answerOf(asked: Asked, rules: readonly Policy[]): Answer {
  if (asked.path.startsWith('/_session/') || asked.path === METADATA_PATH) {
    return { code: 0, lines: ['The operator API answers this path itself; no policy is asked.'] }
  }
  const lookup = compilePolicies(rules)
  const decided = policyFor(lookup, asked.host, asked.path)
  const readings = linesOfReadings(lookup, asked)
  if (decided.ok)
    return { code: 0, lines: [...linesOfPolicy(decided.value, rules, asked), ...readings] }
  const refused = `Refused whatever the session: 400 invalid_request (${decided.error}).`
  return { code: 1, lines: [refused, ...(WORDS[decided.error] ?? []), ...readings] }
}

function readAsked(positionals: readonly string[]): Asked {
  const [method = '', url = '', ...more] = positionals
  const [, host, path] = /^https?:\/\/([^/?#@\s]+)([^?#\s]*)/i.exec(url) ?? []
  if (!/^[A-Za-z]+$/.test(method) || host === undefined || more.length > 0) throw new Refused(USAGE)
  return { method: method.toUpperCase(), host, path: path || '/' }
}

/** `[vars]` of wrangler.toml, as wrangler itself reads it. */
function readPolicies(config: string, env: string | undefined): readonly Policy[] {
  const { vars } = unstable_readConfig({ config, ...(env !== undefined && { env }) })
  const parsed = policiesSchema.safeParse(vars.POLICIES)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(
    ({ path, message }) => `  POLICIES.${path.join('.')}: ${message}`,
  )
  throw new Refused([`${config}: the Worker would refuse all traffic.`, ...problems].join('\n'))
}

const WORDS: Readonly<Partial<Record<AmbiguityReason, readonly string[]>>> = {
  path_readings_disagree: [
    'Parsers read this path in several ways, and not all of them lead to the same rule.',
  ],
  path_control_character: ['The path has a control character, plain or encoded.'],
  path_too_many_readings: ['The path is too long, or can be read in too many ways.'],
}

function linesOfPolicy(
  policy: Policy,
  rules: readonly Policy[],
  { method }: Asked,
): readonly string[] {
  const at = rules.indexOf(policy)
  const above = rules.slice(0, at < 0 ? undefined : at)
  const { access, permissions, maxAuthAgeSeconds, consistency, audience, sessionCommands } = policy
  const lines = [
    at < 0
      ? 'No rule covers it, so a session is required.'
      : `Rule ${at + 1}, ${policy.match}, decides.`,
    ...above.map(({ match }, index) => `  rule ${index + 1}, ${match}, does not cover it`),
    `  access        ${access}: ${ACCESS[access]}`,
  ]
  if (sessionCommands.length > 0) lines.push(`  commands      ${sessionCommands.join(', ')}`)
  if (access === 'public') return lines
  const asksFor = permissions.length === 0 ? 'none asked for' : `all of ${permissions.join(', ')}`
  lines.push(`  permissions   ${asksFor}`)
  if (maxAuthAgeSeconds !== null) lines.push(`  login         at most ${maxAuthAgeSeconds} s old`)
  lines.push(`  consistency   ${consistency}`)
  if (audience !== null) lines.push(`  audience      ${audience}`)
  if (!SAFE_METHODS.includes(method)) {
    const word = policy.crossSite === 'allow' ? 'passes' : 'is refused'
    lines.push(`  cross-site    ${method} from another site with the cookie ${word}`)
  }
  return lines
}

const ACCESS: Readonly<Record<Policy['access'], string>> = {
  required: 'without a live session it is refused',
  optional: 'a dead token means anonymous',
  public: 'no session is looked at',
}

/** Each reading with the rule that it leads to; the first that leads to a rule comes before the others. */
function linesOfReadings(lookup: PolicyLookup, { host, path }: Asked): readonly string[] {
  const ruleOf = new Map<string, string>()
  for (const { reading, index, foldedIndex } of explainReadings(lookup, host, path)) {
    ruleOf.set(reading, nameOf(lookup, index))
    if (foldedIndex === index) continue
    ruleOf.set(`${reading} (letter case ignored)`, nameOf(lookup, foldedIndex))
  }
  if (ruleOf.size === 0) return []
  const all = [...ruleOf]
  const firsts = all.filter(([, rule], at) => all.findIndex(([, other]) => other === rule) === at)
  const sorted = [...new Set([...firsts, ...all])]
  const more = sorted.length - SHOWN_READINGS
  return [
    `Read as ${all.length === 1 ? 'it stands' : `${all.length} spellings`}:`,
    ...sorted.slice(0, SHOWN_READINGS).map(([reading, rule]) => `  ${reading}  →  ${rule}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ]
}

const nameOf = ({ policies }: PolicyLookup, index: number): string =>
  index < 0 ? 'no rule' : `rule ${index + 1}, ${(policies[index] ?? DEFAULT_POLICY).match}`
