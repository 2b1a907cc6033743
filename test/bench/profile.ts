/**
 * A CPU profile of workerd under load: which functions the time goes to, ours hot beside pass-through.
 * Must never be read for absolute figures: the profiler itself costs. Shares, and what is there at all, count.
 * Usage: node test/bench/profile.ts [--only ours-hot,pass-through] [--seconds 4] [--top 30]
 */
import { parseArgs } from 'node:util'
import { contenders, OURS_HOT, PASS_THROUGH } from './contenders.ts'
import { inspect } from './inspector.ts'
import { load } from './load.ts'
import { cpuMicros } from './process-use.ts'
import { openScene, type Runner } from './scene.ts'

interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { functionName: string; url: string; lineNumber: number }
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: `${PASS_THROUGH},${OURS_HOT}` },
    seconds: { type: 'string', default: '4' },
    top: { type: 'string', default: '30' },
  },
})
const wanted = contenders.filter(({ name }) => values.only.split(',').includes(name))
const load1 = { seconds: Number(values.seconds), connections: 16 }

const scene = await openScene(wanted, { storedSessions: 2000, inspector: true, minify: false })
try {
  for (const runner of scene.runners) await profileOf(runner)
} finally {
  await scene.stop()
}

async function profileOf({ contender, worker, visitor }: Runner): Promise<void> {
  const who = await visitor()
  await load(worker.url, who, { ...load1, seconds: 1 })
  const inspector = await inspect(worker.inspectorPort)
  await inspector.call('Profiler.enable')
  await inspector.call('Profiler.setSamplingInterval', { interval: 200 })
  await inspector.call('Profiler.start')
  const before = cpuMicros(worker.pid)
  const { requests } = await load(worker.url, who, load1)
  const used = cpuMicros(worker.pid) - before
  const { profile } = (await inspector.call('Profiler.stop')) as { profile: Profile }
  inspector.close()
  const lines = selfMicros(profile).slice(0, Number(values.top))
  console.log(
    `\n${contender.label}: ${requests} requests, ${(used / requests).toFixed(0)} µs of CPU each, profiler included`,
  )
  console.table(
    lines.map(([where, micros]) => ({
      function: where,
      'µs/request': +(micros / requests).toFixed(2),
    })),
  )
}

/** Time spent in each function itself, most first; what waits for work is left out. */
function selfMicros({ nodes, samples, timeDeltas }: Profile): [string, number][] {
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [
      id,
      `${functionName || '(anonymous)'}${url === '' ? '' : `:${lineNumber + 1}`}`,
    ]),
  )
  const sums = new Map<string, number>()
  for (const [i, id] of samples.entries()) {
    const name = names.get(id) ?? ''
    if (name === '(idle)') continue
    sums.set(name, (sums.get(name) ?? 0) + (timeDeltas[i] ?? 0))
  }
  return [...sums].sort(([, a], [, b]) => b - a)
}
