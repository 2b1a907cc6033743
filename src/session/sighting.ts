/**
 * One sighting of a session: when, where, through whose network, with what client; and the trail, all that is
 * kept of a session's sightings. Pure types. Must never be finer than a city, nor outlive its session.
 */

/** A place on a coarse grid. */
export interface Place {
  readonly latitude: number
  readonly longitude: number
  /** Only the country, or a relay's region, is known: it may be far off. */
  readonly isCoarse: boolean
}

/** What one request tells; null is not known, and what is not known never speaks against anybody. */
export interface Sighting {
  /** On the clock of the edge that saw it. */
  readonly atMs: number
  readonly place: Place | null
  /** ISO 3166-1 alpha-2, or `T1` for the Tor network. */
  readonly country: string | null
  /** Autonomous system number of the network's operator. */
  readonly network: number | null
  /** Browser family, or the first word of what a program calls itself. */
  readonly client: string | null
}

/** A place a session was seen at, and since when. */
export interface Stay {
  readonly place: Place
  readonly country: string | null
  readonly network: number | null
  readonly atMs: number
}

/** What is kept of a session's sightings. */
export interface Trail {
  /** Where it was seen last; a new stay begins when it has moved beyond the floor. */
  readonly stay: Stay | null
  /** Where it was before, if it came from there faster than anybody travels. */
  readonly left: Stay | null
  /** When it jumped back and forth between the two, oldest first. */
  readonly jumps: readonly number[]
  /** Latest last. */
  readonly countries: readonly string[]
  readonly networks: readonly number[]
  readonly client: string | null
}
