/**
 * The database as real `redis-server` processes: one per region, each with a line of its own to
 * the primary through a proxy that sets its lag. The loss, the staleness and the resynchronising
 * are Redis's; nothing here imitates them.
 */
import { type Backend, type Region, type Served, Unreachable, type Work } from '../backend.ts'
import { DelayProxy } from './delay-proxy.ts'
import { execute, executeWhileFull } from './execute.ts'
import { RedisNode } from './node.ts'

interface Copy {
  node: RedisNode
  /** Carries what the primary sends, whenever this copy is a replica. */
  line: DelayProxy
  lagMs: number
  partitioned: boolean
}

const SYNC_TIMEOUT_MS = 10_000
const POLL_MS = 5

export async function startRedisBackend(
  binary: string,
  regions: Region[],
  crashes = false,
): Promise<Backend> {
  const copies = new Map<string, Copy>()
  await Promise.all(
    regions.map(async ({ name, lagMs }) => {
      const [node, line] = await Promise.all([
        RedisNode.start(binary, crashes),
        DelayProxy.listen(),
      ])
      copies.set(name, { node, line, lagMs, partitioned: false })
    }),
  )
  const backend = new RedisBackend(regions, copies)
  try {
    await backend.followPrimary()
  } catch (error) {
    await backend.stop()
    throw error
  }
  return backend
}

class RedisBackend implements Backend {
  readonly name = 'redis'
  readonly #regions: Region[]
  readonly #copies: Map<string, Copy>
  #primary: Copy
  #full = false

  constructor(regions: Region[], copies: Map<string, Copy>) {
    this.#regions = regions
    this.#copies = copies
    this.#primary = this.#copy(this.#firstRegion())
  }

  #firstRegion(): string {
    const [first] = this.#regions
    if (first === undefined) throw new Error('a stand has at least one region')
    return first.name
  }

  #copy(region: string): Copy {
    const copy = this.#copies.get(region)
    if (copy === undefined) throw new Error(`no region named ${region}`)
    return copy
  }

  get #replicas(): Copy[] {
    return [...this.#copies.values()].filter(({ node }) => node.up && node !== this.#primary.node)
  }

  async run({ region, commands, readOnly, atomic }: Work): Promise<Served> {
    const own = this.#copy(region)
    const copy = readOnly && own.node.up ? own : this.#primary
    if (!copy.node.up) throw new Unreachable('the primary is down')
    const servedBy = copy === this.#primary ? 'primary' : 'replica'
    const { data } = copy.node
    if (!(this.#full && atomic && copy === this.#primary)) {
      return { replies: await execute(data, commands, atomic), servedBy }
    }
    try {
      return { replies: await executeWhileFull(data, commands), servedBy }
    } finally {
      // Room was made meanwhile, and the last word of that was that there is none.
      if (!this.#full) await this.#applyFull()
    }
  }

  /**
   * Makes every other copy a replica of the primary, and waits until those that can hear it have
   * all it holds. The lines are fast meanwhile: synchronising takes many turns.
   */
  async followPrimary(): Promise<void> {
    const { port } = this.#primary.node
    await Promise.all(
      this.#replicas.map(async (copy) => {
        copy.line.setLag(0)
        copy.line.setTarget(port)
        await copy.node.admin.call('REPLICAOF', '127.0.0.1', String(copy.line.port))
      }),
    )
    await this.#synchronised()
    for (const { line, lagMs } of this.#copies.values()) line.setLag(lagMs)
  }

  async #synchronised(): Promise<void> {
    const giveUpAt = performance.now() + SYNC_TIMEOUT_MS
    for (const { node, partitioned } of this.#replicas) {
      if (partitioned) continue
      while (!/master_link_status:up/.test(String(await node.admin.call('INFO', 'replication')))) {
        if (performance.now() > giveUpAt) throw new Error('a replica does not synchronise')
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      }
    }
  }

  async setLag(region: string, lagMs: number): Promise<void> {
    const copy = this.#copy(region)
    copy.lagMs = lagMs
    copy.line.setLag(lagMs)
  }

  async partition(region: string): Promise<void> {
    const copy = this.#copy(region)
    copy.partitioned = true
    copy.line.partition()
  }

  async heal(region: string): Promise<void> {
    const copy = this.#copy(region)
    copy.partitioned = false
    copy.line.heal()
  }

  async failover(region: string): Promise<void> {
    const promoted = this.#copy(region)
    if (promoted === this.#primary) return
    if (!promoted.node.up) throw new Error(`the copy of ${region} is down`)
    await promoted.node.admin.call('REPLICAOF', 'NO', 'ONE')
    this.#primary = promoted
    await this.#applyFull()
    await this.followPrimary()
  }

  async setFull(full: boolean): Promise<void> {
    this.#full = full
    await this.#applyFull()
  }

  /** One byte of memory: Redis refuses what needs more. Replicas take no notice of the limit. */
  async #applyFull(): Promise<void> {
    for (const copy of this.#copies.values()) {
      if (!copy.node.up) continue
      const limit = this.#full && copy === this.#primary ? '1' : '0'
      await copy.node.admin.call('CONFIG', 'SET', 'maxmemory', limit)
    }
  }

  async killPrimary(): Promise<void> {
    if (this.#primary.node.up) await this.#primary.node.kill()
  }

  async killReplica(region: string): Promise<void> {
    const copy = this.#copy(region)
    if (copy === this.#primary) throw new Error(`the copy of ${region} is the primary`)
    if (copy.node.up) await copy.node.kill()
  }

  async restartPrimary(): Promise<void> {
    for (const { node } of this.#copies.values()) if (!node.up) await node.restart()
    await this.#applyFull()
    await this.followPrimary()
  }

  async reset(): Promise<void> {
    this.#full = false
    for (const { name, lagMs } of this.#regions) {
      const copy = this.#copy(name)
      if (!copy.node.up) await copy.node.restart()
      if (copy.partitioned) await this.heal(name)
      copy.line.setLag(0)
      copy.lagMs = lagMs
    }
    await this.#applyFull()
    const first = this.#copy(this.#firstRegion())
    if (this.#primary !== first) await this.failover(this.#firstRegion())
    await this.#synchronised()
    for (const { line } of this.#copies.values()) line.setLag(0)
    await this.#primary.node.admin.call('FLUSHALL')
    const replicas = String(this.#replicas.length)
    await this.#primary.node.admin.call('WAIT', replicas, String(SYNC_TIMEOUT_MS))
    for (const { line, lagMs } of this.#copies.values()) line.setLag(lagMs)
  }

  async stop(): Promise<void> {
    for (const { line } of this.#copies.values()) line.stop()
    await Promise.all([...this.#copies.values()].map(({ node }) => node.stop()))
  }
}
