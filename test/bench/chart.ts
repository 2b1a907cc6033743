/**
 * Bar charts as SVG, readable in light and dark. Pure. Must never start an axis anywhere but at zero.
 */

export interface Bar {
  readonly label: string
  readonly value: number
  readonly isOurs: boolean
}

export interface ChartOptions {
  readonly title: string
  readonly unit: string
  readonly digits?: number
}

const WIDTH = 760
const LABEL_WIDTH = 230
const ROW = 26
const TOP = 44
const VALUE_WIDTH = 110

const STYLE = `text{font:13px system-ui,sans-serif;fill:#24292f}.t{font-weight:600;font-size:15px}
.b{fill:#8c959f}.o{fill:#0969da}line{stroke:#8c959f}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.b{fill:#6e7681}.o{fill:#4493f8}}`

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** Horizontal bars, in the order given; what is ours has the accent colour. */
export function barChart(bars: readonly Bar[], { title, unit, digits = 0 }: ChartOptions): string {
  const largest = Math.max(...bars.map(({ value }) => value), 1e-9)
  const scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / largest
  const rows = bars.map(({ label, value, isOurs }, i) => {
    const y = TOP + i * ROW
    const length = Math.max(value, 0) * scale
    const figure = `${value.toLocaleString('en', { maximumFractionDigits: digits })} ${unit}`
    return [
      `<text x="${LABEL_WIDTH - 10}" y="${y + 15}" text-anchor="end">${escaped(label)}</text>`,
      `<rect class="${isOurs ? 'o' : 'b'}" x="${LABEL_WIDTH}" y="${y + 2}" width="${length.toFixed(1)}" height="18" rx="2"/>`,
      `<text x="${(LABEL_WIDTH + length + 8).toFixed(1)}" y="${y + 15}">${escaped(figure)}</text>`,
    ].join('')
  })
  const height = TOP + bars.length * ROW + 12
  const axis = `<line x1="${LABEL_WIDTH}" y1="${TOP - 4}" x2="${LABEL_WIDTH}" y2="${height - 8}"/>`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">
<style>${STYLE}</style>
<text class="t" x="10" y="24">${escaped(title)}</text>
${axis}
${rows.join('\n')}
</svg>
`
}
