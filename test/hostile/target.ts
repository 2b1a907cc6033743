/**
 * What every entry that hostile input can reach looks like to the fuzzer: a dictionary, known inputs, a check.
 * Must never hold a check that repeats the code it checks: each has an oracle of its own.
 */
export interface Target {
  readonly name: string
  /** What inputs are made of: the words of the entry's grammar, and of its attackers. */
  readonly pieces: readonly string[]
  /** Whole inputs to start from: honest ones, and every finding there ever was. */
  readonly seeds: readonly string[]
  /** Throws a Finding for what must not be. Anything else that is thrown is a finding, too. */
  check(input: string): unknown
}

/** Something that must not be, with nothing else to say than what it is. */
export class Finding extends Error {
  override readonly name = 'Finding'
}

export function ensure(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Finding(what)
}

/** Headers as they can come in; null where HTTP itself would have refused the value. */
export function headersFrom(entries: readonly (readonly [string, string])[]): Headers | null {
  try {
    return new Headers(entries.map(([name, value]) => [name, value] as [string, string]))
  } catch {
    return null
  }
}
