/**
 * One raw workerd for the benchmark. Like test/edges/serve.ts, and beyond it: a KV binding to another
 * server, and the inspector. Must never leave a process behind, nor put a secret into a file.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { WorkerBundle } from '../edges/build.ts'

export interface WorkerdOptions {
  readonly vars?: Readonly<Record<string, string>>
  /** Where the KV behind the binding `OAUTH_KV` listens, as host:port. */
  readonly kvAddress?: string | undefined
  readonly inspector?: boolean
  /** A command and its words that become it (its process is the same), such as valgrind; and flags for its V8. */
  readonly under?: readonly string[]
  readonly v8Flags?: readonly string[]
  readonly log?: 'inherit' | 'ignore'
}

export interface Workerd {
  readonly url: string
  readonly pid: number
  /** 0 without an inspector. */
  readonly inspectorPort: number
  stop(): Promise<void>
}

const { default: workerdPath } = createRequire(
  createRequire(import.meta.url).resolve('wrangler/package.json'),
)('workerd') as { default: string }

const START_TIMEOUT_MS = 20_000

export async function startWorkerd(
  bundle: WorkerBundle,
  options: WorkerdOptions = {},
): Promise<Workerd> {
  const { vars = {}, inspector = false, under = [], log = 'ignore' } = options
  const folder = mkdtempSync(join(tmpdir(), 'bench-workerd-'))
  const config = join(folder, 'config.capnp')
  writeFileSync(config, capnp(bundle, options))
  const words = ['--control-fd=3', ...(inspector ? ['--inspector-addr=127.0.0.1:0'] : [])]
  const importPath = `--import-path=${dirname(bundle.modulePath)}`
  const [command = workerdPath, ...itsWords] = [...under, workerdPath, 'serve', config, importPath]
  const child = spawn(command, [...itsWords, ...words], {
    env: { PATH: process.env.PATH, ...vars },
    stdio: ['ignore', log, log, 'pipe'],
  })
  endWithThisProcess(child, folder)
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const { port, inspectorPort } = await portsOf(child, inspector)
    return { url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, inspectorPort, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function capnp({ modulePath, compatibilityDate }: WorkerBundle, options: WorkerdOptions): string {
  const { vars = {}, kvAddress, v8Flags = [] } = options
  const bindings = Object.keys(vars).map(
    (name) => `(name = "${name}", fromEnvironment = "${name}")`,
  )
  if (kvAddress !== undefined) bindings.push('(name = "OAUTH_KV", kvNamespace = "kv")')
  const kv =
    kvAddress === undefined
      ? ''
      : `(name = "kv", external = (address = "${kvAddress}", http = ())),`
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = ${JSON.stringify(v8Flags)},
  services = [
    (name = "worker", worker = (
      modules = [(name = "worker.js", esModule = embed "/${basename(modulePath)}")],
      compatibilityDate = "${compatibilityDate}",
      bindings = [${bindings.join(', ')}],
      globalOutbound = "network",
    )),
    ${kv}
    (name = "network", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")],
);
`
}

/** workerd reports what it listens on, a line of JSON each, on its control descriptor. */
async function portsOf(child: ChildProcess, inspector: boolean) {
  const ports = { port: 0, inspectorPort: 0 }
  const lines = createInterface({ input: child.stdio[3] as Readable })
  const signal = AbortSignal.timeout(START_TIMEOUT_MS)
  // Not one `once` after another: two lines may come at once.
  for await (const [line] of on(lines, 'line', { signal, close: ['close'] })) {
    const { event, port } = JSON.parse(String(line)) as { event: string; port: number }
    if (event === 'listen') ports.port = port
    if (event === 'listen-inspector') ports.inspectorPort = port
    if (ports.port !== 0 && (!inspector || ports.inspectorPort !== 0)) break
  }
  if (ports.port === 0)
    throw new Error("workerd ended before it listened; see it with log: 'inherit'")
  return ports
}

/** A shell that sees this process's end, however it comes, and ends workerd in its place. */
function endWithThisProcess(child: ChildProcess, folder: string): void {
  const script = 'read _; kill -9 "$0"; rm -rf "$1"'
  const watch = spawn('/bin/sh', ['-c', script, String(child.pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watch.unref()
  child.once('exit', () => watch.kill('SIGKILL'))
}
