/**
 * POLICIES: the rules for routes, from wrangler.toml or JSON text. A rule that is not understood whole is
 * a problem: it must never be skipped, because what it guards would then be open or shut by accident.
 */
import * as z from 'zod/mini'
import { DEFAULT_POLICY, type Policy } from '../vocabulary/policy.ts'
import { SIGNAL_RESPONSES, SIGNALS, type SignalPolicy } from '../vocabulary/signal.ts'
import { AUDIENCE, AUDIENCE_SHAPE, fromJsonText, problem } from './config-values.ts'

/** A path pattern, optionally with a host before it, ending in `*` or not. */
const MATCH = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?)?\/[^*?#\s]*\*?$/
const MATCH_SHAPE = 'must be a path, optionally with a host before it, with * only at its end'

const NETWORK_SHAPE = 'must be an AS number'

const response = z.optional(
  z.enum(SIGNAL_RESPONSES, `must be one of ${SIGNAL_RESPONSES.join(', ')}`),
)
const signals = z.strictObject(
  { travel: response, fork: response, country: response, network: response, client: response },
  `must be a table with any of ${SIGNALS.join(', ')}`,
)

const policy = z.strictObject(
  {
    match: z.string(MATCH_SHAPE).check(z.regex(MATCH, MATCH_SHAPE)),
    access: z._default(
      z.enum(['required', 'optional', 'public'], 'must be required, optional or public'),
      DEFAULT_POLICY.access,
    ),
    permissions: z._default(
      z.array(
        z.string('must be a string').check(z.minLength(1, 'must not be empty')),
        'must be an array of strings',
      ),
      [],
    ),
    consistency: z._default(
      z.enum(['strong', 'bounded', 'eventual'], 'must be strong, bounded or eventual'),
      DEFAULT_POLICY.consistency,
    ),
    max_auth_age_seconds: z.optional(
      z
        .number('must be a whole number of at least 1')
        .check(
          z.refine((n) => Number.isInteger(n) && n >= 1, 'must be a whole number of at least 1'),
        ),
    ),
    session_commands: z._default(
      z.array(
        z.enum(
          ['establish', 'rotate', 'revoke', 'revoke-all'],
          'must be establish, rotate, revoke or revoke-all',
        ),
        'must be an array of commands',
      ),
      [],
    ),
    cross_site: z._default(
      z.enum(['refuse', 'allow'], 'must be refuse or allow'),
      DEFAULT_POLICY.crossSite,
    ),
    signals: z.optional(signals),
    trusted_networks: z._default(
      z.array(
        z.number(NETWORK_SHAPE).check(z.refine((n) => Number.isInteger(n) && n > 0, NETWORK_SHAPE)),
        'must be an array of AS numbers',
      ),
      [],
    ),
    audience: z.optional(z.string(AUDIENCE_SHAPE).check(z.regex(AUDIENCE, AUDIENCE_SHAPE))),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `does not know ${(issue.keys ?? []).join(', ')}`
        : 'must be a policy, such as {"match": "/public/*", "access": "public"}',
  },
)

const contradiction = z.refine<z.output<typeof policy>>(
  ({ access, permissions, max_auth_age_seconds, signals }) =>
    access !== 'public' ||
    (permissions.length === 0 && max_auth_age_seconds === undefined && signals === undefined),
  'asks for permissions, max_auth_age_seconds or signals, so access must not be public',
)

/** Array of policies; the first that matches wins. */
export const policies = z.pipe(
  z._default(
    fromJsonText(z.array(policy.check(contradiction), problem('must be an array of policies'))),
    [],
  ),
  z.transform((rules): readonly Policy[] =>
    rules.map((rule) => ({
      match: rule.match,
      access: rule.access,
      permissions: rule.permissions,
      consistency: rule.consistency,
      maxAuthAgeSeconds: rule.max_auth_age_seconds ?? null,
      sessionCommands: rule.session_commands,
      crossSite: rule.cross_site,
      audience: rule.audience ?? null,
      signals: signalsOf(rule.signals),
      trustedNetworks: new Set(rule.trusted_networks),
    })),
  ),
)

/** Only what is named; an empty table looks at nothing. */
function signalsOf(rule: z.output<typeof signals> | undefined): SignalPolicy | null {
  const named = Object.entries(rule ?? {}).filter(([, response]) => response !== undefined)
  return named.length === 0 ? null : (Object.fromEntries(named) as SignalPolicy)
}
