/**
 * npm run evaluate:travel [-- --journeys N] [--tuning N]
 * Tunes the limits on half A, measures them on half B, and writes test/travel/report.md. Says so where the
 * product's own limits are not the tuned ones. Must never leave out a kind that looks bad.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { TRAVEL_LIMITS } from '../../src/vocabulary/signal.ts'
import { HONEST_KINDS } from './honest.ts'
import { honestOf, measureHonest, measureStolen, stolenOf } from './measure.ts'
import { report } from './report.ts'
import { STOLEN_KINDS } from './stolen.ts'
import { tune } from './tune.ts'

const { values } = parseArgs({
  options: {
    journeys: { type: 'string', default: '3000' },
    tuning: { type: 'string', default: '1000' },
  },
})
const journeys = Number(values.journeys)
const tuning = Number(values.tuning)

const tuned = tune(tuning)
console.log('tuned on half A:', JSON.stringify(tuned.limits))
const differs = Object.entries(tuned.limits).filter(
  ([name, value]) => TRAVEL_LIMITS[name as keyof typeof TRAVEL_LIMITS] !== value,
)
if (differs.length > 0) console.log('NOT the limits of the product:', JSON.stringify(differs))

const honest = HONEST_KINDS.map((kind) => ({
  kind,
  ...measureHonest(honestOf(kind, 'B', journeys), TRAVEL_LIMITS),
}))
const stolen = STOLEN_KINDS.map((kind) => ({
  kind,
  ...measureStolen(stolenOf(kind, 'B', journeys), TRAVEL_LIMITS),
}))
const text = report({ tuned, tuning, honest, stolen })
writeFileSync(fileURLToPath(new URL('./report.md', import.meta.url)), text)
console.log(text)
