/**
 * `npm run prove:faults`: what becomes of every kind of traffic while things break, on real parts: redis-server
 * with replicas, killed and cut off, and edges that are workerd processes. With `--minutes 20` random faults too.
 * Must never end with 0 when a wrong answer, a loss or a missed target was seen.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildWorker } from '../edges/build.ts'
import { faultCases } from './fault-cases.ts'
import { steppableClock } from './fault-clock.ts'
import { faultTable, misses, stormMisses, stormText } from './fault-report.ts'
import { type Outcome, runFault } from './fault-run.ts'
import { runStorm, type StormOutcome } from './fault-storm.ts'
import { numbersFrom } from './options.ts'
import { Random } from './random.ts'
import { machine } from './report.ts'
import { POLICIES } from './routes.ts'
import { startScene } from './scene.ts'

const options = numbersFrom({
  edges: 4,
  lag: 500,
  bound: 1000,
  deadline: 1000,
  quiet: 2000,
  fault: 4000,
  recovery: 3000,
  rate: 100,
  'victim-every': 400,
  minutes: 0,
  /** 0: no clock is stepped. */
  clocks: 1,
  /** One row of the table only, by its number; 0: all. */
  only: 0,
  seed: 1,
})
const regions = ['fra', 'iad', 'sin'].map((name, at) => ({
  name,
  lagMs: at === 0 ? 0 : options.lag,
}))
const rates = {
  anonymous: options.rate * 0.4,
  hot: options.rate * 0.4,
  cold: options.rate * 0.08,
  strong: options.rate * 0.12,
}
const random = new Random(options.seed)

console.log('building the Worker …')
const bundle = await buildWorker()
const clock = options.clocks === 0 ? null : steppableClock()
const scene = await startScene(bundle, {
  regions,
  edges: options.edges,
  crashes: true,
  environments: Array.from({ length: options.edges }, (_, index) =>
    index === options.edges - 1 ? (clock?.environment ?? {}) : {},
  ),
  vars: {
    MAX_STALENESS_MS: String(options.bound),
    STORE_DEADLINE_MS: String(options.deadline),
    POLICIES: JSON.stringify([...POLICIES, { match: '/public/*', access: 'public' }]),
  },
})
console.log(`${options.edges} edges in ${regions.length} regions, over: ${scene.backendName}`)
const world = { scene, clock, downs: [] }
const cases = faultCases(
  regions.map(({ name }) => name),
  options.deadline,
).filter(({ part }) => part !== 'clock' || clock !== null)
const chosen = options.only === 0 ? cases : cases.slice(options.only - 1, options.only)
let code = 1
try {
  const outcomes: Outcome[] = []
  for (const fault of chosen) {
    const outcome = await runFault(
      world,
      fault,
      {
        quietMs: options.quiet,
        faultMs: options.fault,
        recoveryMs: options.recovery,
        rates,
        victimEveryMs: options['victim-every'],
        boundMs: options.bound,
        lagMs: options.lag,
      },
      random.fork(),
    )
    outcomes.push(outcome)
    console.log(faultTable([outcome]).split('\n').at(-1))
  }
  let storm: StormOutcome | null = null
  if (options.minutes > 0) {
    const durationMs = options.minutes * 60_000
    const stormOptions = { durationMs, rates, victimEveryMs: 300, boundMs: options.bound }
    storm = await runStorm(world, cases, stormOptions, random.fork(), console.log)
    console.log(`\n${stormText(storm)}`)
  }
  const targets = { deadlineMs: options.deadline }
  const missed = [...misses(outcomes, targets), ...(storm ? stormMisses(storm, targets) : [])]
  // One row is no report.
  if (options.only === 0) {
    const folder = fileURLToPath(new URL('reports/', import.meta.url))
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${folder}faults.md`, report(outcomes, storm, missed))
  }
  console.log(missed.length === 0 ? 'All targets are met.' : `MISSED:\n${missed.join('\n')}`)
  code = missed.length === 0 ? 0 : 1
} finally {
  await scene.stop()
  clock?.remove()
  bundle.remove()
}
process.exit(code)

function report(
  outcomes: readonly Outcome[],
  storm: StormOutcome | null,
  missed: readonly string[],
): string {
  const words = process.argv.slice(2).join(' ')
  return `# The fault campaign

Made by \`npm run prove:faults${words && ` -- ${words}`}\` on ${new Date().toISOString().slice(0, 10)}; ${machine()}.

${options.edges} edges (workerd processes) in ${regions.length} regions over ${scene.backendName}: one primary, two replicas ${options.lag} ms behind; ${options.rate} requests a second of people nothing happens to, and a person revoked every ${options['victim-every']} ms; MAX_STALENESS_MS=${options.bound}, STORE_DEADLINE_MS=${options.deadline}; seed ${options.seed}. Each fault lasts ${options.fault} ms.${clock === null ? ' No clock was stepped: not asked for, or no C compiler here.' : ''}

${missed.length === 0 ? 'All targets are met: no wrong answer, no loss, 503 within the deadline and 500 ms, recovery within 1.5 s, anonymous p99 within twice its normal.' : `Missed:\n\n${missed.map((line) => `- ${line}`).join('\n')}`}

The first columns say which share of the requests sent during the fault was answered as if nothing was; all
others got 503, unless the next columns say more. "hot" is a session its edge knows, "cold" one that its edge
sees for the first time. "First 503" counts from the fault's begin, "recovered" from its end to the last request
that still suffered. A revocation is asked for until it is acknowledged; the column says how many of those asked
for during the fault were acknowledged before its end. "Lost" are sessions that are gone though nobody ended
them, and acknowledged revocations that do not hold when all is well again.

${faultTable(outcomes)}

A failover to a replica that lags loses what that replica had not heard: writes that were acknowledged, among
them revocations. Redis's replication is asynchronous and so is Upstash's; nothing at the edge can bring back what
the primary has lost. What is promised then: edges notice (the head of the feed went back), drop all they
remember, and decide by the new primary; a revocation older than the replica's lag stays; a caller that must be
sure repeats it after a failover. Those answers are counted in "lost" and not as wrong.

## Random faults

${storm === null ? 'Not in this run: `npm run prove:faults -- --minutes 20`.' : stormText(storm)}
`
}
