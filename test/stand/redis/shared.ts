/**
 * One Redis that runs already and belongs to someone else: a single region, and no fault that
 * would change the server. `flush` empties the database the URL names.
 */
import type { Redis } from 'ioredis'
import type { Backend, Region, Served, Work } from '../backend.ts'
import { execute } from './execute.ts'
import { connectOnce } from './node.ts'

export async function connectSharedRedis(url: string, regions: Region[]): Promise<Backend> {
  if (regions.length !== 1) throw new Error('a Redis given by URL serves exactly one region')
  const client = connectOnce(url)
  await client.connect()
  return new SharedRedis(client)
}

const cannot = async (): Promise<never> => {
  throw new Error('a Redis given by URL has no copies, and its server is left alone')
}

class SharedRedis implements Backend {
  readonly name = 'redis'
  readonly setLag = cannot
  readonly partition = cannot
  readonly heal = cannot
  readonly failover = cannot
  readonly setFull = cannot
  readonly killPrimary = cannot
  readonly killReplica = cannot
  readonly restartPrimary = cannot
  readonly #client: Redis

  constructor(client: Redis) {
    this.#client = client
  }

  async run({ commands, atomic }: Work): Promise<Served> {
    return { replies: await execute(this.#client, commands, atomic), servedBy: 'primary' }
  }

  async reset(): Promise<void> {
    await this.#client.call('FLUSHDB')
  }

  async stop(): Promise<void> {
    this.#client.disconnect()
  }
}
