/**
 * `npm run bench`: what is promised, as a duel; then all contenders side by side, as a table
 * and charts in the repository. Must never overwrite the committed report with a run that left somebody out.
 * Usage: node test/bench/bench.ts [--duel 160] [--meetings 4] [--rounds 3] [--seconds 2] [--connections 16] [--only a,b]
 *        [--latencies 0,5,40]
 */
import { parseArgs } from 'node:util'
import { contenders, PASS_THROUGH, YARDSTICK } from './contenders.ts'
import { DUELLISTS, duel } from './duel.ts'
import { type Line, lineOf, table } from './figures.ts'
import { writeReport } from './report.ts'
import { type Entry, runRounds } from './rounds.ts'
import { openScene, type Scene } from './scene.ts'

const { values } = parseArgs({
  options: {
    duel: { type: 'string', default: '160' },
    meetings: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '16' },
    latencies: { type: 'string', default: '0,5,40' },
    only: { type: 'string' },
  },
})
const only = values.only?.split(',')
const latencies = values.latencies.split(',').map(Number)
const options = {
  duel: Number(values.duel),
  meetings: Number(values.meetings),
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  connections: Number(values.connections),
}

const duellists = contenders.filter(({ name }) => DUELLISTS.includes(name))
console.log(`a duel of ${duellists.length}, ${options.meetings} times anew …`)
const figures = await duel(() => openScene(duellists, { storedSessions: 20_000 }), {
  ...options,
  bouts: options.duel,
  progress: ({ meetings, bouts, deciding, ours: { ratio, throughput } }) =>
    console.log(
      `meeting ${meetings}, bout ${bouts}: adds ${ratio.toFixed(2)} of ES256, the decision ${deciding.ratio.toFixed(2)}; throughput ${throughput.toFixed(2)}`,
    ),
})
console.log(figures)

/** Without a round there is no table: one more run of the duel, beside the table that stands. */
const lines = options.rounds === 0 ? [] : await tableOf()
if (only) console.log('not written to the report: --only left somebody out')
else console.log(`report: ${writeReport(figures, lines, options)}`)

async function tableOf(): Promise<readonly Line[]> {
  const named = only && [...only, PASS_THROUGH, YARDSTICK]
  const wanted = contenders.filter(({ name }) => !named || named.includes(name))
  console.log(`building and starting ${wanted.length} contenders …`)
  const scene = await openScene(wanted, { storedSessions: 20_000 })
  try {
    const entries = scene.runners.flatMap((runner): Entry[] =>
      (runner.contender.asksRedis ? latencies : [0]).map((redisMs) => ({ runner, redisMs })),
    )
    return await measure(scene, entries, options)
  } finally {
    await scene.stop()
  }
}

async function measure(
  scene: Scene,
  entries: readonly Entry[],
  rounds: { rounds: number; seconds: number; connections: number },
): Promise<readonly Line[]> {
  const turns = entries.length * rounds.rounds
  let done = 0
  const samples = await runRounds(scene, entries, {
    ...rounds,
    progress({ runner, redisMs }, { requestsPerSecond, cpuMicros }, round) {
      const who = `${runner.contender.label}${redisMs > 0 ? ` @${redisMs} ms` : ''}`
      const figures = `${requestsPerSecond.toFixed(0).padStart(6)}/s ${cpuMicros.toFixed(0).padStart(5)} µs`
      console.log(
        `${String(++done).padStart(4)}/${turns} round ${round + 1}  ${who.padEnd(34)} ${figures}`,
      )
    },
  })
  const lines = table(entries.map((entry, i) => lineOf(entry, samples[i] ?? [])))
  console.table(
    lines.map(({ label, redisMs, requestsPerSecond, addedMicros, ratio }) => ({
      contender: label,
      redisMs,
      'requests/s': Math.round(requestsPerSecond),
      'added µs': Math.round(addedMicros),
      'of ES256': Number(ratio.toFixed(2)),
    })),
  )
  return lines
}
