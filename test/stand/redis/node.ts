/**
 * One `redis-server` process with its two connections. Keeps its data over kill and restart, as
 * Upstash's storage does, in a directory of its own that goes with it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'

const START_TIMEOUT_MS = 5000
const POLL_MS = 5

export class RedisNode {
  readonly port: number
  readonly #binary: string
  readonly #crashes: boolean
  readonly #directory = mkdtempSync(join(tmpdir(), 'stand-redis-'))
  #process: ChildProcess | undefined
  #data: Redis | undefined
  #admin: Redis | undefined

  private constructor(binary: string, port: number, crashes: boolean) {
    this.#binary = binary
    this.#crashes = crashes
    this.port = port
  }

  /** `crashes`: `kill` is SIGKILL, and an append-only file holds what was acknowledged. */
  static async start(binary: string, crashes = false): Promise<RedisNode> {
    const node = new RedisNode(binary, await freePort(), crashes)
    await node.restart()
    return node
  }

  get up(): boolean {
    return this.#data !== undefined
  }

  /** For the commands of clients. */
  get data(): Redis {
    if (this.#data === undefined) throw new Error('the node is down')
    return this.#data
  }

  /** For orders to the node: one that waits must not hold up a client. */
  get admin(): Redis {
    if (this.#admin === undefined) throw new Error('the node is down')
    return this.#admin
  }

  async restart(): Promise<void> {
    const words =
      `--port ${this.port} --bind 127.0.0.1 --dir ${this.#directory} --appendonly ${this.#crashes ? 'yes' : 'no'}
      --repl-diskless-sync yes --repl-diskless-sync-delay 0 --repl-timeout 3600 --hz 100
      --shutdown-timeout 0 --loglevel warning`.split(/\s+/)
    const child = spawn(this.#binary, [...words, '--save', ''], { stdio: 'ignore' })
    const failed = new Promise<never>((_, reject) => {
      child.once('error', reject)
      child.once('exit', (code) => reject(new Error(`redis-server ended with code ${code}`)))
    })
    failed.catch(() => undefined)
    this.#process = child
    endWithThisProcess(child, this.#directory)
    const [data, admin] = await Promise.race([
      Promise.all([connectWhenUp(this.port), connectWhenUp(this.port)]),
      failed,
    ])
    this.#data = data
    this.#admin = admin
  }

  /**
   * Ends the process. Upstash's primary comes back with its own data: it is saved first, or stands in the
   * append-only file (Redis writes to that before it answers, and the file outlives a killed process).
   */
  async kill(): Promise<void> {
    const { admin } = this
    const ended = new Promise((resolve) => this.#process?.once('exit', resolve))
    const data = this.#data
    this.#data = undefined
    this.#admin = undefined
    // The reply never comes: the connection ends with the process.
    if (this.#crashes) this.#process?.kill('SIGKILL')
    else admin.call('SHUTDOWN', 'SAVE', 'NOW').catch(() => undefined)
    await ended
    data?.disconnect()
    admin.disconnect()
  }

  async stop(): Promise<void> {
    this.#data?.disconnect()
    this.#admin?.disconnect()
    const child = this.#process
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    }
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

/**
 * A test runner may kill this process before it can stop anything. A shell that reads from it then
 * sees the end of its input, and ends the server in its place.
 */
function endWithThisProcess(server: ChildProcess, directory: string): void {
  if (server.pid === undefined) return
  const script = 'read _; kill -9 "$0"; rm -rf "$1"'
  const watch = spawn('/bin/sh', ['-c', script, String(server.pid), directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watch.unref()
  // The watch must not outlive the server: its number may then be another's.
  server.once('exit', () => watch.kill('SIGKILL'))
}

/** A connection that fails at once when the node is gone: the stand answers for the outage. */
export function connectOnce(url: string): Redis {
  const client = new Redis(url, {
    protocol: 2,
    lazyConnect: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    // ioredis waits so long for a socket that has closed already, and keeps the process alive.
    disconnectTimeout: 50,
  })
  // Every command's own rejection tells as much.
  client.on('error', () => undefined)
  return client
}

async function connectWhenUp(port: number): Promise<Redis> {
  const giveUpAt = performance.now() + START_TIMEOUT_MS
  for (;;) {
    const client = connectOnce(`redis://127.0.0.1:${port}`)
    try {
      await client.connect()
      // While it loads its data the node answers LOADING.
      await client.call('PING')
      return client
    } catch (error) {
      client.disconnect()
      if (performance.now() > giveUpAt) throw error
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
