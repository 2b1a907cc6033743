/**
 * Serves a built Worker on raw `workerd serve` processes: independent isolates on loopback, as edges are,
 * and none of wrangler's own overhead (platform.md D). Must never leave one running: not after `stop`, and
 * not when this process is killed.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import type { WorkerBundle } from './build.ts'
import { capnpText, SOCKET } from './capnp.ts'

export interface EdgeOptions {
  /** Variables and secrets, as text: numbers and arrays as JSON, just as in the dashboard. */
  readonly vars: Readonly<Record<string, string>>
  /** Any free port unless given: an edge that was killed can come back where it was. */
  readonly port?: number
  /** Opens V8's inspector, to look at the heap. */
  readonly inspector?: boolean
  /** Of the process alone, not of the Worker: a clock of its own, say. */
  readonly environment?: Readonly<Record<string, string>>
  /** The text of a Worker that all goes through that the edge fetches, in its process: see capnp.ts. */
  readonly outbound?: string | undefined
  /** Takes requests over workerd's own RPC too, from a front: as a data centre's own doors do. */
  readonly behindFront?: boolean
  /** It is such a front: see capnp.ts. */
  readonly isFront?: boolean
  /** What the Worker logs: as this process's own, into an open file, or nowhere (the default). */
  readonly log?: 'inherit' | 'ignore' | number
}

export interface Edge {
  /** For a front, where `behindFront` was asked for. */
  readonly rpcPort: number | null
  /** Of V8's inspector (`--inspector-addr`), where `inspector` was asked for. */
  readonly inspectorPort: number | null
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Kills it, hung requests and all (workerd may ignore SIGTERM: platform.md C1). Safe to repeat. */
  stop(): Promise<void>
}

const START_TIMEOUT_MS = 20_000
const OUTBOUND = 'outbound.js'
/** As workerd calls them where it reports its ports. */
const INSPECTOR = 'listen-inspector'
const RPC = 'debug-port'

// A dependency of wrangler's, so the very workerd that wrangler would run.
const { default: workerdPath } = createRequire(
  createRequire(import.meta.url).resolve('wrangler/package.json'),
)('workerd') as { default: string }

/** One edge, answering: it is up when this resolves. */
export async function serveEdge(bundle: WorkerBundle, options: EdgeOptions): Promise<Edge> {
  const { vars, port = 0, inspector = false, environment = {}, outbound, log = 'ignore' } = options
  const { behindFront = false, isFront = false } = options
  const folder = mkdtempSync(join(tmpdir(), 'edge-'))
  const config = join(folder, 'edge.capnp')
  const { compatibilityDate } = bundle
  const module = basename(bundle.modulePath)
  const settings = { module, compatibilityDate, bindingNames: Object.keys(vars), isFront }
  if (outbound === undefined) writeFileSync(config, capnpText(settings))
  else {
    writeFileSync(join(folder, OUTBOUND), outbound)
    writeFileSync(config, capnpText({ ...settings, outbound: OUTBOUND }))
  }
  const words = [`--socket-addr=${SOCKET}=127.0.0.1:${port}`, '--control-fd=3']
  if (inspector) words.push('--inspector-addr=127.0.0.1:0')
  if (behindFront) words.push('--debug-port=127.0.0.1:0')
  if (behindFront || isFront) words.push('--experimental')
  const importPath = `--import-path=${dirname(bundle.modulePath)}`
  const child = spawn(workerdPath, ['serve', config, importPath, ...words], {
    env: { ...vars, ...environment },
    stdio: ['ignore', log, log, 'pipe'],
  })
  endWithThisProcess(child, folder)
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const names = [SOCKET, ...(inspector ? [INSPECTOR] : []), ...(behindFront ? [RPC] : [])]
    const ports = await portsOf(child, names)
    const open = ports.get(SOCKET) ?? 0
    const inspectorPort = ports.get(INSPECTOR) ?? null
    const rpcPort = ports.get(RPC) ?? null
    return {
      url: `http://127.0.0.1:${open}`,
      port: open,
      inspectorPort,
      rpcPort,
      pid: child.pid ?? 0,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** All or none: when one does not start, the others are stopped. */
export async function startEdges(
  bundle: WorkerBundle,
  edges: readonly EdgeOptions[],
): Promise<Edge[]> {
  const started = await Promise.allSettled(edges.map((options) => serveEdge(bundle, options)))
  const up = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failed = started.find((result) => result.status === 'rejected')
  if (failed === undefined) return up
  await Promise.all(up.map((edge) => edge.stop()))
  throw failed.reason
}

interface PortReport {
  readonly event: string
  /** Of an inspector there is none. */
  readonly socket?: string
  readonly port: number
}

/** workerd reports each port it listens on as a line of JSON on its control descriptor. */
async function portsOf(
  child: ChildProcess,
  names: readonly string[],
): Promise<Map<string, number>> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(
      `workerd ended with code ${code} before it listened; see it with log: 'inherit'`,
    )
  })
  ended.catch(() => undefined)
  const lines = createInterface({ input: child.stdio[3] as Readable })
  const ports = new Map<string, number>()
  const reported = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      const { event, socket, port } = JSON.parse(line) as PortReport
      ports.set(socket ?? event, port)
      if (names.every((name) => ports.has(name))) resolve()
    })
  })
  const timer = new AbortController()
  const late = setTimeout(START_TIMEOUT_MS, undefined, { signal: timer.signal }).then(() => {
    throw new Error('workerd does not listen')
  })
  late.catch(() => undefined)
  await Promise.race([reported, ended, late]).finally(() => timer.abort())
  return ports
}

/** A shell that reads from this process sees its end, however it comes, and ends the edge in its place. */
function endWithThisProcess(child: ChildProcess, folder: string): void {
  if (child.pid === undefined) return
  const script = 'read _; kill -9 "$0"; rm -rf "$1"'
  const watch = spawn('/bin/sh', ['-c', script, String(child.pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watch.unref()
  // The watch must not outlive the edge: its number may then be another's.
  child.once('exit', () => watch.kill('SIGKILL'))
}
