/**
 * Who is compared: the Worker of each, its settings, how a visitor gets in, and what is unfair to whom.
 * Must never leave an unfairness out of `note`: the report prints it.
 */
import { randomBytes } from 'node:crypto'
import { betterAuthLogin, hmacJwt, jwtFor, oauthLogin, ourLogin } from './enter.ts'
import { HOST, type Visitor } from './visitor.ts'

/** What a contender is set up with. */
export interface Setting {
  readonly redisUrl: string
  readonly redisToken: string
  /** Secrets and API key of ours. */
  readonly ourVars: Readonly<Record<string, string>>
  readonly apiKey: string
  /** Tokens of stored sessions, for the one that sees another session on every request. */
  readonly storedTokens: readonly string[]
  /** One Redis command, past every fault. */
  redis(...command: string[]): Promise<void>
}

export interface Contender {
  readonly name: string
  readonly label: string
  /** Source of its Worker, relative to the repository. */
  readonly entry: string
  readonly limits?: Readonly<Record<string, number>>
  /** Asks Redis while it serves: measured at every latency. */
  readonly asksRedis: boolean
  readonly asksKv?: boolean
  /** Its origin does not keep shared caches out, as most frameworks do for pages of a session. */
  readonly originIsSilent?: boolean
  /** What a visitor holds gets old: he comes anew for every round. */
  readonly fadesSoon?: boolean
  /** What is unfair to it, or to others by it. */
  readonly note: string
  prepare(setting: Setting): Promise<Prepared>
}

export interface Prepared {
  readonly vars: Readonly<Record<string, string>>
  /** At its address, once it serves. */
  enter(url: string): Promise<Visitor>
}

const DIRECTORY = 'test/bench/contenders'

const jwt = (alg: 'ES256' | 'RS256' | 'EdDSA'): Contender => ({
  name: `jwt-${alg.toLowerCase()}`,
  label: `JWT ${alg} (jose)`,
  entry: `${DIRECTORY}/jwt-jose.ts`,
  asksRedis: false,
  note: 'Plain Worker without a router, cookie found by hand, key imported once: as cheap as it gets. Cannot be revoked.',
  async prepare() {
    const { token, publicJwk } = await jwtFor(alg)
    const visitor = { cookies: ['session=%TOKEN%'], tokens: [token] }
    return { vars: { PUBLIC_JWK: publicJwk, ALG: alg }, enter: async () => visitor }
  },
})

const redisVars = ({ redisUrl, redisToken }: Setting) => ({
  UPSTASH_REDIS_REST_URL: redisUrl,
  UPSTASH_REDIS_REST_TOKEN: redisToken,
})

const betterAuth = (cookieCache: boolean): Contender => ({
  name: cookieCache ? 'better-auth-cached' : 'better-auth',
  label: cookieCache ? 'better-auth, cookie cache' : 'better-auth, Redis',
  entry: `${DIRECTORY}/better-auth.ts`,
  asksRedis: !cookieCache,
  fadesSoon: true,
  note: cookieCache
    ? 'Within the 5 minutes of its cookie cache, when it asks nobody; a revoked session stays in until then.'
    : 'Instance built once per isolate (many guides build one per request). It also brings sign-up, OAuth and more, which nobody uses here.',
  prepare: async (setting) => ({
    vars: {
      ...redisVars(setting),
      BETTER_AUTH_SECRET: randomBytes(32).toString('base64url'),
      COOKIE_CACHE: String(cookieCache),
    },
    enter: betterAuthLogin,
  }),
})

const POLICIES = [
  { match: '/public/*', access: 'public' },
  { match: '/admin/*', permissions: ['admin'], consistency: 'strong' },
  { match: '/api/*', permissions: ['orders:read'] },
]

const ours = (
  name: string,
  label: string,
  policies: readonly object[],
  note: string,
): Contender => ({
  name,
  label,
  entry: 'src/index.ts',
  asksRedis: true,
  note,
  prepare: async ({ ourVars, apiKey }) => ({
    vars: { ...ourVars, POLICIES: JSON.stringify(policies) },
    enter: (url) => ourLogin(url, apiKey),
  }),
})

const MORE =
  'Does more than the others: takes its cookie off, sets four headers with a signed assertion, `Cache-Control: private` on an answer that does not say so (no other line but one has such an origin), three policies. The origin declares the length of its answer; one without a length would be watched until it ends, which costs more.'

export const PASS_THROUGH = 'pass-through'
export const YARDSTICK = 'jwt-es256'
/** The decision by itself, in the proxy that the JWTs have. */
export const OURS_DECIDING = 'ours-deciding'
export const OURS_HOT = 'ours-hot'
/** Where the origin's answer has to be marked private, and is copied for that. */
export const OURS_MARKING = 'ours-marking'

export const contenders: readonly Contender[] = [
  {
    name: PASS_THROUGH,
    label: 'pass-through',
    entry: `${DIRECTORY}/pass-through.ts`,
    asksRedis: false,
    note: 'No validation at all: the floor.',
    prepare: async () => ({ vars: {}, enter: async () => ({ cookies: ['session=none'] }) }),
  },
  jwt('ES256'),
  jwt('RS256'),
  jwt('EdDSA'),
  {
    name: 'hono-jwt-hs256',
    label: 'hono/jwt HS256',
    entry: `${DIRECTORY}/hono-jwt.ts`,
    asksRedis: false,
    note: 'Symmetric: whoever verifies could also sign. Imports its key on every request; that is how the middleware works.',
    async prepare() {
      const secret = randomBytes(32).toString('base64url')
      const visitor = { cookies: ['session=%TOKEN%'], tokens: [await hmacJwt(secret)] }
      return { vars: { JWT_SECRET: secret }, enter: async () => visitor }
    },
  },
  {
    name: 'tutorial',
    label: 'Hono + GET per request',
    entry: `${DIRECTORY}/tutorial.ts`,
    asksRedis: true,
    note: 'Its requests per second are bounded by the stand, a Node process on the same cores.',
    async prepare(setting) {
      const id = randomBytes(24).toString('base64url')
      await setting.redis('SET', `session:${id}`, JSON.stringify({ userId: 'user-42' }))
      const visitor = { cookies: ['session=%TOKEN%'], tokens: [id] }
      return { vars: redisVars(setting), enter: async () => visitor }
    },
  },
  {
    name: 'oauth-provider',
    label: 'workers-oauth-provider',
    entry: `${DIRECTORY}/oauth-provider.ts`,
    asksRedis: false,
    asksKv: true,
    note: 'Its KV is a map in another workerd without any latency: real KV is slower, and up to 60 s stale. One-Worker shape, which saves it a hop. Bearer token, not cookie.',
    prepare: async () => ({ vars: {}, enter: (url) => oauthLogin(url, HOST) }),
  },
  betterAuth(false),
  betterAuth(true),
  {
    ...ours(
      OURS_DECIDING,
      'ours, the decision alone',
      POLICIES,
      'Not the product: policy, token, memory, news, clock and permissions as in ours, in the very proxy that the JWTs have. It shows what validating costs, and what all else that ours does.',
    ),
    entry: `${DIRECTORY}/deciding.ts`,
    prepare: async ({ ourVars, storedTokens }) => ({
      vars: { ...ourVars, POLICIES: JSON.stringify(POLICIES) },
      // One session, as for ours: nobody can log in here.
      enter: async () => ({
        cookies: ['__Host-session=%TOKEN%'],
        tokens: storedTokens.slice(0, 1),
      }),
    }),
  },
  ours(OURS_HOT, 'ours, bounded, hot', POLICIES, MORE),
  {
    ...ours(
      OURS_MARKING,
      'ours, hot, marking answers',
      POLICIES,
      `${MORE} Here the origin says \`no-cache\` only, so that each answer is copied to add \`private\`.`,
    ),
    originIsSilent: true,
  },
  {
    ...ours(
      'ours-cold',
      'ours, bounded, cold',
      POLICIES,
      `${MORE} Every request is another session, and the Worker is built to remember 100 only: each pays one round trip and one ES256 signature. Last seen is fresh, so no touch is written.`,
    ),
    limits: { MAX_REMEMBERED_SESSIONS: 100 },
    prepare: async ({ ourVars, storedTokens }) => ({
      vars: { ...ourVars, POLICIES: JSON.stringify(POLICIES) },
      enter: async () => ({ cookies: ['__Host-session=%TOKEN%'], tokens: storedTokens }),
    }),
  },
  ours(
    'ours-strong',
    'ours, strong',
    [{ match: '/*', consistency: 'strong', permissions: ['orders:read'] }],
    `${MORE} Asks the primary on every request, by definition.`,
  ),
]
