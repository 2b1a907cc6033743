/**
 * The one accident a random run rarely meets: a feed read that was served just before a revocation and whose
 * answer comes late. Its time is its start; whoever took its arrival would admit the dead past the bound.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type BuiltWorker, buildWorker } from '../edges/build.ts'
import { sleep } from './pace.ts'
import { type Scene, startScene } from './scene.ts'

const BOUND_MS = 1000
const LATE_MS = 350

let bundle: BuiltWorker
let scene: Scene

beforeAll(async () => {
  // PROVE_ROOT: a broken copy of the project, to see that this test bites.
  bundle = await buildWorker(process.env.PROVE_ROOT)
  scene = await startScene(bundle, {
    regions: [
      { name: 'near', lagMs: 0 },
      { name: 'far', lagMs: 200 },
    ],
    edges: 2,
    vars: { MAX_STALENESS_MS: String(BOUND_MS), STORE_DEADLINE_MS: '3000' },
  })
})
afterAll(async () => {
  await scene?.stop()
  bundle?.remove()
})

it('counts the feed as heard when its read began, not when it arrived', async () => {
  const [operator] = scene.operators
  const far = scene.doors[1]
  if (operator === undefined || far === undefined) throw new Error('two edges are needed')
  const { sid, token } = await operator.createSession({ subject: 'late' })
  const visit = () => far.send('GET', '/page', token)
  await visit()
  await visit()
  await sleep(BOUND_MS * 0.6)

  // This visit is hot, and starts the feed read whose answer will be late.
  await scene.control.fault('far', { delayMs: LATE_MS, times: 1 })
  const { status } = await visit()
  await sleep(20)
  await operator.call('DELETE', `/sessions/${sid}`, 200)
  const acknowledgedAtMs = performance.now()

  // Silence, or a visit past the bound would have heard the feed anew. By its arrival the late read would
  // still be fresh when this visit comes; by its start it is not.
  await sleep(acknowledgedAtMs + BOUND_MS + 20 - performance.now())
  const answer = await visit()
  expect(status).toBe(200)
  expect(answer.sentAtMs - acknowledgedAtMs).toBeGreaterThan(BOUND_MS)
  expect(answer.status).toBe(401)
})
