/**
 * A stream of people whose sessions are revoked, one after the other, whatever is broken just then: asked for
 * until it is acknowledged, and looked for afterwards at every edge. Records only; fault-verdict.ts judges.
 */
import type { Answer } from './door.ts'
import { busyEdges, subjectIn } from './fault-load.ts'
import type { Person } from './kinds.ts'
import { sleep } from './pace.ts'
import type { Random } from './random.ts'
import type { Consistency } from './routes.ts'
import type { Scene } from './scene.ts'

/** One answer to the person whose session was, is being, or is to be revoked. */
export interface Probe extends Pick<Answer, 'status' | 'sentAtMs' | 'answeredAtMs'> {
  readonly consistency: Consistency
  readonly edge: number
  readonly foreign: boolean
}

export interface Victim {
  readonly person: Person
  readonly probes: Probe[]
  askedAtMs: number
  /** 507: gone at the primary, but the edges could not be told. */
  deletedAtMs: number
  /** 200. Infinity: never, and nothing is promised. */
  acknowledgedAtMs: number
}

const NEVER = Number.POSITIVE_INFINITY
const WARM_MS = 400
const GAP_MS = 100
const AFTER_MS = 800
const PAUSE_MS = 150

export class Victims {
  readonly all: Victim[] = []
  readonly #scene: Scene
  readonly #people: Person[]
  readonly #boundMs: number
  readonly #random: Random
  readonly #running = new Set<Promise<void>>()
  #over = false
  #starting: Promise<void> = Promise.resolve()

  constructor(scene: Scene, people: readonly Person[], boundMs: number, random: Random) {
    this.#scene = scene
    this.#people = [...people]
    this.#boundMs = boundMs
    this.#random = random
  }

  start(everyMs: number): void {
    this.#starting = this.#flow(everyMs)
  }

  /** No new one; those under way are gone on with until they are acknowledged and looked for. */
  async stop(): Promise<void> {
    this.#over = true
    await this.#starting
    await Promise.all(this.#running)
  }

  /** Every edge once more, on both kinds of routes: how many that were acknowledged are admitted again. */
  async countUndone(since: (victim: Victim) => boolean = () => true): Promise<number> {
    let undone = 0
    for (const { person } of this.all.filter((v) => v.acknowledgedAtMs < NEVER && since(v))) {
      const answers = await Promise.all(
        this.#scene.doors.flatMap((door) =>
          ['/page', '/strong/page'].map((path) => door.send('GET', path, tokenOf(person))),
        ),
      )
      if (answers.some(({ status }) => status === 200)) undone++
    }
    return undone
  }

  async #flow(everyMs: number): Promise<void> {
    while (!this.#over) {
      const person = this.#people.pop()
      if (person === undefined) return
      const life = this.#live(person).finally(() => this.#running.delete(life))
      this.#running.add(life)
      await sleep(everyMs * (0.5 + this.#random.next()))
    }
  }

  async #live(person: Person): Promise<void> {
    const victim: Victim = {
      person,
      probes: [],
      askedAtMs: NEVER,
      deletedAtMs: NEVER,
      acknowledgedAtMs: NEVER,
    }
    this.all.push(victim)
    const warmUntilMs = performance.now() + WARM_MS
    const probing = this.#probe(victim, () =>
      victim.askedAtMs === NEVER
        ? NEVER
        : Math.max(warmUntilMs, victim.acknowledgedAtMs + this.#boundMs + AFTER_MS),
    )
    await sleep(WARM_MS)
    await this.#revoke(victim)
    await probing
  }

  async #probe(victim: Victim, untilMs: () => number): Promise<void> {
    const pending: Promise<unknown>[] = []
    while (performance.now() < untilMs()) {
      const edge = this.#random.below(this.#scene.doors.length)
      const mayBeStrong = busyEdges(this.#scene).includes(edge)
      const consistency = mayBeStrong && this.#random.next() < 0.25 ? 'strong' : 'bounded'
      const path = consistency === 'strong' ? '/strong/page' : '/page'
      const asked = this.#scene.doors[edge]?.send('GET', path, tokenOf(victim.person))
      if (asked) {
        pending.push(
          asked.then(({ status, sentAtMs, answeredAtMs, body }) => {
            const foreign = status === 200 && subjectIn(body) !== victim.person.subject
            victim.probes.push({ consistency, edge, status, sentAtMs, answeredAtMs, foreign })
          }),
        )
      }
      await sleep(GAP_MS * (0.5 + this.#random.next()))
    }
    await Promise.all(pending)
  }

  /** By its sid, or all of the person's: half and half. */
  async #revoke(victim: Victim): Promise<void> {
    const { subject, sessions } = victim.person
    const path =
      this.#random.next() < 0.5 ? `/sessions/${sessions[0]?.sid}` : `/subjects/${subject}/sessions`
    victim.askedAtMs = performance.now()
    while (victim.acknowledgedAtMs === NEVER) {
      const { status, answeredAtMs, body } = await this.#random
        .pick(this.#scene.operators)
        .attempt('DELETE', path)
      if (status === 200) victim.acknowledgedAtMs = answeredAtMs
      // With a receipt it is deleted, and not announced yet; without one nothing was changed.
      else if (status === 507 && body.includes('"receipt"'))
        victim.deletedAtMs = Math.min(victim.deletedAtMs, answeredAtMs)
      else if (status !== 503 && status !== 507 && status !== 0)
        throw new Error(`DELETE ${path}: ${status}`)
      if (status !== 200) await sleep(PAUSE_MS)
    }
  }
}

const tokenOf = ({ sessions }: Person): string => sessions[0]?.token ?? ''
