/**
 * Chooses the limits on half A. `travel`: the fewest false alarms among the settings that see 99 % of thieves abroad
 * who come while the person is active; then the most thieves behind a relay. `fork`: the most thieves seen among
 * the settings with at most one false alarm in 1,000 honest journeys. Speed and floor are given. Must never see
 * half B.
 */
import { type Signal, TRAVEL_LIMITS, type TravelLimits } from '../../src/vocabulary/signal.ts'
import { raisedAlong } from './follow-journey.ts'
import { HONEST_KINDS } from './honest.ts'
import { honestOf, isListed, stolenOf } from './measure.ts'
import { STOLEN_KINDS, type StolenKind } from './stolen.ts'

const MINUTE_MS = 60_000
const MOST_FALSE_ALARMS = 1 / 1000
const LEAST_SEEN = 0.99

/** Less would be less than how far the middle of a country is from its borders. */
const COARSE_KM = [500, 1000, 1500]
const CITY_KM = [25, 50, 100]
const RETURNS = [2, 3, 4]
const WINDOW_MS = [5 * MINUTE_MS, 10 * MINUTE_MS, 15 * MINUTE_MS]
const DOMESTIC_KM = [1000, 2000, 3000]

/** One setting that was tried. */
export interface Trial {
  readonly limits: Partial<TravelLimits>
  readonly falseAlarms: number
  readonly seen: number
}

export interface Tuned {
  readonly limits: TravelLimits
  readonly travel: readonly Trial[]
  readonly fork: readonly Trial[]
}

/** With `journeys` of each kind, all kinds counting the same. */
export function tune(journeys: number): Tuned {
  const honest = HONEST_KINDS.map((kind) => [...honestOf(kind, 'A', journeys)])
  const stolen = STOLEN_KINDS.map((kind) => [...stolenOf(kind, 'A', journeys)])
  const share = (of: readonly boolean[]) => of.filter(Boolean).length / of.length
  const mean = (of: readonly number[]) => of.reduce((sum, each) => sum + each, 0) / of.length

  const raises = (signal: Signal, limits: TravelLimits) => {
    // No limit tells a VPN or an aeroplane's satellite from a thief: with the allow-list, or they drown the rest.
    const falseAlarms = honest.map((kind) =>
      share(
        kind.map(
          ({ sightings }) => raisedAlong(sightings, limits, isListed).raised[signal].length > 0,
        ),
      ),
    )
    const seen = stolen.map((kind) =>
      share(
        kind.map(({ sightings, thefts }) => {
          const first = Math.min(...thefts)
          return along(sightings, limits)[signal].some((at) => at >= first)
        }),
      ),
    )
    return { falseAlarms: mean(falseAlarms), seen }
  }
  const of = (seen: readonly number[], kind: StolenKind) => seen[STOLEN_KINDS.indexOf(kind)] ?? 0

  const travel = COARSE_KM.flatMap((coarseKm) =>
    CITY_KM.map((cityKm) => {
      const { falseAlarms, seen } = raises('travel', { ...TRAVEL_LIMITS, coarseKm, cityKm })
      const active = of(seen, 'abroad, while the person is active')
      const relayed = of(seen, 'abroad, through a private relay')
      return { limits: { coarseKm, cityKm }, falseAlarms, seen: active, relayed }
    }),
  )
  const enough = travel.filter(({ seen }) => seen >= LEAST_SEEN)
  const [best] = (enough.length > 0 ? enough : travel).sort(
    (a, b) => a.falseAlarms - b.falseAlarms || b.relayed - a.relayed,
  )
  const fork = RETURNS.flatMap((forkReturns) =>
    WINDOW_MS.flatMap((forkWindowMs) =>
      DOMESTIC_KM.map((domesticKm) => {
        const limits = { forkReturns, forkWindowMs, domesticKm }
        const { falseAlarms, seen } = raises('fork', {
          ...TRAVEL_LIMITS,
          ...best?.limits,
          ...limits,
        })
        return { limits, falseAlarms, seen: mean(seen) }
      }),
    ),
  )
  const few = fork.filter(({ falseAlarms }) => falseAlarms <= MOST_FALSE_ALARMS)
  const [most] = few.sort((a, b) => b.seen - a.seen || a.falseAlarms - b.falseAlarms)
  return { limits: { ...TRAVEL_LIMITS, ...best?.limits, ...most?.limits }, travel, fork }
}

const along = (sightings: Parameters<typeof raisedAlong>[0], limits: TravelLimits) =>
  raisedAlong(sightings, limits, () => false).raised
