/**
 * What monitor mode would have refused, as a table by reason and policy. Pure.
 * Must never show a query: it may hold what nobody should read in a report.
 */
import type { Read, WouldDeny } from './log-documents.ts'

interface Row {
  readonly first: WouldDeny
  count: number
  firstAtMs: number
  lastAtMs: number
  readonly methods: Set<string>
  readonly paths: Map<string, number>
}

/** Different paths remembered for each row: enough to know the most frequent. */
const MAX_PATHS = 10_000

export class MonitorTable {
  readonly #rows = new Map<string, Row>()
  #requests = 0

  add({ isRequest, found }: Read): void {
    if (isRequest) this.#requests++
    for (const entry of found) this.#count(entry)
  }

  #count(entry: WouldDeny): void {
    const key = JSON.stringify([entry.denial, entry.reason, entry.policy])
    const row = this.#rows.get(key) ?? newRow(entry)
    this.#rows.set(key, row)
    row.count++
    row.methods.add(entry.method)
    if (entry.atMs !== null) {
      row.firstAtMs = Math.min(row.firstAtMs, entry.atMs)
      row.lastAtMs = Math.max(row.lastAtMs, entry.atMs)
    }
    const { path } = entry
    if (path !== null && (row.paths.has(path) || row.paths.size < MAX_PATHS)) {
      row.paths.set(path, (row.paths.get(path) ?? 0) + 1)
    }
  }

  /** The most frequent first. */
  lines(): readonly string[] {
    const rows = [...this.#rows.values()].toSorted((a, b) => b.count - a.count)
    const total = rows.reduce((sum, { count }) => sum + count, 0)
    const of =
      this.#requests === 0 ? '' : ` of ${this.#requests} (${percent(total, this.#requests)})`
    const summary = `${total} requests${of} would have been refused.`
    return rows.length === 0 ? [summary] : [...columns([HEAD, ...rows.map(cells)]), '', summary]
  }
}

const newRow = (first: WouldDeny): Row => ({
  first,
  count: 0,
  firstAtMs: Number.POSITIVE_INFINITY,
  lastAtMs: Number.NEGATIVE_INFINITY,
  methods: new Set(),
  paths: new Map(),
})

const HEAD = ['requests', 'code', 'reason', 'policy', 'methods', 'from', 'to', 'most often']

const cells = ({ first, count, methods, paths, firstAtMs, lastAtMs }: Row): readonly string[] => {
  const [often] = [...paths].toSorted(([, a], [, b]) => b - a)
  return [
    String(count),
    first.denial,
    first.reason,
    first.policy ?? '-',
    [...methods].sort().join(' '),
    time(firstAtMs),
    time(lastAtMs),
    often ? `${often[0]} (${often[1]})` : '-',
  ]
}

const time = (ms: number): string =>
  Number.isFinite(ms) ? `${new Date(ms).toISOString().slice(0, 16)}Z` : '-'

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`

function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = HEAD.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
