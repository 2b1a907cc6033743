/**
 * `node test/bench/scale.ts`: does a cold validation get dearer with many sessions stored, and what does a
 * remembered session weigh? Writes test/bench/reports/scale.md and scale.json.
 * Must never measure the two sizes one after the other: rounds are interleaved.
 * Usage: node test/bench/scale.ts [--rounds 5] [--seconds 3] [--few 1000] [--many 200000] [--remembered 50000]
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import {
  MAX_ASSERTIONS_HELD,
  MAX_REMEMBERED_BYTES,
  MAX_REMEMBERED_SESSIONS,
} from '../../src/vocabulary/limits.ts'
import { contenders } from './contenders.ts'
import { machine } from './machine.ts'
import { countedBytes, weighMemory } from './memory-weight.ts'
import { runRounds, type Sample } from './rounds.ts'
import { openScene } from './scene.ts'
import { median } from './statistics.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    few: { type: 'string', default: '1000' },
    many: { type: 'string', default: '200000' },
    remembered: { type: 'string', default: '50000' },
  },
})
const counts = [Number(values.few), Number(values.many)] as const
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]

const cold = contenders.filter(({ name }) => name === 'ours-cold')
console.log(`storing ${counts.join(' and ')} sessions …`)
const scenes = [
  await openScene(cold, { storedSessions: counts[0] }),
  await openScene(cold, { storedSessions: counts[1] }),
]
const samples: Sample[][] = [[], []]
try {
  for (let round = 0; round < rounds; round++) {
    for (const [i, scene] of scenes.entries()) {
      const entries = scene.runners.map((runner) => ({ runner, redisMs: 0 }))
      const [turns] = await runRounds(scene, entries, { rounds: 1, seconds, connections: 16 })
      samples[i]?.push(...(turns ?? []))
      console.log(`round ${round + 1}, ${counts[i]} stored: ${turns?.[0]?.cpuMicros.toFixed(0)} µs`)
    }
  }
} finally {
  await Promise.all(scenes.map((scene) => scene.stop()))
}
const weight = await weighMemory(Number(values.remembered))

const counted = countedBytes()
const remembers = Math.min(MAX_REMEMBERED_SESSIONS, Math.floor(MAX_REMEMBERED_BYTES / counted))
const assertionBytes = weight.heapBytesInUse - weight.heapBytesEach
const fullBytesEach =
  weight.heapBytesEach + (assertionBytes * Math.min(MAX_ASSERTIONS_HELD, remembers)) / remembers

const middle = (of: (sample: Sample) => number) => samples.map((each) => median(each.map(of)))
const figures = {
  stored: counts,
  cpuMicros: middle((sample) => sample.cpuMicros),
  p50Ms: middle((sample) => sample.p50Ms),
  requestsPerSecond: middle((sample) => sample.requestsPerSecond),
  ...weight,
  countedBytesEach: counted,
  remembers,
  fullBytesEach,
}
const ratio = (pair: readonly number[]) => ((pair[1] ?? Number.NaN) / (pair[0] ?? 1)).toFixed(2)
const row = (name: string, pair: readonly number[], digits = 0) =>
  `| ${name} | ${pair.map((value) => value.toFixed(digits)).join(' | ')} | ${ratio(pair)} |`
const at = (name: string) => fileURLToPath(new URL(`reports/${name}`, import.meta.url))
mkdirSync(at(''), { recursive: true })
writeFileSync(at('scale.json'), `${JSON.stringify(figures, null, 2)}\n`)
const report = `# Cold validation by the number of sessions stored, and the weight of a remembered one

Made by \`node test/bench/scale.ts --rounds ${rounds} --seconds ${seconds}\`; do not edit. Every request is another session, and the Worker remembers 100 only.

${machine()
  .map((line) => `- ${line}`)
  .join('\n')}

| sessions stored | ${counts.map((count) => count.toLocaleString('en')).join(' | ')} | ratio |
|---|--:|--:|--:|
${row('CPU µs per request', figures.cpuMicros)}
${row('p50 ms', figures.p50Ms, 2)}
${row('requests/s', figures.requestsPerSecond)}

A remembered session weighs **${weight.heapBytesEach.toFixed(0)} bytes of heap**; one in use, which holds a signed assertion for a minute, **${weight.heapBytesInUse.toFixed(0)}** (${weight.residentBytesInUse.toFixed(0)} bytes of resident memory, garbage and all). Measured over ${weight.remembered.toLocaleString('en')} sessions of as many people, after garbage collection, with the bounds of \`src/vocabulary/limits.ts\` lifted. Token, keys of the maps and all are in it; values that sessions have alike (permissions, labels) are held once.

Within its bounds an isolate counts ${counted} bytes for such a session, so it remembers ${remembers.toLocaleString('en')} of them in ${MAX_REMEMBERED_BYTES / 2 ** 20} MB, and beside them the assertions of ${MAX_ASSERTIONS_HELD.toLocaleString('en')} in use: **${fullBytesEach.toFixed(0)} bytes for each remembered session with everything counted, when all of it is full**.
`
writeFileSync(at('scale.md'), report)
console.log(report)
