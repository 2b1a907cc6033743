/**
 * The edges themselves: they start, are killed, come back where they were, and never outlive their parent.
 * Uses a Worker of three lines, so that nothing of the product can be the cause.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, expect, it } from 'vitest'
import type { WorkerBundle } from './build.ts'
import { serveEdge, startEdges } from './serve.ts'

const folder = mkdtempSync(join(tmpdir(), 'edges-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const bundle: WorkerBundle = {
  modulePath: join(folder, 'worker.js'),
  compatibilityDate: '2026-10-06',
}
writeFileSync(
  bundle.modulePath,
  'export default { fetch: (request, env) => new Response(JSON.stringify(env)) }',
)

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

it('gives each edge a process and its own variables, whatever their text', async () => {
  const texts = ['{"a": "b\\n\\"c"}', 'ü\n"']
  const edges = await startEdges(
    bundle,
    texts.map((TEXT) => ({ vars: { TEXT } })),
  )
  const answers = await Promise.all(edges.map(async ({ url }) => (await fetch(url)).json()))
  expect(answers).toEqual(texts.map((TEXT) => ({ TEXT })))
  await Promise.all(edges.map((edge) => edge.stop()))
  expect(edges.map(({ pid }) => isAlive(pid))).toEqual([false, false])
})

it('comes back at the port it had', async () => {
  const first = await serveEdge(bundle, { vars: { N: '1' } })
  await first.stop()
  const again = await serveEdge(bundle, { vars: { N: '2' }, port: first.port })
  expect(again.url).toBe(first.url)
  expect(await (await fetch(again.url)).json()).toEqual({ N: '2' })
  await again.stop()
})

it('passes on all it fetches through the Worker in between, which has the network', async () => {
  const asking = { ...bundle, modulePath: join(folder, 'asking.js') }
  writeFileSync(
    asking.modulePath,
    'export default { fetch: (request, env) => fetch(request.headers.get("ask") ?? env.FAR) }',
  )
  const far = await serveEdge(bundle, { vars: { WHO: 'far' } })
  const outbound = `export default { fetch: (request, { NETWORK, ...more }) =>
    request.url === 'https://near/' ? Response.json({ WHO: 'near', ...more }) : NETWORK.fetch(request) }`
  const edge = await serveEdge(asking, { vars: { FAR: far.url }, outbound })
  expect(await (await fetch(edge.url)).json()).toEqual({ WHO: 'far' })
  const near = await fetch(edge.url, { headers: { ask: 'https://near/' } })
  expect(await near.json()).toEqual({ WHO: 'near' })
  await Promise.all([edge.stop(), far.stop()])
})

it('takes requests from a front', async () => {
  const front = { ...bundle, modulePath: join(folder, 'front.js') }
  writeFileSync(
    front.modulePath,
    'export default { fetch: (request, env) => env.EDGE.connect(env.AT).getEntrypoint("worker").fetch(request) }',
  )
  const edge = await serveEdge(bundle, { vars: { WHO: 'behind' }, behindFront: true })
  const door = await serveEdge(front, { vars: { AT: `127.0.0.1:${edge.rpcPort}` }, isFront: true })
  expect(await (await fetch(door.url)).json()).toEqual({ WHO: 'behind' })
  await Promise.all([door.stop(), edge.stop()])
})

it('says so when workerd does not start', async () => {
  const missing = { ...bundle, modulePath: join(folder, 'missing.js') }
  await expect(serveEdge(missing, { vars: {} })).rejects.toThrow('before it listened')
})

it('does not outlive a parent that is killed', async () => {
  const script = `
    import { serveEdge } from ${JSON.stringify(new URL('./serve.ts', import.meta.url).href)}
    const edge = await serveEdge(${JSON.stringify(bundle)}, { vars: {} })
    console.log(edge.pid)
    setInterval(() => {}, 1000)`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface(parent.stdout), 'line')
  const pid = Number(line)
  expect(isAlive(pid)).toBe(true)
  parent.kill('SIGKILL')
  await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false)
})
