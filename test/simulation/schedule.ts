/**
 * Runs one schedule: its steps at their times, the code under test in its isolates, the oracle at every decision.
 * The same plan and code give the same run. Must never go on after a violation.
 */
import { raiseEpoch, rotate, setDisabled, setPermissions } from './changes.ts'
import type { Code } from './code.ts'
import { Crowd } from './crowd.ts'
import { draftOf, PERMISSIONS, subjectOf } from './drafts.ts'
import { Isolate } from './isolate.ts'
import { operate } from './operate.ts'
import { type Course, create, revoke, revokeAll, revokeOthers, type Writer } from './operations.ts'
import { violationIn } from './oracle.ts'
import type { Plan, Step } from './plan.ts'
import { Random } from './random.ts'
import type { Outcome, Request } from './request.ts'
import { type Holder, nameOf } from './roster.ts'
import { World } from './world.ts'

export interface Run {
  readonly violation: string | null
  /** Of all decisions and their times: equal runs have equal hashes. */
  readonly hash: number
  /** How often each kind of decision was made, as `consistency outcome`. */
  readonly decisions: ReadonlyMap<string, number>
}

export async function runSchedule(plan: Plan, code: Code, trace: string[] | null): Promise<Run> {
  const schedule = new Schedule(plan, code, trace)
  const { timeline, pump } = schedule.world
  while (schedule.violation === null && timeline.step()) await pump.settle()
  return schedule
}

class Schedule implements Run {
  violation: string | null = null
  hash = 0
  readonly decisions = new Map<string, number>()
  readonly world: World
  readonly #code: Code
  readonly #isolates: Isolate[]
  readonly #crowd: Crowd
  #made = 0

  constructor({ conditions, steps }: Plan, code: Code, trace: string[] | null) {
    this.#code = code
    this.world = new World(conditions, trace)
    this.#crowd = new Crowd(this.world)
    this.#isolates = conditions.edges.map((_, edge) => this.#newIsolate(edge))
    for (const step of steps) this.world.timeline.at(step.atMs, () => this.#take(step))
  }

  #newIsolate(edge: number): Isolate {
    return new Isolate(`i${this.#made++}`, this.world, edge, this.#code, this.#conclude)
  }

  #take(step: Step): void {
    const random = new Random(this.world.conditions.seed, step.stream)
    if (step.kind === 'request') this.#request(step, random)
    if (step.kind === 'recycle') this.#isolates[step.edge] = this.#newIsolate(step.edge)
    const course = this.#courseOf(step, random)
    if (course) operate(this.world, `${step.kind}${step.stream}`, step.edge, random, course)
  }

  #request({ edge, consistency, stream }: Step, random: Random): void {
    const isolate = this.#isolates[edge]
    const holder = this.#crowd.comer(random, edge)
    const nobodys = { slot: nameOf(0), digest: nameOf(50) }
    const request: Request = {
      name: `q${stream}`,
      token: holder?.token ?? 'sess_nobody',
      address: holder?.address ?? nobodys,
      holder,
      consistency,
      arrivedMs: this.world.nowMs,
      headAtArrival: this.world.store.head.latest ?? 0,
      generation: isolate?.generation ?? 0,
      random,
      troubled: false,
      graceUsed: false,
      longestReadMs: 0,
    }
    this.world.note(() => `${request.name} ${consistency} ${holder?.name} at ${isolate?.name}`)
    isolate?.ask(request)
  }

  readonly #conclude = (request: Request, isolate: Isolate, outcome: Outcome): void => {
    const { world } = this
    const said = outcome.kind === 'dead' ? outcome.reason : outcome.kind
    const kind = `${request.consistency} ${request.graceUsed ? 'grace ' : ''}${said}`
    this.decisions.set(kind, (this.decisions.get(kind) ?? 0) + 1)
    for (const character of `${request.name}${said}`) this.#mix(character.charCodeAt(0))
    this.#mix(world.nowMs)
    world.note(() => `${request.name} at ${isolate.name}: ${kind}`)
    this.violation ??= violationIn(world, request, isolate, outcome)
  }

  #mix(value: number): void {
    this.hash = (Math.imul(this.hash, 31) + value) | 0
  }

  /** What the step does, ready to be begun again when its outcome stays unknown; null: nothing to do it to. */
  #courseOf({ kind }: Step, random: Random): ((writer: Writer) => Course) | null {
    const { roster, conditions } = this.world
    const number = random.between(1, conditions.subjects)
    const slot = nameOf(number)
    const permissions = random.pick(PERMISSIONS)
    const known = (holder: Holder) => {
      holder.knownAtMs = this.world.nowMs
      this.world.note(() => `${holder.name} is handed out`)
    }
    const holder = kind === 'rotate' ? this.#crowd.inUse(random) : this.#crowd.concerned(random)
    switch (kind) {
      case 'create': {
        const replaced = random.chance(0.3) ? permissions : null
        const draft = draftOf(random, conditions.boundMs)
        return (writer) => {
          const session = { ...draft(writer.clock()), address: roster.newAddress(slot) }
          const whole = { ...session, root: session.address.digest }
          return create(writer, whole, subjectOf(number, permissions), replaced, known)
        }
      }
      case 'revoke':
        return holder && ((writer) => revoke(writer, holder.address.slot, holder.address.digest))
      case 'revoke-all':
        return (writer) => revokeAll(writer, slot)
      case 'revoke-others':
        return (
          holder && ((writer) => revokeOthers(writer, holder.address.slot, holder.address.digest))
        )
      case 'permissions':
        return (writer) => setPermissions(writer, slot, permissions)
      case 'disable':
        return (writer) => setDisabled(writer, slot, true)
      case 'enable':
        return (writer) => setDisabled(writer, slot, false)
      case 'epoch': {
        const name = random.pick(['*', 'tenant:a', 'tenant:b'])
        const agoMs = random.chance(0.5) ? 0 : random.between(0, 4 * conditions.boundMs)
        return (writer) => raiseEpoch(writer, name, writer.clock() - agoMs)
      }
      case 'rotate': {
        const graceMs = random.between(0, 2 * conditions.boundMs)
        return (
          holder &&
          ((writer) => {
            const address = roster.newAddress(holder.address.slot)
            return rotate(writer, holder, address, graceMs, conditions.rotationAsWritten, known)
          })
        )
      }
      default:
        return null
    }
  }
}
