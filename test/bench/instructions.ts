/**
 * `npm run bench:instructions`: how many instructions of workerd a hot request takes, counted by callgrind (Debian's
 * valgrind). It counts alike on a busy machine, so that a few percent show where times differ by ten.
 * Must never be read as time: what the kernel does, and what waits for memory, is not in it.
 * Usage: node test/bench/instructions.ts [--warm 90] [--seconds 7] [--only pass-through,ours-hot]
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
    warm: { type: 'string', default: '90' },
    seconds: { type: 'string', default: '7' },
    only: { type: 'string' },
  },
})
const warm = Number(values.warm)
const seconds = Number(values.seconds)
const named = values.only?.split(',') ?? DUELLISTS

/** Few: each opens anew for every load, which costs as much as some requests. */
const CONNECTIONS = 4
/** The fewest count: in another window V8 may have compiled something, or collected what a hundred left behind. */
const WINDOWS = 4

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
    const windows = await windowsOf(runner)
    const least = Math.min(...windows)
    counted.set(name, least)
    console.log(`${label}: ${windows.map(thousands).join(', ')} thousand instructions a request`)
    const dump = join(folder, `${runner.worker.pid}.${windows.indexOf(least) + 1}`)
    console.log(`by function: callgrind_annotate ${dump}`)
  }
} finally {
  await scene.stop()
}
if (values.only === undefined) {
  const path = fileURLToPath(new URL('reports/instructions.md', import.meta.url))
  writeFileSync(path, markdown(table()))
  console.log(`report: ${path}`)
}

/** A dump begins the next count at nothing. */
async function windowsOf({ worker, visitor }: Runner): Promise<readonly number[]> {
  const who = await visitor()
  await load(worker.url, who, { seconds: warm, connections: CONNECTIONS })
  control('--instr=on', worker.pid)
  const windows: number[] = []
  while (windows.length < WINDOWS) {
    const { requests } = await load(worker.url, who, { seconds, connections: CONNECTIONS })
    control('--dump', worker.pid)
    const dump = readFileSync(join(folder, `${worker.pid}.${windows.length + 1}`), 'utf8')
    windows.push(Number(/^summary: (\d+)/m.exec(dump)?.[1]) / requests)
  }
  return windows
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

Made by \`npm run bench:instructions\`; do not edit. Instructions that the workerd process executes for a hot request outside the kernel, counted by callgrind after ${warm} s of warming up; the fewest of ${WINDOWS} windows of ${seconds} s, so most of garbage collection is not in it. It is no time: time also depends on what the kernel does, and on what is in the caches.

${machine()
  .map((line) => `- ${line}`)
  .join('\n')}

${rows}
`
}
