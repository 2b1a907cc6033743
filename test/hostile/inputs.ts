/**
 * Inputs for a target: made from its grammar, and by changing those that are known. Every input has a recipe of
 * a few numbers that makes it again, whatever else a run has seen. Must never draw on anything but the recipe.
 */
import fc from 'fast-check'
import type { Target } from './target.ts'

/** Batch and place, again and again: each pair changes what the pairs before it made. */
export type Recipe = readonly number[]

export const BATCH = 500
/** What an HTTP server takes for all headers together, about. */
const MAX_CHARACTERS = 16 * 1024

/** From nothing: the words of the grammar in any order, repeated, with noise, and known inputs with changes. */
export const grammar = ({ pieces, seeds }: Target): fc.Arbitrary<string> => {
  const noise = fc.string({ unit: 'binary', maxLength: 3 })
  const words = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...pieces) }, noise)
  const sentence = fc.array(words, { maxLength: 12 }).map((parts) => parts.join(''))
  const flood = fc
    .tuple(fc.constantFrom(...pieces), fc.integer({ min: 2, max: MAX_CHARACTERS }), words)
    .map(([piece, times, end]) => `${piece.repeat(Math.ceil(times / (piece.length + 1)))}${end}`)
  return fc
    .oneof(
      { weight: 8, arbitrary: sentence },
      { weight: 8, arbitrary: fc.constantFrom(...seeds).chain((seed) => changed(seed, pieces)) },
      { weight: 1, arbitrary: flood },
    )
    .map((text) => text.slice(0, MAX_CHARACTERS))
}

/** A known input with a few changes: something in, something out, something twice, something else. */
export function changed(base: string, pieces: readonly string[]): fc.Arbitrary<string> {
  const change = fc.record({
    kind: fc.constantFrom('insert', 'remove', 'replace', 'double', 'flip', 'case'),
    at: fc.nat(),
    length: fc.integer({ min: 1, max: 12 }),
    piece: fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 2 })),
  })
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) =>
    changes.reduce((text, { kind, at, length, piece }) => {
      const from = at % (text.length + 1)
      const [head, cut, tail] = [
        text.slice(0, from),
        text.slice(from, from + length),
        text.slice(from + length),
      ]
      switch (kind) {
        case 'insert':
          return head + piece + cut + tail
        case 'remove':
          return head + tail
        case 'replace':
          return head + piece + tail
        case 'double':
          return head + cut + cut + tail
        case 'flip':
          return (
            head +
            String.fromCharCode(cut.charCodeAt(0) ^ (1 << (length % 7))) +
            cut.slice(1) +
            tail
          )
        default:
          return head + (length % 2 === 0 ? cut.toUpperCase() : cut.toLowerCase()) + tail
      }
    }, base),
  )
}

/** A whole batch; with a base, all are changes of what that recipe makes. */
export function batchOf(target: Target, base: Recipe, seed: number, size = BATCH): string[] {
  const arbitrary =
    base.length === 0 ? grammar(target) : changed(inputOf(target, base), target.pieces)
  return fc.sample(arbitrary, { seed, numRuns: size }).map((text) => text.slice(0, MAX_CHARACTERS))
}

/** The one input that a recipe makes. */
export function inputOf(target: Target, recipe: Recipe): string {
  const [base, [seed = 0, place = 0]] = [recipe.slice(0, -2), recipe.slice(-2)]
  return batchOf(target, base, seed, place + 1)[place] ?? ''
}
