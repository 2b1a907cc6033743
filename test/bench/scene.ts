/**
 * Everything a benchmark runs against: the stand, the origin, a KV, and one workerd for each contender, all
 * up at once so that rounds can be interleaved. Must never leave any of it running after `stop`.
 */
import { makeSecrets } from '../stand/dev-vars.ts'
import { type Stand, startStand } from '../stand/http-redis.ts'
import { bundle, bundleFolder } from './bundle.ts'
import type { Contender, Setting } from './contenders.ts'
import { type StoredSessions, storeSessions } from './sessions.ts'
import type { Visitor } from './visitor.ts'
import { startWorkerd, type Workerd } from './workerd.ts'

export interface Runner {
  readonly contender: Contender
  readonly worker: Workerd
  /** Anew for a contender whose visitors hold something that fades. */
  visitor(): Promise<Visitor>
}

export interface Scene {
  readonly stand: Stand
  readonly runners: readonly Runner[]
  readonly sessions: StoredSessions
  stop(): Promise<void>
}

export interface SceneOptions {
  readonly storedSessions: number
  readonly inspector?: boolean
  readonly minify?: boolean
  /** What the contenders' workerd run under, and with. */
  readonly under?: readonly string[]
  readonly v8Flags?: readonly string[]
  /** Settings of ours, beside those that each contender has. */
  readonly ourVars?: Readonly<Record<string, string>>
}

export async function openScene(
  wanted: readonly Contender[],
  { storedSessions, minify = true, ourVars = {}, ...runAs }: SceneOptions,
): Promise<Scene> {
  const started: { stop(): Promise<void> }[] = []
  const stop = async () => {
    await Promise.allSettled(started.map((each) => each.stop()))
  }
  const keep = <T extends { stop(): Promise<void> }>(each: T): T => {
    started.push(each)
    return each
  }
  try {
    const folder = bundleFolder()
    const stand = keep(
      await startStand({ backend: 'memory', regions: [{ name: 'primary', lagMs: 0 }] }),
    )
    const redisUrl = stand.regions[0]?.url ?? ''
    const serve = async (name: string, vars = {}) =>
      keep(
        await startWorkerd(await bundle(folder, name, `test/bench/contenders/${name}.ts`), {
          vars,
        }),
      )
    // As Rails, Laravel, Symfony, Spring Security and Next.js mark the pages of a session.
    const origin = await serve('origin', { CACHE_CONTROL: 'private, no-cache' })
    const silentOrigin = await serve('origin', { CACHE_CONTROL: 'no-cache' })
    const kv = await serve('kv')
    const { apiKey, vars } = await makeSecrets(redisUrl, stand.token)
    const keys = vars.TOKEN_KEYS ?? ''
    const sessions = await storeSessions(redisUrl, stand.token, keys, storedSessions)
    const setting: Setting = {
      redisUrl,
      redisToken: stand.token,
      ourVars: { ...vars, ...ourVars },
      apiKey,
      storedTokens: sessions.tokens,
      redis: (...command) => sendTo(redisUrl, stand.token, command),
    }
    const runners: Runner[] = []
    for (const contender of wanted) {
      const { name, entry, limits = {}, asksKv, originIsSilent = false } = contender
      const itsOrigin = originIsSilent ? silentOrigin : origin
      const prepared = await contender.prepare(setting)
      const worker = keep(
        await startWorkerd(await bundle(folder, name, entry, { minify, limits }), {
          vars: { ORIGIN_URL: itsOrigin.url, ...prepared.vars },
          kvAddress: asksKv ? new URL(kv.url).host : undefined,
          ...runAs,
        }),
      )
      let known: Visitor | null = null
      const visitor = async () => {
        if (known === null || contender.fadesSoon) known = await prepared.enter(worker.url)
        return known
      }
      await visitor()
      runners.push({ contender, worker, visitor })
    }
    return { stand, runners, sessions, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function sendTo(url: string, token: string, command: readonly string[]): Promise<void> {
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(command) })
  if (!response.ok) throw new Error(`${command[0]} was answered with ${response.status}`)
}
