/**
 * From a step of the plan to a call of the real registry: what operators and holders do, to whom, ready to be
 * begun, and begun again when its outcome stays unknown. Must draw the same numbers whatever has happened.
 */
import type { SessionRegistry } from '../../src/session/registry.ts'
import type { Cause } from '../../src/session/registry-types.ts'
import type { SubjectRegistry } from '../../src/session/subject-registry.ts'
import type { Crowd } from './crowd.ts'
import { draftOf, PERMISSIONS, subjectNamed } from './drafts.ts'
import type { StepKind } from './plan.ts'
import type { Random } from './random.ts'
import type { Holder } from './roster.ts'
import type { World } from './world.ts'

export interface Registries {
  readonly sessions: SessionRegistry
  readonly subjects: SubjectRegistry
}

/** One attempt, on the clock of the edge that carries it out; the token it hands out, if it does. */
export type Begin = (registries: Registries, nowMs: number) => Promise<string | null>

const CAUSE: Cause = { initiator: 'admin', operator: 'simulation', reason: null }

/** null: there is nobody to do it to, or it is no operation. */
export function operationOf(
  kind: StepKind,
  random: Random,
  world: World,
  crowd: Crowd,
): Begin | null {
  const { conditions } = world
  const subject = subjectNamed(random.between(1, conditions.subjects))
  const permissions = random.pick(PERMISSIONS)
  const holder = kind === 'rotate' ? crowd.inUse(random) : crowd.concerned(random)
  switch (kind) {
    case 'create': {
      const replaced = random.chance(0.3) ? permissions : null
      const draft = draftOf(random, conditions.boundMs)
      return async ({ sessions }, nowMs) => {
        const made = { ...draft(nowMs), subject, permissions: replaced }
        const established = await sessions.create(made, CAUSE, nowMs)
        return established.ok ? established.value.token : null
      }
    }
    case 'permissions':
      return told(({ subjects }, nowMs) => subjects.patch(subject, { permissions }, CAUSE, nowMs))
    case 'disable':
      return told(({ subjects }, nowMs) =>
        subjects.patch(subject, { disabled: true }, CAUSE, nowMs),
      )
    case 'enable':
      return told(({ subjects }, nowMs) =>
        subjects.patch(subject, { disabled: false }, CAUSE, nowMs),
      )
    case 'revoke-all':
      return told(({ sessions }, nowMs) => sessions.revokeSubject(subject, null, CAUSE, nowMs))
    case 'epoch': {
      const name = random.pick(['*', 'tenant:a', 'tenant:b'])
      const agoMs = random.chance(0.5) ? 0 : random.between(0, 4 * conditions.boundMs)
      return told(({ sessions }, nowMs) => sessions.raiseEpoch(name, nowMs - agoMs, CAUSE, nowMs))
    }
    default:
      return holder && withHolder(holder, kind, random, conditions.boundMs)
  }
}

function withHolder(
  { address, subject }: Holder,
  kind: StepKind,
  random: Random,
  boundMs: number,
): Begin | null {
  switch (kind) {
    case 'revoke':
      return told(({ sessions }, nowMs) => sessions.revokeSession(address, CAUSE, nowMs))
    case 'revoke-others':
      return told(({ sessions }, nowMs) => sessions.revokeSubject(subject, address, CAUSE, nowMs))
    case 'rotate': {
      const graceMs = random.between(0, 2 * boundMs)
      return async ({ sessions }, nowMs) => {
        const rotated = await sessions.rotate(address, graceMs, CAUSE, nowMs)
        return rotated.ok ? rotated.value.token : null
      }
    }
    default:
      return null
  }
}

const told =
  (call: (registries: Registries, nowMs: number) => Promise<unknown>): Begin =>
  async (registries, nowMs) => {
    await call(registries, nowMs)
    return null
  }
