/**
 * What the detector says along a whole journey: the product's own code, with its state kept as the store keeps
 * it, and every use written down at most once a minute as a touch is. Must never tell it who is a thief.
 */
import type { Sighting, Trail } from '../../src/session/sighting.ts'
import { follow, isNews } from '../../src/session/signals.ts'
import { SIGNALS, type Signal, type TravelLimits } from '../../src/vocabulary/signal.ts'

/** By signal, where it was raised. */
export type Raised = Readonly<Record<Signal, readonly number[]>>

const ALL: ReadonlySet<Signal> = new Set(SIGNALS)
const TOUCH_MS = 60_000

/** `trusted`: networks of the allow-list; what comes through one is not looked at. */
export function raisedAlong(
  sightings: readonly Sighting[],
  limits: TravelLimits,
  trusted: (network: number) => boolean,
): { readonly raised: Raised; readonly writes: number } {
  const raised: Record<Signal, number[]> = {
    travel: [],
    fork: [],
    country: [],
    network: [],
    client: [],
  }
  const freshness = { issuedAtMs: sightings[0]?.atMs ?? 0 }
  let trail: Trail | null = null
  let presentAtMs = 0
  let writes = 0
  for (const [at, sighting] of sightings.entries()) {
    if (sighting.network !== null && trusted(sighting.network)) continue
    if (isNews(trail, sighting, ALL, limits)) {
      const next = follow(trail && { trail, presentAtMs }, sighting, freshness, limits)
      for (const signal of next.signals) raised[signal].push(at)
      trail = next.trail
      presentAtMs = sighting.atMs
      writes++
    } else if (sighting.place !== null && sighting.atMs - presentAtMs >= TOUCH_MS) {
      presentAtMs = sighting.atMs
    }
  }
  return { raised, writes }
}
