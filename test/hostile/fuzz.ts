/**
 * `npm run fuzz`: a million hostile inputs and more, over every entry; says what it found, how to make it again,
 * and which blocks of src were reached. `--target path --input '…'` tries one, `--recipe 1,2` makes it first.
 * Must never end with 0 when something was found.
 */
import { parseArgs } from 'node:util'
import { machine } from '../prove/report.ts'
import { Coverage } from './coverage.ts'
import { Fuzzer, tryInput } from './fuzzer.ts'
import { BATCH, inputOf } from './inputs.ts'
import { openRawDoor } from './raw-door.ts'
import { TARGETS } from './targets.ts'

/** The share of requests that go to the Worker as it is deployed: each takes a connection. */
const RAW_BATCH = 25

const PROGRESS_MS = 10_000
const MOST_FINDINGS = 20

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    target: { type: 'string' },
    input: { type: 'string' },
    recipe: { type: 'string' },
    coverage: { type: 'boolean', default: false },
  },
})
const door = await openRawDoor()
const targets = [...TARGETS, door.target].filter(
  ({ name }) => values.target === undefined || name === values.target,
)
const [first] = targets
if (first === undefined) throw new Error(`--target: no target named ${values.target}`)

if (values.input !== undefined || values.recipe !== undefined) {
  const input = values.input ?? inputOf(first, (values.recipe ?? '').split(',').map(Number))
  const what = await tryInput(first, input)
  console.log(`${first.name} ${JSON.stringify(input)}\n${what ?? 'nothing found'}`)
  await door.stop()
  process.exit(what === null ? 0 : 1)
}

const wanted = Number(values.inputs)
const seed = Number(values.seed)
console.log(`${wanted} inputs for ${targets.length} entries, seed ${seed}; ${machine()}`)
const coverage = new Coverage()
await coverage.start()
const fuzzers = targets.map((target) => ({
  fuzzer: new Fuzzer(target, target === door.target ? null : coverage),
  size: target === door.target ? RAW_BATCH : BATCH,
}))
const total = () => fuzzers.reduce((sum, { fuzzer }) => sum + fuzzer.inputs, 0)
const found = () => fuzzers.flatMap(({ fuzzer }) => fuzzer.found)
const startedAtMs = performance.now()
let toldAtMs = startedAtMs
for (let round = 0; total() < wanted && found().length < MOST_FINDINGS; round++) {
  for (const { fuzzer, size } of fuzzers) await fuzzer.batch(seed * 1_000_003 + round, size)
  if (performance.now() - toldAtMs < PROGRESS_MS) continue
  toldAtMs = performance.now()
  const perSecond = total() / ((toldAtMs - startedAtMs) / 1000)
  const kept = fuzzers.reduce((sum, { fuzzer }) => sum + fuzzer.kept.length, 0)
  console.log(
    `${total()} inputs (${perSecond.toFixed(0)}/s), ${kept} kept, ${found().length} found`,
  )
}
const files = coverage.files()
coverage.stop()
await door.stop()
for (const { file, reached, blocks, unreachedLines } of files) {
  const lines = values.coverage ? `; not reached: ${unreachedLines.join(', ') || 'none'}` : ''
  console.log(`${reached} of ${blocks} blocks reached in ${file}${lines}`)
}
for (const { target, what, input, recipe } of found()) {
  console.log(
    `\nFOUND in ${target}: ${what}\n  input ${JSON.stringify(input.slice(0, 300))}${input.length > 300 ? ' …' : ''}`,
  )
  console.log(`  again: npm run fuzz -- --target '${target}' --recipe ${recipe.join(',')}`)
}
const seconds = (performance.now() - startedAtMs) / 1000
console.log(
  `\n${total()} inputs in ${seconds.toFixed(0)} s (batches of ${BATCH}), ${found().length} findings`,
)
process.exit(found().length === 0 ? 0 : 1)
