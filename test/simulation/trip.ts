/**
 * One trip to the store and back: how long each way takes, and whether it arrives. Slow, lost on the way there
 * (nothing happened), lost on the way back (it happened, and nobody is told), refused at once.
 */
import type { Conditions, Window } from './conditions.ts'
import type { Random } from './random.ts'

export interface Trip {
  readonly toMs: number
  readonly backMs: number
  readonly fate: 'arrives' | 'lost-there' | 'lost-back' | 'refused'
}

export function tripOf(random: Random, { boundMs, loss, slowness }: Conditions): Trip {
  const leg = () =>
    random.chance(slowness)
      ? random.between(boundMs / 10, 1.5 * boundMs)
      : random.between(1, boundMs / 20)
  const toMs = leg()
  const backMs = leg()
  if (!random.chance(loss)) return { toMs, backMs, fate: 'arrives' }
  return { toMs, backMs, fate: random.pick(['lost-there', 'lost-back', 'refused']) }
}

export const isIn = (windows: readonly Window[], atMs: number): boolean =>
  windows.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)
