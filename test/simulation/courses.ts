/**
 * From a step of the plan to what is done to whom: an operation ready to be begun, and begun again when its
 * outcome stays unknown. Must draw the same numbers whatever has happened in the world.
 */
import { raiseEpoch, rotate, setDisabled, setPermissions } from './changes.ts'
import type { Crowd } from './crowd.ts'
import { draftOf, PERMISSIONS, subjectOf } from './drafts.ts'
import { create, revoke, revokeAll, revokeOthers } from './operations.ts'
import type { StepKind } from './plan.ts'
import type { Random } from './random.ts'
import { type Holder, nameOf } from './roster.ts'
import type { World } from './world.ts'
import type { Course, Writer } from './writer.ts'

export type Begin = (writer: Writer) => Course

/** null: there is nobody to do it to, or it is no operation. */
export function courseOf(kind: StepKind, random: Random, world: World, crowd: Crowd): Begin | null {
  const { conditions } = world
  const number = random.between(1, conditions.subjects)
  const slot = nameOf(number)
  const permissions = random.pick(PERMISSIONS)
  const holder = kind === 'rotate' ? crowd.inUse(random) : crowd.concerned(random)
  switch (kind) {
    case 'create':
      return creation(random, world, number, permissions)
    case 'permissions':
      return (writer) => setPermissions(writer, slot, permissions)
    case 'disable':
      return (writer) => setDisabled(writer, slot, true)
    case 'enable':
      return (writer) => setDisabled(writer, slot, false)
    case 'revoke-all':
      return (writer) => revokeAll(writer, slot)
    case 'epoch': {
      const name = random.pick(['*', 'tenant:a', 'tenant:b'])
      const agoMs = random.chance(0.5) ? 0 : random.between(0, 4 * conditions.boundMs)
      return (writer) => raiseEpoch(writer, name, writer.clock() - agoMs)
    }
    default:
      return holder && courseWith(holder, kind, random, world)
  }
}

function creation(
  random: Random,
  world: World,
  number: number,
  permissions: readonly string[],
): Begin {
  const replaced = random.chance(0.3) ? permissions : null
  const draft = draftOf(random, world.conditions.boundMs)
  return (writer) => {
    const address = world.roster.newAddress(nameOf(number))
    const session = { ...draft(writer.clock()), address, root: address.digest }
    return create(writer, session, subjectOf(number, permissions), replaced, handOut(world))
  }
}

function courseWith(holder: Holder, kind: StepKind, random: Random, world: World): Begin | null {
  const { roster, conditions } = world
  const { slot, digest } = holder.address
  const asWritten = conditions.registryAsWritten
  switch (kind) {
    case 'revoke':
      return (writer) => revoke(writer, slot, digest, asWritten ? null : holder.session.root)
    case 'revoke-others':
      return (writer) => revokeOthers(writer, slot, digest)
    case 'rotate': {
      const graceMs = random.between(0, 2 * conditions.boundMs)
      return (writer) => {
        const address = roster.newAddress(slot)
        return rotate(writer, holder, address, graceMs, asWritten, handOut(world))
      }
    }
    default:
      return null
  }
}

const handOut = (world: World) => (holder: Holder) => {
  holder.knownAtMs = world.nowMs
  world.note(() => `${holder.name} is handed out`)
}
