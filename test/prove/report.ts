/**
 * The report of a run as text: what was done, on what machine, and the table.
 * Must never round a violation away, or leave out what went wrong.
 */
import { cpus, totalmem } from 'node:os'
import { quantile, type Row, type Tally } from './tally.ts'

const HEAD = [
  'change',
  'route',
  'changes',
  'p50 ms',
  'p99 ms',
  'max ms',
  'sent, max ms',
  'certain violations',
  'false 401',
  'false 403',
  '503',
  'requests',
]

export const table = (rows: readonly Row[]): string => {
  const lines = [HEAD, ...rows.map(cells)]
  const widths = HEAD.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)))
  const pad = (cell: string, at: number) =>
    at < 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)
  const rule = widths.map((width, at) => (at < 2 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [lines[0]?.map(pad), rule, ...lines.slice(1).map((line) => line.map(pad))]
    .map((line) => `| ${line?.join(' | ')} |`)
    .join('\n')
}

function cells(row: Row): string[] {
  const ms = (p: number) => milliseconds(quantile(row.lastOldMs, p))
  const { kind, consistency, lastOldMs, violations, false401, false403, unavailable } = row
  const counts = [violations, false401, false403, unavailable, row.requests].map(String)
  const changes = lastOldMs.length === 0 ? '–' : String(lastOldMs.length)
  const sent = lastOldMs.length === 0 ? '–' : milliseconds(row.latestSentMs)
  return [kind, consistency, changes, ms(0.5), ms(0.99), ms(1), sent, ...counts]
}

/** 0: every old answer came before the acknowledgment did. */
const milliseconds = (ms: number | null): string => (ms === null ? '–' : Math.max(0, ms).toFixed(0))

/** The machine, so that a number can be read. */
export const machine = (): string => {
  const [cpu] = cpus()
  const gigabytes = (totalmem() / 2 ** 30).toFixed(0)
  return `${cpu?.model ?? 'unknown CPU'}, ${cpus().length} cores, ${gigabytes} GB, Node ${process.version}`
}

export interface ReportFacts {
  readonly command: string
  readonly boundMs: number
  readonly setting: string
  readonly seconds: number
  /** Calls of the API that had to be made again. */
  readonly repeats: number
}

export function markdown(
  tally: Tally,
  { command, boundMs, setting, seconds, repeats }: ReportFacts,
): string {
  const failures = [...new Set(tally.failures)]
  return `# The proof of revocation

Made by \`${command}\` on ${new Date().toISOString().slice(0, 10)}; ${machine()}.

${setting}

${tally.acknowledged} acknowledged changes and ${tally.total('requests')} requests in ${seconds.toFixed(0)} s.
**Certain violations: ${tally.total('violations')}. False 401: ${tally.total('false401')}. False 403: ${tally.total('false403')}.**
503: ${tally.total('unavailable')}. Other statuses (0: none): ${tally.strange.join(', ') || 'no'}. Calls made again after a 503: ${repeats}. Never acknowledged: ${tally.failures.length}${
    failures.length === 0
      ? '.'
      : `:\n\n${failures
          .slice(0, 5)
          .map((reason) => `- ${reason}`)
          .join('\n')}`
  }

The milliseconds are from the acknowledgment of a change to the last answer by the old state (for "give a
permission" the last refusal, else the last admission), as one process's clock saw both; 0 means that none
came after the acknowledgment. An edge decides before its answer arrives, so a number here may pass the
bound of ${boundMs} ms by the time an answer takes; "sent" is how long after an acknowledgment the latest such
request was sent. A violation is counted where the request was *sent* later than the
acknowledgment plus the bound (\`bounded\`), or than the acknowledgment (\`strong\`). \`eventual\` has no bound.

![Cumulative distribution of the last admission after acknowledgment](revocation.svg)

${table(tally.rows())}
`
}
