/**
 * Signs that a session was stolen, what a policy may answer to each, and the numbers they are judged by.
 * Pure data. A sign must never be more than a sign: what is done about it is the policy's word, and by
 * default nothing is looked at.
 */

/**
 * `travel`: nobody gets from that country to this one in that time, and the network is new to the session. `fork`:
 * back and forth between two places, faster than anybody travels. `country`, `network`: one the session has not been
 * in before. `client`: another browser family.
 */
export const SIGNALS = ['travel', 'fork', 'country', 'network', 'client'] as const
export type Signal = (typeof SIGNALS)[number]

/** From the mildest to the hardest; of several signs at once the hardest answer holds. */
export const SIGNAL_RESPONSES = ['record', 'step_up', 'revoke', 'revoke_all'] as const
export type SignalResponse = (typeof SIGNAL_RESPONSES)[number]

/** What a policy does about signs; what it does not name it does not look at. */
export type SignalPolicy = Readonly<Partial<Record<Signal, SignalResponse>>>

export interface TravelLimits {
  /** Airliners cruise at 900 km/h, and no door-to-door journey is faster. */
  readonly maxSpeedKmh: number
  /** Nothing within it counts as having moved, and nothing is written. */
  readonly floorKm: number
  /** How far off a place may be that the platform knows to the city, our grid included. */
  readonly cityKm: number
  /** The same where only the country is known, or the exit of a relay. */
  readonly coarseKm: number
  /** Added within one country: what a network says of a place there is often its gateway's. */
  readonly domesticKm: number
  /** How far the clocks of two edges, and a touch not yet written, may be apart. */
  readonly clockToleranceMs: number
  /** Jumps back to where the session was before, in the window, that make a fork. */
  readonly forkReturns: number
  readonly forkWindowMs: number
  /** A login may hop between networks and browsers (an app's own, the system's); then they are only learned. */
  readonly newDeviceGraceMs: number
}

/** Tuned on one half of the journeys and measured on the other: test/travel/report.md. */
export const TRAVEL_LIMITS: TravelLimits = {
  maxSpeedKmh: 1000,
  floorKm: 100,
  cityKm: 25,
  coarseKm: 500,
  domesticKm: 2000,
  clockToleranceMs: 90_000,
  forkReturns: 3,
  forkWindowMs: 15 * 60_000,
  newDeviceGraceMs: 10 * 60_000,
}

/** Places are kept on a grid of this: 28 km from north to south. */
export const PLACE_GRID_DEGREES = 0.25

/** Networks and countries a session is known to use; the oldest is forgotten. */
export const MAX_KNOWN_NETWORKS = 8
export const MAX_KNOWN_COUNTRIES = 8

/**
 * Who runs the exits of iCloud Private Relay and WARP: the place is the relay's word for a region, or a whole
 * time zone (Apple: "Prepare your network or web server for iCloud Private Relay").
 */
export const RELAY_NETWORKS: ReadonlySet<number> = new Set([
  13335, // Cloudflare
  20940, // Akamai
  36183, // Akamai, for Private Relay alone
  54113, // Fastly
])
