/**
 * The parts of a proof: a stand over real Redis and an origin (a process of their own), and edges in front
 * of them, each with the URL of its region. Must never leave a process behind, started whole or not.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { WorkerBundle } from '../edges/build.ts'
import { type Edge, serveEdge, startEdges } from '../edges/serve.ts'
import type { StandControl } from '../stand/control-api.ts'
import { standControl } from '../stand/control-client.ts'
import { makeSecrets } from '../stand/dev-vars.ts'
import type { Served } from '../stand/serve.ts'
import { Door, Operator } from './door.ts'
import { POLICIES } from './routes.ts'

export interface SceneOptions {
  /** The first is the primary's own. */
  readonly regions: readonly { readonly name: string; readonly lagMs: number }[]
  /** How many edges; they go round the regions in turn. */
  readonly edges: number
  /** On top of the secrets and the policies of routes.ts. */
  readonly vars?: Readonly<Record<string, string>>
  /** Opens V8's inspector at every edge. */
  readonly inspector?: boolean
  /** Redis is killed with SIGKILL, not asked to save and end. */
  readonly crashes?: boolean
  /** Of the processes of the edges, by their place. */
  readonly environments?: readonly Readonly<Record<string, string>>[]
  /** Origins in the processes of edges, by their place: where, and the Worker that is there (capnp.ts). */
  readonly innerOrigins?: readonly ({ readonly url: string; readonly worker: string } | undefined)[]
}

export interface Scene {
  readonly edges: readonly Edge[]
  readonly doors: readonly Door[]
  readonly operators: readonly Operator[]
  /** The edges that are asked on `strong` routes: one a region, but half of all at most. */
  readonly strongEdges: readonly number[]
  /** Edges that never need the primary for a single session: their feed may grow as old as it can. */
  readonly calmEdges: readonly number[]
  /** Gets a request now and then only; null where there are few edges. */
  readonly quietEdge: number | null
  readonly longestLagMs: number
  readonly control: StandControl
  readonly backendName: Served['backendName']
  killEdge(index: number): Promise<void>
  /** A new isolate where the killed one was. */
  restartEdge(index: number): Promise<void>
  stop(): Promise<void>
}

const MANY_EDGES = 7

export async function startScene(bundle: WorkerBundle, options: SceneOptions): Promise<Scene> {
  const { regions, crashes = false } = options
  const { process: standProcess, served } = await startStandProcess({ regions, crashes })
  const stopStand = async () => {
    const exited = once(standProcess, 'exit')
    standProcess.stdin?.end()
    await exited
  }
  try {
    const [primary] = served.regions
    if (primary === undefined) throw new Error('a scene has at least one region')
    const { apiKey, vars: secrets } = await makeSecrets(primary.url, served.token)
    const edgeOptions = Array.from({ length: options.edges }, (_, index) => {
      const region = served.regions[index % served.regions.length] ?? primary
      const inner = options.innerOrigins?.[index]
      const vars = {
        ...secrets,
        UPSTASH_REDIS_REST_URL: region.url,
        ORIGIN_URL: served.originUrl,
        POLICIES: JSON.stringify(POLICIES),
        ...options.vars,
        ...(inner && { ORIGIN_URL: inner.url }),
      }
      return {
        vars,
        inspector: options.inspector ?? false,
        environment: options.environments?.[index] ?? {},
        outbound: inner?.worker,
        behindFront: inner !== undefined,
        log: process.env.EDGE_LOG ? 'inherit' : 'ignore',
      } as const
    })
    const edges = await startEdges(bundle, edgeOptions)
    const doors = edges.map(({ url }) => new Door(url))
    return {
      edges,
      doors,
      operators: doors.map((door) => new Operator(door, apiKey)),
      strongEdges: [...doors.keys()].slice(
        0,
        Math.min(regions.length, Math.ceil(doors.length / 2)),
      ),
      calmEdges: doors.length < MANY_EDGES ? [] : [doors.length - 3, doors.length - 2],
      quietEdge: doors.length < MANY_EDGES ? null : doors.length - 1,
      longestLagMs: Math.max(...regions.map(({ lagMs }) => lagMs)),
      control: standControl(served.controlUrl),
      backendName: served.backendName,
      killEdge: async (index) => edges[index]?.stop(),
      async restartEdge(index) {
        const [old, words] = [edges[index], edgeOptions[index]]
        if (old === undefined || words === undefined) throw new Error(`no edge ${index}`)
        await old.stop()
        edges[index] = await serveEdge(bundle, { ...words, port: old.port })
      },
      async stop() {
        for (const door of doors) door.close()
        await Promise.all([...edges.map((edge) => edge.stop()), stopStand()])
      },
    }
  } catch (error) {
    await stopStand()
    throw error
  }
}

async function startStandProcess(
  options: Pick<SceneOptions, 'regions' | 'crashes'>,
): Promise<{ process: ChildProcess; served: Served }> {
  const script = fileURLToPath(new URL('../stand/serve.ts', import.meta.url))
  const child = spawn(process.execPath, [script, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit').then(() => {
    throw new Error('the stand ended before it was up')
  })
  ended.catch(() => undefined)
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), ended])
  const served = JSON.parse(String(line)) as Served
  if (process.env.CI && served.backendName !== 'redis') {
    child.stdin.end()
    throw new Error('CI must run against a real redis-server, and none was found')
  }
  return { process: child, served }
}
