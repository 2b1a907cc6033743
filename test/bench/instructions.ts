/**
 * `npm run bench:instructions`: how many instructions of workerd a hot request takes, counted by callgrind (Debian's
 * valgrind). It counts alike on every machine, busy or not, so that a percent shows where times differ by ten.
 * Must never be read as time: what the kernel does, and what waits for memory, is not in it.
 * Usage: node test/bench/instructions.ts [--warm 60] [--seconds 25] [--only pass-through,ours-hot]
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { contenders, PASS_THROUGH, YARDSTICK } from './contenders.ts'
import { DUELLISTS } from './duel.ts'
import { load } from './load.ts'
import { machine } from './machine.ts'
import { openScene, type Runner } from './scene.ts'

const { values } = parseArgs({
  options: {
    warm: { type: 'string', default: '60' },
    seconds: { type: 'string', default: '25' },
    only: { type: 'string' },
  },
})
const warm = Number(values.warm)
const seconds = Number(values.seconds)
const named = values.only?.split(',') ?? DUELLISTS

/** Few: each opens anew for every load, which costs as much as some requests. */
const CONNECTIONS = 4
/** After counting has begun: what runs is translated once more for it. */
const SETTLE_SECONDS = 4

const folder = mkdtempSync(join(tmpdir(), 'bench-instructions-'))
const callgrind = [
  ...['valgrind', '--tool=callgrind', '--smc-check=all-non-file', '--instr-atstart=no'],
  `--callgrind-out-file=${join(folder, '%p')}`,
]
/** Threads take turns under valgrind, and the one that compiles what is hot would hardly get its. */
const v8Flags = ['--no-concurrent-recompilation']
/**
 * A second lasts for some forty requests here, not for thousands: what is done by the clock (news, signatures) would
 * look a hundred times dearer than it is.
 */
const ourVars = { MAX_STALENESS_MS: '60000', ASSERTION_LIFETIME_SECONDS: '3600' }

const wanted = contenders.filter(({ name }) => named.includes(name))
const scene = await openScene(wanted, { storedSessions: 2000, under: callgrind, v8Flags, ourVars })
const counted = new Map<string, number>()
try {
  for (const runner of scene.runners) {
    const { name, label } = runner.contender
    const instructions = await instructionsOf(runner)
    counted.set(name, instructions)
    console.log(`${label}: ${thousands(instructions)} thousand instructions a request`)
  }
} finally {
  await scene.stop()
}
console.log(`by function: callgrind_annotate ${folder}/*.1`)
const report = table()
console.log(report)
if (values.only === undefined) {
  const path = fileURLToPath(new URL('reports/instructions.md', import.meta.url))
  writeFileSync(path, markdown(report))
}

async function instructionsOf({ worker, visitor }: Runner): Promise<number> {
  const who = await visitor()
  await load(worker.url, who, { seconds: warm, connections: CONNECTIONS })
  control('--instr=on', worker.pid)
  await load(worker.url, who, { seconds: SETTLE_SECONDS, connections: CONNECTIONS })
  control('--zero', worker.pid)
  const { requests } = await load(worker.url, who, { seconds, connections: CONNECTIONS })
  control('--dump', worker.pid)
  control('--instr=off', worker.pid)
  const dump = readFileSync(join(folder, `${worker.pid}.1`), 'utf8')
  return Number(/^totals: (\d+)/m.exec(dump)?.[1]) / requests
}

function control(order: string, pid: number): void {
  execFileSync('callgrind_control', [order, String(pid)], { stdio: 'pipe' })
}

function thousands(instructions: number): string {
  return (instructions / 1000).toFixed(0)
}

function table(): string {
  const floor = counted.get(PASS_THROUGH) ?? Number.NaN
  const yardstick = (counted.get(YARDSTICK) ?? Number.NaN) - floor
  const rows = wanted.map(({ name, label }) => {
    const all = counted.get(name) ?? Number.NaN
    return `| ${label} | ${thousands(all)} | ${thousands(all - floor)} | ${((all - floor) / yardstick).toFixed(2)} |`
  })
  return [
    '| contender | thousand instructions a request | added | of ES256 |',
    '|---|--:|--:|--:|',
    ...rows,
  ].join('\n')
}

function markdown(rows: string): string {
  return `# Instructions a request

Made by \`npm run bench:instructions\`; do not edit. Instructions that the workerd process executes for a hot request outside the kernel, counted by callgrind after ${warm} s of warming up. A contender's figure differs by a percent or two from run to run, garbage collection and V8's choices included, and hardly from machine to machine. It is no time: time also depends on what the kernel does, and on what is in the caches.

${machine()
  .map((line) => `- ${line}`)
  .join('\n')}

${rows}
`
}
