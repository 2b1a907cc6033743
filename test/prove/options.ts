/**
 * The command line of the proofs: whole numbers by name, each with a default.
 * Must never run with an option it does not know: the report would claim what was not done.
 */
import { parseArgs } from 'node:util'

/** `{ rate: 400 }` and `['--rate', '500']` make `{ rate: 500 }`. */
export function numbersFrom<Name extends string>(
  defaults: Readonly<Record<Name, number>>,
  args: readonly string[] = process.argv.slice(2),
): Record<Name, number> {
  const names = Object.keys(defaults) as Name[]
  const { values } = parseArgs({
    args: [...args],
    options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
  })
  const chosen: Record<Name, number> = { ...defaults }
  for (const name of names) {
    const text = values[name]
    if (text === undefined) continue
    const value = Number(text)
    if (!Number.isInteger(value) || value < 0) throw new Error(`--${name}: not a whole number`)
    chosen[name] = value
  }
  return chosen
}
