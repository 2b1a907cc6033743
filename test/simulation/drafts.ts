/**
 * What sessions and subjects are made of in a schedule. Lives are short and idle times too, so that some end
 * while it runs.
 */
import type { SessionDraft } from '../../src/session/registry-types.ts'
import { slotOf } from '../../src/session/token.ts'
import type { Random } from './random.ts'

export const PERMISSIONS = [['read'], ['read', 'write'], ['admin']]

export const subjectNamed = (number: number): string => `person-${number}`

const SUBJECTS = [1, 2].map(subjectNamed)
/** Whose slot it is. */
export const SUBJECT_OF_SLOT: ReadonlyMap<string, string> = new Map(
  await Promise.all(SUBJECTS.map(async (subject) => [await slotOf(subject), subject] as const)),
)

/** Everything but whose it is. */
export function draftOf(
  random: Random,
  boundMs: number,
): (nowMs: number) => Omit<SessionDraft, 'subject' | 'permissions'> {
  const lifetimeMs = random.chance(0.15) ? random.between(2 * boundMs, 8 * boundMs) : 100_000_000
  const idleMs = random.chance(0.3) ? random.between(boundMs / 2, 5 * boundMs) : 0
  const tenant = random.pick(['a', 'b'])
  return (nowMs) => ({
    claims: null,
    lifetimeMs,
    idleMs,
    authTimeMs: nowMs,
    amr: [],
    acr: null,
    labels: { tenant },
    device: null,
  })
}
