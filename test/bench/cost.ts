/**
 * `node test/bench/cost.ts`: the measured figures as money, into test/bench/cost.md. Reads what the last
 * benchmark wrote. Must never leave out the case where ours is the dearer one.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { FIGURES, type Figures } from './report.ts'
import { type RedisUse, simulate } from './simulation.ts'
import { median } from './statistics.ts'

const MONTH_SECONDS = 30 * 86_400
const PRICES = {
  /** Upstash, pay as you go, per command; a write once per region. */
  command: 0.2 / 100_000,
  /** Workers Paid, beyond what is included. */
  request: 0.3 / 1_000_000,
  cpuMs: 0.02 / 1_000_000,
} as const
const RATES = [1, 100, 10_000]
const STALENESS = [1000, 10_000]
/** Edges, and read regions a database for so many of them would have. */
const SIZES = [
  { edges: 1, readRegions: 0 },
  { edges: 30, readRegions: 2 },
  { edges: 300, readRegions: 5 },
]

const { date, machine, lines, runs } = JSON.parse(readFileSync(FIGURES, 'utf8')) as Figures
const added = (name: string): number => {
  const line = lines.find((each) => each.name === name && each.redisMs === 0)
  if (line === undefined) throw new Error(`the last benchmark did not measure ${name}`)
  return Math.max(0, line.addedMicros)
}
/** From the duel, which is far more exact than the table, and from its machine. */
const duels = runs.filter((run) => run.machine === machine)
const hot = median(duels.map(({ ours }) => ours.addedMicros))
const es256 = median(duels.map(({ yardstickMicros }) => yardstickMicros))
const [cold, get] = [added('ours-cold'), added('tutorial')]

const dollars = (value: number): string =>
  `$${value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 2 : 0 })}`
const perMonth = (rps: number) => rps * MONTH_SECONDS

interface Row {
  readonly rps: number
  readonly edges: number
  readonly platform: number
  readonly get: number
  readonly denyList: number
  readonly ours: readonly Ours[]
}

interface Ours {
  readonly maxStalenessMs: number
  readonly hotPart: number
  readonly commands: number
  /** A bare GETEX billed once, and billed once per region. */
  readonly low: number
  readonly high: number
}

const rows = RATES.flatMap((rps) => SIZES.map((size) => rowOf(rps, size)))

function rowOf(rps: number, { edges, readRegions }: (typeof SIZES)[number]): Row {
  const requests = perMonth(rps)
  const cpu = (micros: number) => (requests * micros * PRICES.cpuMs) / 1000
  const ours = STALENESS.map((maxStalenessMs): Ours => {
    const use = simulate({ requestsPerSecond: rps, edges, maxStalenessMs })
    console.log(`${rps} requests/s, ${edges} edges, B ${maxStalenessMs} ms: ${JSON.stringify(use)}`)
    const micros = (use.hot * hot + (1000 - use.hot) * cold) / 1000
    const cost = (getex: number) =>
      cpu(micros) + (requests / 1000) * commandsOf(use, readRegions, getex) * PRICES.command
    const commands = use.reads + use.writes + use.routings
    const [low, high] = [cost(1), cost(1 + readRegions)]
    return { maxStalenessMs, hotPart: use.hot / 1000, commands, low, high }
  })
  const perRequest = requests * PRICES.command
  return {
    rps,
    edges,
    platform: requests * PRICES.request,
    get: cpu(get) + perRequest,
    denyList: cpu(es256) + cpu(get) + perRequest,
    ours,
  }
}

const line = ({ rps, edges, platform, get, denyList, ours }: Row): string =>
  `| ${[
    rps.toLocaleString('en'),
    edges,
    dollars(platform),
    dollars(get),
    dollars(denyList),
    ...ours.flatMap(({ hotPart, commands, low, high }) => [
      `${(hotPart * 100).toFixed(1)} %`,
      commands.toFixed(0),
      `**${low === high ? dollars(low) : `${dollars(low)} – ${dollars(high)}`}**`,
      `${(high / get).toFixed(2)}`,
    ]),
  ].join(' | ')} |`

/** Said by the dearer reading of the bill. */
function dearer(): string {
  const found = rows.flatMap(({ rps, edges, get, ours }) =>
    ours
      .filter(({ high }) => high > get)
      .map(
        ({ maxStalenessMs, high }) =>
          `${rps.toLocaleString('en')} requests/s on ${edges} edge${edges === 1 ? '' : 's'} with B = ${maxStalenessMs / 1000} s (${(high / get).toFixed(1)} times a GET per request)`,
      ),
  )
  const all = rows.length * STALENESS.length
  return found.length === 0
    ? `In all ${all} cases ours is the cheaper one.`
    : `In ${all - found.length} of ${all} cases ours is the cheaper one. It is dearer at ${found.join('; ')}.`
}

/** Billed commands per 1,000 requests; `getex` is what a bare GETEX is billed as. */
function commandsOf({ reads, writes, routings }: RedisUse, readRegions: number, getex: number) {
  return reads + routings * getex + writes * (1 + readRegions)
}

const us = (micros: number): string => `${micros.toFixed(0)} µs`
const page = `# What it costs

Made by \`node test/bench/cost.ts\` from the benchmark of ${date.slice(0, 10)}; do not edit. US dollars for a month of 30 days, on top of what the plans include; nothing is rounded away but cents.

| requests/s | edges | Workers requests (everybody) | GET per request | JWT + deny-list | ours, B = 1 s: hot | commands / 1,000 | cost | of GET | ours, B = 10 s: hot | commands / 1,000 | cost | of GET |
|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
${rows.map(line).join('\n')}

A range is what is not known: whether Upstash bills the bare \`GETEX\`, by which a read is routed to the primary, once or once per region. *of GET* is the upper end as a part of what a GET per request costs.

**Who is cheaper.** ${dearer()}

Two things drive the commands of ours. An isolate that nobody visited for longer than \`B\` has to ask the primary before it answers: five commands where a GET is one, so sparse traffic on many edges is dear; \`MAX_STALENESS_MS\` moves that. And a last-seen, at most once a minute for each session and isolate, is two writes (the first time three and a read), each billed once per region: with busy edges and several read regions that is most of the bill, and \`B\` hardly moves it. What ours saves always is the round trip; CPU is the smaller part of any of these bills. A JWT without a deny-list costs ${us(es256)} of CPU and no command, so it is the cheapest of all, and cannot be taken back. Upstash's fixed plans (unlimited commands, half the base price more per read region) do away with the question.

## How it is reckoned

- \`cost = requests × added CPU × $0.02 / million ms + commands × $0.20 / 100,000\`; a write counts once per region (1 + read regions: ${SIZES.map(({ edges, readRegions }) => `${readRegions} for ${edges} edge${edges === 1 ? '' : 's'}`).join(', ')}).
- Added CPU per request, measured: ours hot ${us(hot)}, ours cold ${us(cold)}, JWT ES256 ${us(es256)}, GET per request ${us(get)}. The share of hot and cold comes from the simulation. It is CPU of a local workerd, an upper estimate of what Cloudflare meters.
- *GET per request*: one command, for every request. *JWT + deny-list*: the JWT's CPU, and one command for every request to see whether it was revoked; a deny-list kept in memory would be ours.
- The simulation (\`test/bench/simulation.ts\`): one request in ten seconds for each active user on average, Zipf 1; edges of Zipf 0.8; 5 % of requests away from the user's own edge; a new isolate for each 250 requests/s of an edge, and any of them may get the next request of a user (unkind to ours: connections keep people at one). An isolate listens past half of \`B\` while it has traffic (2 commands), reads a session once and again after 5 minutes (4), both at once when its feed is stale (5), and writes a last-seen at most once a minute for a session (2 writes; 3 and a read the first time). Isolates are never evicted in it; Cloudflare evicts at will, which makes more cold requests.
- Prices: Upstash pay-as-you-go $0.20 per 100,000 commands, each write once per region (upstash.com/docs/redis/overall/pricing, copy of 2026-08-21). Workers Paid $0.30 per million requests beyond 10 million and $0.02 per million CPU milliseconds beyond 30 million (as quoted from Cloudflare's pricing page of 2026-08-03 by github.com/halideworks/onelight/wiki/Pricing; the page itself could not be read from here). Storage and bandwidth are left out: they are the same for all.
`
writeFileSync(fileURLToPath(new URL('cost.md', import.meta.url)), page)
console.log(page)
