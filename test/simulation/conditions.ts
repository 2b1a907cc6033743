/**
 * The conditions of a schedule's world, drawn from its seed: what is configured, how clocks and copies differ, what
 * fails. Half of all worlds are calm, so that the hot path is met as well as the rare one.
 */
import type { Random } from './random.ts'
import { type Watch, watchOf } from './watch-plan.ts'

export interface Window {
  readonly fromMs: number
  readonly toMs: number
}

export interface EdgeSetup {
  readonly clockOffsetMs: number
  /** The copies its nearest region reads from, in turn; `PRIMARY` is the primary itself. */
  readonly region: readonly number[]
  readonly cutOff: readonly Window[]
}

export interface ReplicaSetup {
  readonly lagMs: number
  readonly stuck: readonly Window[]
}

export interface Conditions {
  readonly seed: number
  readonly boundMs: number
  readonly deadlineMs: number
  readonly graceMs: number
  readonly rereadAfterMs: number
  readonly edges: readonly EdgeSetup[]
  readonly replicas: readonly ReplicaSetup[]
  readonly subjects: number
  readonly maxEntries: number
  readonly maxItems: number
  readonly newsAgeMs: number
  readonly feedCount: number
  readonly retentionMs: number
  /** Chances per trip to the store. */
  readonly loss: number
  readonly slowness: number
  /** Over this the oldest of a subject's sessions go. */
  readonly sessionCap: number
  readonly failover: { readonly atMs: number; readonly replica: number } | null
  /** null: no route looks at signs of theft. */
  readonly watch: Watch | null
}

/** Among the copies of a region: the primary stands in it. */
export const PRIMARY = -1

export function conditionsOf(seed: number, random: Random): Conditions {
  const boundMs = random.pick([100, 300, 1000])
  const spanMs = 8 * boundMs
  const isCalm = random.chance(0.5)
  const rough = (chance: number) => random.chance(chance) && !isCalm
  const windows = (isThere: boolean): Window[] => {
    const fromMs = random.between(0, spanMs)
    const toMs = fromMs + random.between(boundMs / 2, 4 * boundMs)
    return isThere ? [{ fromMs, toMs }] : []
  }
  const replicas = Array.from({ length: random.between(2, 3) }, () => ({
    lagMs: random.pick([2, boundMs / 5, boundMs, 3 * boundMs]),
    stuck: windows(random.chance(0.5)),
  }))
  const copies = [...replicas.keys()]
  const edges = Array.from({ length: random.between(2, 4) }, () => ({
    clockOffsetMs: random.between(-boundMs / 10, boundMs / 10),
    region: random.pick([[random.pick(copies)], copies, [PRIMARY], [random.pick(copies), PRIMARY]]),
    cutOff: windows(rough(0.4)),
  }))
  return {
    seed,
    boundMs,
    deadlineMs: random.pick([boundMs / 2, boundMs, 2 * boundMs]),
    graceMs: random.chance(0.35) ? random.between(boundMs, 3 * boundMs) : 0,
    rereadAfterMs: rough(0.4) ? 2 * boundMs : 100 * boundMs,
    edges,
    ...withFailover(random, replicas, rough(0.3), boundMs),
    subjects: random.between(1, 2),
    maxEntries: rough(0.3) ? random.between(1, 2) : 1000,
    maxItems: rough(0.4) ? random.pick([2, 4]) : 1000,
    newsAgeMs: rough(0.3) ? boundMs : 100 * boundMs,
    feedCount: rough(0.2) ? random.between(2, 4) : 1000,
    retentionMs: rough(0.3) ? 2 * boundMs : 1_000_000,
    loss: isCalm ? 0 : random.pick([0, 0.05, 0.15]),
    slowness: random.pick([0, 0.1, 0.3]),
    sessionCap: random.pick([50, 50, 50, 3, 1]),
    watch: watchOf(seed, boundMs),
  }
}

/** The copy that takes over has been behind for a while, or nothing would be lost. */
function withFailover(
  random: Random,
  replicas: readonly ReplicaSetup[],
  isThere: boolean,
  boundMs: number,
): Pick<Conditions, 'replicas' | 'failover'> {
  if (!isThere) return { replicas, failover: null }
  const atMs = random.between(2 * boundMs, 8 * boundMs)
  const replica = random.between(0, replicas.length - 1)
  const behind = { fromMs: atMs - random.between(0, 3 * boundMs), toMs: atMs + 1 }
  return {
    replicas: replicas.map((setup, i) => (i === replica ? { ...setup, stuck: [behind] } : setup)),
    failover: { atMs, replica },
  }
}
