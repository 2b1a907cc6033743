/** Medians and ratios. Pure. */

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** Pairs the two round by round first, so that what slowed a whole round down cancels out. */
export const medianDifference = (a: readonly number[], b: readonly number[]): number =>
  median(a.map((value, round) => value - (b[round] ?? Number.NaN)))

/** First and third quartile, by nearest rank. */
export function middleHalf(values: readonly number[]): [number, number] {
  const sorted = [...values].sort((a, b) => a - b)
  const rank = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN
  return [rank(0.25), rank(0.75)]
}
