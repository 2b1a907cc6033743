/**
 * The fault campaign in small, on the same parts: some of its faults, each for a second. Must never judge by the
 * time that a busy machine takes; what counts is that no answer is wrong and nothing acknowledged is lost.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type BuiltWorker, buildWorker } from '../edges/build.ts'
import { faultCases, type World } from './fault-cases.ts'
import { runFault } from './fault-run.ts'
import { Random } from './random.ts'
import { POLICIES } from './routes.ts'
import { type Scene, startScene } from './scene.ts'

const BOUND_MS = 300
const DEADLINE_MS = 500
const REGIONS = [
  { name: 'near', lagMs: 0 },
  { name: 'far', lagMs: 100 },
]
const NAMES = ['primary killed and back', 'JSON of another shape', 'full database']
const CASES = faultCases(
  REGIONS.map(({ name }) => name),
  DEADLINE_MS,
).filter(({ name }) => NAMES.includes(name))

let bundle: BuiltWorker
let scene: Scene
let world: World
beforeAll(async () => {
  bundle = await buildWorker()
  scene = await startScene(bundle, {
    regions: REGIONS,
    edges: 3,
    crashes: true,
    vars: {
      MAX_STALENESS_MS: String(BOUND_MS),
      STORE_DEADLINE_MS: String(DEADLINE_MS),
      POLICIES: JSON.stringify([...POLICIES, { match: '/public/*', access: 'public' }]),
    },
  })
  world = { scene, clock: null, downs: [] }
})
afterAll(async () => {
  await scene?.stop()
  bundle?.remove()
})

it.each(CASES)('no wrong answer and no loss: $name', async (fault) => {
  const { verdict, lost } = await runFault(
    world,
    fault,
    {
      quietMs: 300,
      faultMs: 1000,
      recoveryMs: 800,
      rates: { anonymous: 20, hot: 30, cold: 6, strong: 10 },
      victimEveryMs: 250,
      boundMs: BOUND_MS,
      lagMs: 100,
    },
    new Random(1),
  )
  const { admitted, refused, foreign } = verdict.wrong
  expect({ admitted, refused, foreign }).toEqual({ admitted: 0, refused: 0, foreign: 0 })
  expect(lost).toEqual({ sessions: 0, revocations: 0 })
  // Something was seen, and whoever needs no store did not suffer.
  expect(verdict.availability.anonymous).toBe(1)
  expect(verdict.revocations.asked).toBeGreaterThan(0)
  const breaks = fault.name !== 'full database'
  expect(verdict.availability.strong === 1).toBe(!breaks)
  expect(verdict.first503Ms !== null).toBe(breaks)
})
