/**
 * Starts a stand: an HTTP Redis that speaks Upstash's REST protocol on loopback, with one port per
 * region, real replication lag and settable faults. For tests, benchmarks and trying things out;
 * it must never listen on anything but loopback.
 */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Backend, Region } from './backend.ts'
import { createControl } from './control.ts'
import type { StandControl } from './control-api.ts'
import { createControlServer } from './control-server.ts'
import { FaultBook } from './faults.ts'
import { MemoryBackend } from './memory/backend.ts'
import { Recorder } from './record.ts'
import { startRedisBackend } from './redis/backend.ts'
import { connectSharedRedis } from './redis/shared.ts'
import { createRegionServer } from './region-server.ts'

export interface StandOptions {
  /** In this process; or `redis-server` processes of its own; or one Redis that runs already. */
  backend: 'memory' | { redisServer: string } | { redisUrl: string }
  /** The first is the primary's own. The others read from a copy that lags by `lagMs`. */
  regions: Region[]
  token?: string
  /** 0, or left out: any free port. */
  controlPort?: number
  /** One per region, in order. */
  ports?: number[]
  /** `redis-server` is killed with SIGKILL, and comes back from an append-only file. */
  crashes?: boolean
}

export interface Stand {
  regions: { name: string; url: string }[]
  token: string
  controlUrl: string
  control: StandControl
  backendName: 'memory' | 'redis'
  stop(): Promise<void>
}

const LOOPBACK = '127.0.0.1'
const DEFAULT_TOKEN = 'stand-token'

export async function startStand(options: StandOptions): Promise<Stand> {
  const { regions, token = DEFAULT_TOKEN, controlPort = 0, ports = [] } = options
  const names = regions.map(({ name }) => name)
  if (names.length === 0 || new Set(names).size !== names.length || names.includes('*')) {
    throw new Error('regions: at least one, each with a name of its own, none named *')
  }
  const backend = await startBackend(options)
  const servers: Server[] = []
  const stop = async () => {
    await Promise.all(servers.map(close))
    await backend.stop()
  }
  try {
    const faults = new FaultBook()
    const recorder = new Recorder(names)
    const control = createControl({ regions: names, backend, faults, recorder })
    let answers = 0
    const nextSyncToken = () => {
      answers += 1
      return `stand-${answers.toString(36)}`
    }
    const open = async (server: Server, port: number) => {
      servers.push(server)
      return listen(server, port)
    }
    const urls: Stand['regions'] = []
    for (const [index, name] of names.entries()) {
      const parts = { region: name, token, backend, faults, recorder, nextSyncToken }
      urls.push({ name, url: await open(createRegionServer(parts), ports[index] ?? 0) })
    }
    const controlUrl = await open(createControlServer(control), controlPort)
    return { regions: urls, token, controlUrl, control, backendName: backend.name, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startBackend({ backend, regions, crashes }: StandOptions): Promise<Backend> {
  if (backend === 'memory') return new MemoryBackend(regions)
  if ('redisServer' in backend) return startRedisBackend(backend.redisServer, regions, crashes)
  return connectSharedRedis(backend.redisUrl, regions)
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, LOOPBACK, () => {
      const address = server.address() as AddressInfo
      resolve(`http://${LOOPBACK}:${address.port}`)
    })
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    // Hung requests and kept-alive connections would hold the server open for ever.
    server.closeAllConnections()
  })
}
