/**
 * When an open stream looks again, and when it has waited for a silent primary long enough (design 7, "Open
 * streams"). Pure: clock and chance are arguments. Must never let a stream that hears the feed go unlooked-at for
 * longer than the bound, nor make all streams of an isolate look at the same moment.
 */

export interface WatchLimits {
  /** `B`. */
  readonly maxStalenessMs: number
  /** How long past the bound a primary that cannot be heard is no reason to end anything. */
  readonly rideOutMs: number
}

/** No look follows another sooner than this part of the bound. */
const SHORTEST = 1 / 32

/**
 * The time until the next look. After half the bound, spread over an eighth of it: the first to look then listens
 * for all, and the others find the news there. Who looks while it is listening looks again in half of what is left
 * of the bound: a store that answers in a third of the bound is always in time. `chance` is in [0, 1).
 */
export function untilNextLookMs(
  heardAtMs: number,
  nowMs: number,
  { maxStalenessMs }: WatchLimits,
  chance: number,
): number {
  const ageMs = nowMs - heardAtMs
  const turnMs = maxStalenessMs / 2 + (chance * maxStalenessMs) / 8
  if (ageMs < maxStalenessMs / 2) return 1 + turnMs - ageMs
  if (ageMs >= maxStalenessMs) return turnMs
  return Math.max((maxStalenessMs - ageMs) / 2, maxStalenessMs * SHORTEST)
}

/** Nothing has shown the session alive since `provenAtMs`, and that is too long ago to go on. */
export const isGivenUp = (
  provenAtMs: number,
  nowMs: number,
  { maxStalenessMs, rideOutMs }: WatchLimits,
): boolean => nowMs - provenAtMs > maxStalenessMs + rideOutMs
