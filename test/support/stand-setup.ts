/**
 * Starts the stand and an origin once for all worker tests, and tells the tests where they are.
 * Must never start anything that outlives the run.
 */
import type { TestProject } from 'vitest/node'
import { startStand } from '../stand/http-redis.ts'
import { startOrigin } from '../stand/origin.ts'
import { findRedisServer } from '../stand/redis/find-server.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    stand: { regions: { name: string; url: string }[]; token: string; controlUrl: string }
    originUrl: string
  }
}

export default async function setup(project: TestProject) {
  const redisServer = findRedisServer()
  if (process.env.CI && !redisServer) throw new Error('CI must run against a real redis-server')
  const stand = await startStand({
    backend: redisServer ? { redisServer } : 'memory',
    regions: [
      { name: 'primary', lagMs: 0 },
      { name: 'far', lagMs: 200 },
    ],
  })
  console.log(`worker tests run against the stand over: ${stand.backendName}`)
  const origin = await startOrigin()
  const { regions, token, controlUrl } = stand
  project.provide('stand', { regions: [...regions], token, controlUrl })
  project.provide('originUrl', origin.url)
  return async () => {
    await origin.stop()
    await stand.stop()
  }
}
