/**
 * What a schedule is: the conditions of the world and the steps taken in it, all drawn from one seed before
 * anything runs. Must never depend on what the code under test does, so that a schedule can be shortened.
 */
import type { Consistency } from '../../src/vocabulary/policy.ts'
import { type Conditions, conditionsOf } from './conditions.ts'
import { Random } from './random.ts'
import { watchedPlan } from './watch-plan.ts'

export type StepKind = 'request' | Change

export type Change =
  | 'create'
  | 'revoke'
  | 'revoke-all'
  | 'revoke-others'
  | 'permissions'
  | 'disable'
  | 'enable'
  | 'epoch'
  | 'rotate'
  | 'recycle'

export interface Step {
  readonly atMs: number
  readonly kind: StepKind
  readonly edge: number
  readonly consistency: Consistency
  /** The stream all further choices of this step are drawn from. */
  readonly stream: number
  /** A thief's, if there is anything to steal. */
  readonly isFar?: boolean
}

export interface Plan {
  readonly conditions: Conditions
  readonly steps: readonly Step[]
}

const KINDS: Readonly<Record<Change, number>> = {
  create: 3,
  revoke: 4,
  'revoke-all': 2,
  'revoke-others': 3,
  permissions: 4,
  disable: 1,
  enable: 0.5,
  epoch: 3,
  rotate: 4,
  recycle: 1,
}

/** Life goes on after those, or there would be nobody left to ask for. */
const AFTERMATH: Readonly<Partial<Record<Change, readonly Change[]>>> = {
  'revoke-all': ['create'],
  epoch: ['create'],
  disable: ['enable', 'create'],
  revoke: ['create'],
}

export function planOf(seed: number): Plan {
  const random = new Random(seed)
  const conditions = conditionsOf(seed, random)
  return watchedPlan({ conditions, steps: stepsOf(random, conditions) })
}

function stepsOf(random: Random, { boundMs, edges }: Conditions): readonly Step[] {
  const horizonMs = boundMs * random.between(4, 10)
  // Two kinds of change meet more often than chance would have it, and one edge hears most of it.
  const themes = [random.weighted(KINDS), random.weighted(KINDS)]
  const busyEdge = random.between(0, edges.length - 1)
  const steps: Step[] = []
  const add = (atMs: number, kind: StepKind) => {
    const weights = { bounded: 5, eventual: 3, strong: 2 }
    const consistency = random.weighted<Consistency>(weights)
    const edge = random.chance(0.7) ? busyEdge : random.between(0, edges.length - 1)
    steps.push({ atMs, kind, edge, consistency, stream: steps.length + 1 })
  }
  add(0, 'create')
  add(random.between(0, 20), 'create')
  for (let i = random.between(4, 9); i > 0; i--) {
    const atMs = random.between(10, horizonMs)
    const kind = random.chance(0.5) ? random.pick(themes) : random.weighted(KINDS)
    add(atMs, kind)
    for (const [n, next] of (AFTERMATH[kind] ?? []).entries()) {
      add(atMs + n * boundMs + random.between(0, boundMs), next)
    }
    // Somebody asks just before and soon after a change: that is where it goes wrong.
    for (let n = random.between(0, 3); n > 0; n--) {
      add(Math.max(10, atMs + random.between(-boundMs / 2, 1.5 * boundMs)), 'request')
    }
  }
  for (let n = random.between(2, 8); n > 0; n--) add(random.between(10, horizonMs), 'request')
  // Steady traffic keeps an edge hot: it hears the news while it remembers.
  const paceMs = Math.floor(boundMs * (0.2 + random.next()))
  for (let atMs = paceMs; atMs < horizonMs; atMs += paceMs) add(atMs, 'request')
  return steps.sort((a, b) => a.atMs - b.atMs)
}
