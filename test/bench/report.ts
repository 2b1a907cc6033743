/**
 * Writes the benchmark's report: test/bench/report.md, its charts, and the figures as JSON for the page on
 * cost. Must never round a figure before it is compared.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Bar, barChart } from './chart.ts'
import type { DuelFigures, Standing } from './duel-figures.ts'
import type { Line } from './figures.ts'
import { hardware, machine } from './machine.ts'

export interface RunOptions {
  /** Bouts of the duel. */
  readonly duel: number
  readonly meetings: number
  readonly rounds: number
  readonly seconds: number
  readonly connections: number
}

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
export const FIGURES = at('reports/figures.json')

/** What is promised comes from the duel, all else from the table. Returns where the report is. */
export function writeReport(
  duel: DuelFigures,
  lines: readonly Line[],
  options: RunOptions,
): string {
  mkdirSync(at('reports'), { recursive: true })
  const earlier = earlierFigures()
  const runs = latestOfEach([...(earlier?.runs ?? []), runOf(duel)])
  const isTableNew = lines.length > 0 || earlier === null
  const date = isTableNew ? new Date().toISOString() : earlier.date
  const figures: Figures = isTableNew
    ? { date, machine: hardware(), lines, options, runs }
    : { ...earlier, runs }
  writeFileSync(FIGURES, `${JSON.stringify(figures, null, 2)}\n`)
  for (const [name, svg] of Object.entries(charts(figures.lines)))
    writeFileSync(at(`reports/${name}`), svg)
  const path = at('report.md')
  writeFileSync(path, markdown(duel, figures))
  return path
}

/** What has to hold in each of the latest runs, this one included. */
export interface Run extends DuelFigures {
  readonly at: string
  readonly machine: string
}

/** Of each machine: the ratios of one say little of another's. */
const SHOWN_RUNS = 3
const MOST_OF_ES256 = 0.25
const LEAST_THROUGHPUT = 0.9

/** The table with how it was made, and the latest runs of the duel. */
export interface Figures {
  readonly date: string
  /** The table's. */
  readonly machine: string
  readonly lines: readonly Line[]
  readonly options: RunOptions
  readonly runs: readonly Run[]
}

const earlierFigures = (): Figures | null =>
  existsSync(FIGURES) ? (JSON.parse(readFileSync(FIGURES, 'utf8')) as Figures) : null

const runOf = (duel: DuelFigures): Run => ({
  at: new Date().toISOString().slice(0, 16),
  machine: hardware(),
  ...duel,
})

const latestOfEach = (runs: readonly Run[]): readonly Run[] =>
  [...Map.groupBy(runs, ({ machine }) => machine).values()].flatMap((of) => of.slice(-SHOWN_RUNS))

const runRow = ({ at, machine, floorMicros, deciding, ours, marking }: Run): string => {
  const shown = [
    ...[at, machine, us(floorMicros), two(ours.ratio), between(ours.ratio95), two(ours.throughput)],
    ...[two(marking.ratio), two(deciding.ratio), between(deciding.ratio95)],
    ...[two(deciding.throughput), reachedBy(ours)],
  ]
  return `| ${shown.join(' | ')} |`
}

function reachedBy({ ratio, throughput }: Standing): string {
  const isCheap = ratio <= MOST_OF_ES256
  if (throughput >= LEAST_THROUGHPUT) return isCheap ? 'reached' : 'throughput alone'
  return isCheap ? 'CPU alone' : '**not reached**'
}

function charts(lines: readonly Line[]): Record<string, string> {
  const bars = (redisMs: number, of: (line: Line) => number): Bar[] =>
    lines
      .filter((line) => line.redisMs === redisMs || (line.redisMs === 0 && !hasLatencies(line)))
      .map((line) => ({ label: line.label, value: of(line), isOurs: isOurs(line) }))
  const hasLatencies = ({ name }: Line) => lines.filter((other) => other.name === name).length > 1
  const added = bars(0, ({ addedMicros }) => addedMicros).slice(1)
  return {
    'added-cpu.svg': barChart(added, {
      title: 'CPU added to a pass-through, per request',
      unit: 'µs',
    }),
    'throughput.svg': barChart(
      bars(0, (line) => line.requestsPerSecond),
      { title: 'Requests per second, Redis without latency', unit: '/s' },
    ),
    'latency.svg': barChart(
      bars(40, ({ p50Ms }) => p50Ms),
      { title: 'p50 with Redis 40 ms away', unit: 'ms', digits: 1 },
    ),
  }
}

const isOurs = ({ name }: Line): boolean => name.startsWith('ours')

function markdown(
  duel: DuelFigures,
  {
    date,
    machine: tableMachine,
    lines,
    runs,
    options: { duel: bouts, meetings, rounds, seconds, connections },
  }: Figures,
): string {
  const command = `node test/bench/bench.ts --duel ${bouts} --meetings ${meetings} --rounds ${rounds} --seconds ${seconds} --connections ${connections}`
  const notes = new Map(lines.map(({ label, note }) => [label, note]))
  return `# Benchmark

Made by \`npm run bench\` (the table on ${date.slice(0, 10)} by \`${command}\`; \`--rounds 0\` adds a run of the duel); do not edit. Absolute figures move from machine to machine; the ratios of one run hold.

${headline(duel)}

The latest runs; the target is at most ${MOST_OF_ES256} of ES256, and at least ${LEAST_THROUGHPUT} of pass-through's throughput:

| run (UTC) | machine | pass-through | of what ES256 adds | 95 % | throughput of pass-through's | marking answers | the decision alone | 95 % | its throughput | |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|---|
${runs.map(runRow).join('\n')}

${machine()
  .map((line) => `- ${line}`)
  .join('\n')}
- The figures above come from a duel of the five, ${duel.bouts} bouts in ${duel.meetings} meetings, each with processes started anew (the same Worker started twice can differ by a tenth for as long as it runs): a fifth of a second each in turn, ${connections} connections, the loads of the others stopped meanwhile. Before its turn each is asked once, which counts: an edge that was not asked for a second has not heard the news, and no connection of it would be hot. CPU and requests are summed over all of them, garbage collection included: V8 collects in few and long pauses, which a median would leave out. Intervals by bootstrap over the meetings, which are few: they say how far apart those were, not much more.
- The table, made on ${tableMachine}: ${rounds} rounds of ${seconds} s for each contender in turn; medians. Few and long, so its lines are far less exact than the duel: differences below some 100 µs are noise, and may come out below zero. Each contender is a raw workerd of its own; the origin is another that answers one fixed 1.4 KB response.

![CPU added](reports/added-cpu.svg)
![Throughput](reports/throughput.svg)
![Latency](reports/latency.svg)

| contender | Redis ms | requests/s | p50 ms | p99 ms | CPU µs | **added µs** | middle half | **of ES256** | Redis requests / 1,000 | commands / 1,000 |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
${lines.map(row).join('\n')}

CPU is what the workerd process used (user and system) divided by the requests served; *added* is that minus pass-through's, paired round by round. Commands are counted by the stand, each in a pipeline or transaction by itself, as Upstash bills them.

## What is unfair to whom

${[...notes].map(([label, note]) => `- **${label}**: ${note}`).join('\n')}
- **Everybody**: load, origin, stand and contender share this machine's cores, so requests per second and latencies are those of a full machine; CPU per request is not bent by that but for caches. Redis' latency is a timer in the stand, its answers cost the contender no TLS. Local workerd has no limit of six connections.
- **Pass-through** itself sets two headers and removes one, as any proxy does. All contenders do that; what they add is theirs.
`
}

/** Says first where a run cannot be quoted. */
function headline({ floorMicros, yardstickMicros, deciding, ours, marking }: DuelFigures): string {
  const warning =
    ours.ratio95[1] - ours.ratio95[0] > TOO_WIDE
      ? '**Noisy: the interval is wide. More meetings (`--meetings`) make it narrower.**\n\n'
      : ''
  return `${warning}Ours, \`bounded\`, hot, adds ${us(ours.addedMicros)} to a pass-through of ${us(floorMicros)}; verifying an ES256 JWT adds ${us(yardstickMicros)}. That is **${two(ours.ratio)}** of it (${between(ours.ratio95)} with 95 % confidence). Throughput is **${two(ours.throughput)}** of pass-through's (${between(ours.throughput95)}). Where the origin does not mark its answers \`private\` or \`no-store\`, ours does, which takes a copy of each: it then adds ${us(marking.addedMicros)}, **${two(marking.ratio)}** of ES256's (${between(marking.ratio95)}).

The decision alone (policy, token, memory, news, clock, permissions), in the very proxy that the JWT has, adds ${us(deciding.addedMicros)}: **${two(deciding.ratio)}** of ES256's (${between(deciding.ratio95)}), at ${two(deciding.throughput)} of pass-through's throughput. All else of ours is what a JWT middleware does not do: looking through the names of all fields for one spelt like ours, taking the token off, the signed statement, what caches are told, streams that end.`
}

/** An interval that is not wider than this says enough. */
const TOO_WIDE = 0.2

const two = (figure: number): string => figure.toFixed(2)

const between = ([low, high]: readonly [number, number]): string =>
  `${low.toFixed(2)} to ${high.toFixed(2)}`

const us = (micros: number): string => `${micros.toFixed(0)} µs`

function row(line: Line): string {
  const label = isOurs(line) ? `**${line.label}**` : line.label
  const figures = [
    String(line.redisMs),
    line.requestsPerSecond.toFixed(0),
    line.p50Ms.toFixed(2),
    line.p99Ms.toFixed(2),
    line.cpuMicros.toFixed(0),
    line.addedMicros.toFixed(0),
    line.addedRange.map((each) => each.toFixed(0)).join(' to '),
    line.ratio.toFixed(2),
    line.redisRequestsPer1000.toFixed(1),
    line.redisCommandsPer1000.toFixed(1),
  ]
  return `| ${label} | ${figures.join(' | ')} |`
}
