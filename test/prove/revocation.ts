/**
 * `npm run prove:revocation`: an acknowledged change is true at every edge within the bound, on real parts:
 * redis-server with lagging and cut-off replicas, and edges that are workerd processes of their own.
 * Must never end with 0 when a violation, a false 401 or too few changes were seen.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildWorker } from '../edges/build.ts'
import { runCampaign } from './campaign.ts'
import { numbersFrom } from './options.ts'
import { markdown, table } from './report.ts'
import { startScene } from './scene.ts'
import { cumulativeSvg } from './svg.ts'

const ECHO_MS = 8000

const options = numbersFrom({
  changes: 1000,
  lag: 2000,
  edges: 8,
  'partition-seconds': 10,
  bound: 1000,
  rate: 400,
  jitter: 100,
  stall: 800,
  seed: 1,
})
const regions = [
  { name: 'fra', lagMs: 0 },
  { name: 'iad', lagMs: options.lag },
  { name: 'sin', lagMs: options.lag },
]

console.log('building the Worker …')
const bundle = await buildWorker()
const scene = await startScene(bundle, {
  regions,
  edges: options.edges,
  // All parts share one machine here: a late answer is better than none. The bound is not touched.
  vars: { MAX_STALENESS_MS: String(options.bound), STORE_DEADLINE_MS: '3000' },
})
console.log(`${options.edges} edges in ${regions.length} regions, over: ${scene.backendName}`)
const startedAtMs = performance.now()
let code = 1
try {
  const tally = await runCampaign(
    scene,
    {
      changes: options.changes,
      rate: options.rate,
      boundMs: options.bound,
      lagMs: options.lag,
      echoMs: ECHO_MS,
      partition: { region: 'sin', ms: options['partition-seconds'] * 1000 },
      jitterMs: options.jitter,
      stallMs: options.stall,
      seed: options.seed,
    },
    console.log,
  )
  const words = process.argv.slice(2).join(' ')
  const report = markdown(tally, {
    command: `npm run prove:revocation${words && ` -- ${words}`}`,
    boundMs: options.bound,
    repeats: scene.operators.reduce((sum, operator) => sum + operator.repeats, 0),
    seconds: (performance.now() - startedAtMs) / 1000,
    setting:
      `${options.edges} edges (workerd processes) in ${regions.length} regions over ${scene.backendName}: one primary, ` +
      `two replicas ${options.lag} ms behind, one of them cut off for ${options['partition-seconds']} s in the middle; ` +
      `one store answer in ten ${options.jitter} ms late, one in ten ${options.stall} ms; MAX_STALENESS_MS=${options.bound}, STORE_DEADLINE_MS=3000; seed ${options.seed}.`,
  })
  const folder = fileURLToPath(new URL('reports/', import.meta.url))
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}revocation.md`, report)
  writeFileSync(`${folder}revocation.svg`, cumulativeSvg(tally.rows(), options.bound))
  console.log(`\n${table(tally.rows())}\n`)
  const complete = tally.acknowledged >= options.changes
  if (!complete) console.log(`only ${tally.acknowledged} of ${options.changes} changes in time`)
  code = tally.holds && complete ? 0 : 1
  console.log(code === 0 ? 'The guarantee holds.' : 'THE GUARANTEE DOES NOT HOLD.')
} finally {
  await scene.stop()
  bundle.remove()
}
process.exit(code)
