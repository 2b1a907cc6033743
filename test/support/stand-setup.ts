/**
 * Starts the stand and an origin once for all worker tests, and tells the tests where they are.
 * A process of its own, because this one resolves packages as workerd does. Must never outlive the run.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import type { Served } from '../stand/serve.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    stand: { regions: { name: string; url: string }[]; token: string; controlUrl: string }
    originUrl: string
  }
}

const REGIONS = [
  { name: 'primary', lagMs: 0 },
  { name: 'far', lagMs: 200 },
]

export default async function setup(project: TestProject) {
  const script = fileURLToPath(new URL('../stand/serve.ts', import.meta.url))
  const served = spawn(process.execPath, [script, JSON.stringify({ regions: REGIONS })], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface(served.stdout), 'line')
  const { regions, token, controlUrl, backendName, originUrl }: Served = JSON.parse(line)
  if (process.env.CI && backendName !== 'redis') {
    throw new Error('CI must run against a real redis-server, and none was found')
  }
  console.log(`worker tests run against the stand over: ${backendName}`)
  project.provide('stand', { regions, token, controlUrl })
  project.provide('originUrl', originUrl)
  return async () => {
    const exited = once(served, 'exit')
    served.stdin.end()
    await exited
  }
}
