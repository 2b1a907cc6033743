/**
 * A small picture: for each consistency, the share of changes whose last old answer had come by a time after
 * the acknowledgment, with the bound marked. Pure text. Must never cut off a point beyond the bound.
 */
import { CONSISTENCIES, type Consistency } from './routes.ts'
import type { Row } from './tally.ts'

const [WIDTH, HEIGHT] = [860, 420]
const FRAME = { left: 64, right: 24, top: 56, bottom: 56 }
const COLOURS: Readonly<Record<Consistency, string>> = {
  bounded: '#1f6feb',
  strong: '#1a7f37',
  eventual: '#9a6700',
}
const SHARES = [0, 0.25, 0.5, 0.75, 1]

export function cumulativeSvg(rows: readonly Row[], boundMs: number): string {
  const series = CONSISTENCIES.map((consistency) => ({
    consistency,
    values: rows
      .filter((row) => row.consistency === consistency)
      .flatMap((row) => row.lastOldMs)
      .map((ms) => Math.max(0, ms))
      .sort((a, b) => a - b),
  })).filter(({ values }) => values.length > 0)
  const most = Math.max(boundMs * 1.2, ...series.map(({ values }) => values.at(-1) ?? 0)) * 1.02
  const x = (ms: number) => FRAME.left + (ms / most) * (WIDTH - FRAME.left - FRAME.right)
  const y = (share: number) => HEIGHT - FRAME.bottom - share * (HEIGHT - FRAME.top - FRAME.bottom)
  const step = niceStep(most)
  const ticks = Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step)
  const parts = [
    ...ticks.map((ms) => label(x(ms), HEIGHT - FRAME.bottom + 20, String(ms), 'middle')),
    ...SHARES.map((share) => line(x(0), y(share), x(most), y(share), '#d0d7de')),
    ...SHARES.map((share) => label(x(0) - 8, y(share) + 4, `${share * 100} %`, 'end')),
    line(x(boundMs), y(0), x(boundMs), y(1), '#cf222e', '6 4'),
    label(x(boundMs), FRAME.top - 8, `bound: ${boundMs} ms`, 'middle', '#cf222e'),
    label(
      WIDTH / 2,
      HEIGHT - 14,
      'ms from the acknowledgment to the last answer by the old state',
      'middle',
    ),
    label(FRAME.left, 20, 'Share of changes whose last old answer had come', 'start', '#1f2328'),
    ...series.map(({ consistency, values }) => curve(values, x, y, COLOURS[consistency], most)),
    ...series.map(({ consistency, values }, at) =>
      label(
        WIDTH - FRAME.right,
        y(0) - 16 - 18 * (series.length - 1 - at),
        `${consistency} (${values.length})`,
        'end',
        COLOURS[consistency],
      ),
    ),
  ]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="13">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>
${parts.join('\n')}
</svg>
`
}

type Scale = (value: number) => number

/** A step for each change: up at its time, along to the next. */
function curve(
  values: readonly number[],
  x: Scale,
  y: Scale,
  colour: string,
  most: number,
): string {
  const steps = values.map((ms, i) => `H${fixed(x(ms))}V${fixed(y((i + 1) / values.length))}`)
  const path = `M${fixed(x(0))} ${fixed(y(0))}${steps.join('')}H${fixed(x(most))}`
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`
}

const line = (x1: number, y1: number, x2: number, y2: number, colour: string, dash = 'none') =>
  `<line x1="${fixed(x1)}" y1="${fixed(y1)}" x2="${fixed(x2)}" y2="${fixed(y2)}" stroke="${colour}" stroke-dasharray="${dash}"/>`

const label = (x: number, y: number, text: string, anchor: string, colour = '#59636e') =>
  `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}" fill="${colour}">${text}</text>`

const fixed = (value: number): string => value.toFixed(1)

/** 1, 2 or 5 times a power of ten: about eight ticks. */
function niceStep(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most / 8))
  return ([1, 2, 5, 10].find((factor) => factor * power >= most / 8) ?? 10) * power
}
