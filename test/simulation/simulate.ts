/**
 * npm run simulate -- --seeds N [--from K] [--mutant NAME] [--keep-going]
 * Runs schedules one after the other and says once a second how far it is. At a violation it prints the seed and
 * a short trace, and exits 1; with --keep-going it counts them by kind instead. Must never hide one.
 */
import { parseArgs } from 'node:util'
import { type Code, REAL } from './code.ts'
import { loadMutant } from './mutate.ts'
import { type Plan, planOf } from './plan.ts'
import { runSchedule } from './schedule.ts'
import { shrink } from './shrink.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    mutant: { type: 'string' },
    'keep-going': { type: 'boolean', default: false },
  },
})

const from = Number(values.from)
const end = from + Number(values.seeds)
const code: Code = values.mutant === undefined ? REAL : await loadMutant(values.mutant)
const decisions = new Map<string, number>()
const violations = new Map<string, number[]>()
const startedMs = performance.now()
let saidMs = startedMs

// StoreUnavailable is thrown by the thousand, and nobody reads where from.
Error.stackTraceLimit = 0

for (let seed = from; seed < end; seed++) {
  const plan = planOf(seed)
  const run = await runSchedule(plan, code, null)
  for (const [kind, count] of run.decisions) decisions.set(kind, (decisions.get(kind) ?? 0) + count)
  if (run.violation !== null) {
    if (!values['keep-going']) {
      await report(plan, run.violation)
      process.exit(1)
    }
    const kind = run.violation.replace(/\d+/g, 'N')
    violations.set(kind, [...(violations.get(kind) ?? []), seed])
  }
  if (performance.now() - saidMs >= 1000) {
    saidMs = performance.now()
    progress(seed + 1 - from)
  }
}
progress(end - from)
for (const [kind, count] of [...decisions].sort()) console.log(String(count).padStart(12), kind)
for (const [kind, seeds] of violations) {
  console.log(`VIOLATION ${kind}: ${seeds.length} schedules, first ${seeds.slice(0, 5).join(' ')}`)
}
console.log(violations.size === 0 ? 'no violation' : 'violated')
process.exitCode = violations.size === 0 ? 0 : 1

function progress(done: number): void {
  const seconds = (performance.now() - startedMs) / 1000
  const cpu = process.cpuUsage().user / 1e6
  const made = [...decisions.values()].reduce((sum, count) => sum + count, 0)
  const rate = (count: number, per: number) => Math.round(count / per)
  const found = [...violations.values()].reduce((sum, seeds) => sum + seeds.length, 0)
  console.log(
    `${done} schedules in ${seconds.toFixed(0)} s (${rate(done, seconds)}/s; ${rate(done, cpu)} per CPU second), ${made} decisions, seed ${from + done - 1}, ${found} violated`,
  )
}

async function report(plan: Plan, violation: string): Promise<void> {
  console.log(`\nVIOLATION at seed ${plan.conditions.seed}: ${violation}`)
  const short = await shrink(plan, violation, code)
  console.log(
    `the same in ${short.plan.steps.length} of ${plan.steps.length} steps: ${short.violation}`,
  )
  console.log(short.trace.join('\n'))
}
