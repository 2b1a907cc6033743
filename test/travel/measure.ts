/**
 * Counts what the detector says over many journeys of a kind. Half `A` is for tuning and half `B` for reporting:
 * other seeds, the same life. Must never mix the two.
 */
import { SIGNALS, type Signal, type TravelLimits } from '../../src/vocabulary/signal.ts'
import { Random } from '../simulation/random.ts'
import { raisedAlong } from './follow-journey.ts'
import { HONEST_KINDS, type Honest, type HonestKind, honest } from './honest.ts'
import { isInflight, isVpn } from './networks.ts'
import { STOLEN_KINDS, type StolenKind, stolen, type Theft } from './stolen.ts'

export type Half = 'A' | 'B'
export type Counts = Record<Signal, number>

const none = (): Counts => ({ travel: 0, fork: 0, country: 0, network: 0, client: 0 })
const NOBODY = () => false
/** What an operator would list whose staff use VPNs and fly. */
export const isListed = (network: number) => isVpn(network) || isInflight(network)

const seedOf = (half: Half, nth: number) => (half === 'A' ? 1 : 1_000_001) + nth

export function* honestOf(kind: HonestKind, half: Half, journeys: number): Iterable<Honest> {
  const stream = HONEST_KINDS.indexOf(kind)
  for (let nth = 0; nth < journeys; nth++) yield honest(kind, new Random(seedOf(half, nth), stream))
}

/** As many as there are: not every victim can have every thief. */
export function* stolenOf(kind: StolenKind, half: Half, journeys: number): Iterable<Theft> {
  const stream = 100 + STOLEN_KINDS.indexOf(kind)
  for (let nth = 0; nth < journeys; nth++) {
    const theft = stolen(kind, new Random(seedOf(half, nth), stream))
    if (theft !== null) yield theft
  }
}

export interface HonestCounts {
  journeys: number
  requests: number
  /** Requests that had to ask the primary first: something was new. */
  swaps: number
  alarms: Counts
  /** False alarms of travel with the allow-list … */
  listed: number
  /** … and those in the journeys in which the database had every address in its country. */
  placed: number
  placedTravel: number
}

export function measureHonest(journeys: Iterable<Honest>, limits: TravelLimits): HonestCounts {
  const counts: HonestCounts = {
    journeys: 0,
    requests: 0,
    swaps: 0,
    alarms: none(),
    listed: 0,
    placed: 0,
    placedTravel: 0,
  }
  for (const { sightings, isMisplaced } of journeys) {
    const { raised, writes } = raisedAlong(sightings, limits, NOBODY)
    counts.journeys++
    counts.requests += sightings.length
    counts.swaps += writes
    for (const signal of SIGNALS) if (raised[signal].length > 0) counts.alarms[signal]++
    const isListedAlarm = raisedAlong(sightings, limits, isListed).raised.travel.length > 0
    if (isListedAlarm) counts.listed++
    if (!isMisplaced) {
      counts.placed++
      if (isListedAlarm) counts.placedTravel++
    }
  }
  return counts
}

export interface StolenCounts {
  journeys: number
  seen: Counts
  /** `travel` or `fork`. */
  either: number
  /** The thief's requests that were let through before the first of the two, one number for each theft seen. */
  before: number[]
  listed: number
}

export function measureStolen(thefts: Iterable<Theft>, limits: TravelLimits): StolenCounts {
  const counts: StolenCounts = { journeys: 0, seen: none(), either: 0, before: [], listed: 0 }
  for (const { sightings, thefts: own } of thefts) {
    const first = Math.min(...own)
    const { raised } = raisedAlong(sightings, limits, NOBODY)
    counts.journeys++
    const since = (signal: Signal) => raised[signal].filter((at) => at >= first)
    for (const signal of SIGNALS) if (since(signal).length > 0) counts.seen[signal]++
    const alarms = [...since('travel'), ...since('fork')]
    if (alarms.length > 0) {
      counts.either++
      const alarm = Math.min(...alarms)
      counts.before.push([...own].filter((at) => at < alarm).length)
    }
    const listed = raisedAlong(sightings, limits, isListed).raised
    if ([...listed.travel, ...listed.fork].some((at) => at >= first)) counts.listed++
  }
  return counts
}
