/**
 * Runs one schedule: its steps at their times, the code under test in its isolates, the oracle at every decision.
 * The same plan and code give the same run. Must never go on after a violation.
 */
import type { Code } from './code.ts'
import { Crowd } from './crowd.ts'
import { finalViolation } from './far-apart.ts'
import { Isolate } from './isolate.ts'
import { operate } from './operate.ts'
import { operationOf } from './operations.ts'
import { violationIn } from './oracle.ts'
import type { Plan, Step } from './plan.ts'
import { Random } from './random.ts'
import type { Outcome, Request } from './request.ts'
import { type Holder, nameOf } from './roster.ts'
import { answerViolation } from './sighting-oracle.ts'
import type { Look, Visit } from './sightings.ts'
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
  while (schedule.violation === null && timeline.step()) {
    await pump.settle()
    if (schedule.world.failure !== null) throw schedule.world.failure
  }
  schedule.violation ??= finalViolation(schedule.world)
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
    return new Isolate(`i${this.#made++}`, this.world, edge, this.#code, {
      decided: this.#decided,
      answered: this.#answered,
    })
  }

  #take(step: Step): void {
    const random = new Random(this.world.conditions.seed, step.stream)
    if (step.kind === 'request') this.#request(step, random)
    if (step.kind === 'recycle') this.#isolates[step.edge] = this.#newIsolate(step.edge)
    const begin = operationOf(step.kind, random, this.world, this.#crowd)
    const name = `${step.kind}${step.stream}`
    if (begin) operate(this.world, this.#code, name, step.edge, random, begin)
  }

  #request({ edge, consistency, stream, isFar = false }: Step, random: Random): void {
    const isolate = this.#isolates[edge]
    const holder = this.#crowd.comer(random, edge)
    const nobodys = { slot: nameOf(0), digest: nameOf(50) }
    const request: Request = {
      name: `q${stream}`,
      token: holder?.token ?? 'sess_nobody',
      address: holder?.address ?? nobodys,
      holder,
      visit: holder && this.#visitOf(holder, edge, stream, isFar),
      consistency,
      arrivedMs: this.world.nowMs,
      headAtArrival: this.world.store.head.latest ?? 0,
      generation: isolate?.generation ?? 0,
      random,
      troubled: false,
      graceUsed: false,
      longestReadMs: 0,
    }
    this.world.note(() => {
      const from = request.visit && `${request.visit.side} ${JSON.stringify(request.visit.policy)}`
      return `${request.name} ${consistency} ${holder?.name} at ${isolate?.name} ${from ?? ''}`
    })
    isolate?.ask(request)
  }

  /** null: nobody looks at where it comes from. */
  #visitOf(holder: Holder, edge: number, stream: number, isFar: boolean): Visit | null {
    const { conditions, sightings, nowMs } = this.world
    if (conditions.watch === null) return null
    const random = new Random(conditions.seed, 4000 + stream)
    const policy = random.pick(conditions.watch.routes)
    if (policy === null) return null
    return sightings.visit(holder, policy, isFar, nowMs, this.world.clockOf(edge), random)
  }

  readonly #decided = (request: Request, isolate: Isolate, outcome: Outcome): void => {
    const { world } = this
    const said = outcome.kind === 'dead' ? outcome.reason : outcome.kind
    const kind = `${request.consistency} ${request.graceUsed ? 'grace ' : ''}${said}`
    this.decisions.set(kind, (this.decisions.get(kind) ?? 0) + 1)
    this.#mixIn(`${request.name}${said}`)
    world.note(() => `${request.name} at ${isolate.name}: ${kind}`)
    this.violation ??= violationIn(world, request, isolate, outcome)
  }

  readonly #answered = (look: Look, isolate: Isolate): void => {
    const { world } = this
    const kind = `looked ${look.answer}`
    this.decisions.set(kind, (this.decisions.get(kind) ?? 0) + 1)
    this.#mixIn(`${look.request.name}${kind}`)
    world.note(() => `${look.request.name} at ${isolate.name}: ${kind}`)
    this.violation ??= answerViolation(world, look, isolate.reads)
  }

  #mixIn(text: string): void {
    for (const character of text) this.#mix(character.charCodeAt(0))
    this.#mix(this.world.nowMs)
  }

  #mix(value: number): void {
    this.hash = (Math.imul(this.hash, 31) + value) | 0
  }
}
