/** Medians and ratios. Pure. */

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

export const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0)

/** Pairs the two round by round first, so that what slowed a whole round down cancels out. */
export const medianDifference = (a: readonly number[], b: readonly number[]): number =>
  median(a.map((value, round) => value - (b[round] ?? Number.NaN)))

/** First and third quartile, by nearest rank. */
export function middleHalf(values: readonly number[]): [number, number] {
  const sorted = [...values].sort((a, b) => a - b)
  const rank = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN
  return [rank(0.25), rank(0.75)]
}

const RESAMPLES = 1000

/**
 * Between which figures `of` lies in 95 of 100 samples like this one: the bootstrap's percentiles (Efron 1979). The
 * same sample gives the same answer.
 */
export function interval95<T>(
  sample: readonly T[],
  of: (sample: readonly T[]) => number,
): [number, number] {
  let state = 1
  const next = (): number => {
    // Numerical Recipes' generator: good enough to draw with, and the same everywhere.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const drawn = Array.from({ length: RESAMPLES }, () =>
    of(sample.map(() => sample[Math.floor(next() * sample.length)] as T)),
  ).sort((a, b) => a - b)
  const rank = (share: number) => drawn[Math.round(share * (RESAMPLES - 1))] ?? Number.NaN
  return [rank(0.025), rank(0.975)]
}
