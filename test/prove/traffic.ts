/**
 * The steady stream of one person's requests, spread over edges and routes, and what came back when.
 * Must never judge, and never flood a machine that is slow to answer.
 */
import type { Answer } from './door.ts'
import type { Kind, Person } from './kinds.ts'
import { sleep } from './pace.ts'
import type { Random } from './random.ts'
import type { Route } from './routes.ts'
import type { Scene } from './scene.ts'

/** Of one person: a machine that is busy gets slower traffic, not more of it. */
const MOST_PENDING = 8
/** Of what a busy edge gets. */
const QUIET_SHARE = 0.05

export interface Observation extends Pick<Answer, 'status' | 'sentAtMs' | 'answeredAtMs'> {
  readonly session: number
  readonly edge: number
  readonly route: Route
}

/** The steady stream of one person's requests. */
export class Traffic {
  readonly observations: Observation[] = []
  readonly #pending = new Set<Promise<void>>()
  readonly #scene: Scene
  readonly #kind: Kind
  readonly #person: Person
  readonly #random: Random

  constructor(scene: Scene, kind: Kind, person: Person, random: Random) {
    this.#scene = scene
    this.#kind = kind
    this.#person = person
    this.#random = random
  }

  /** Requests at the given edges, a gap apart (more when answers are slow), until the time has come. */
  async flow(edges: readonly number[], gapMs: number, untilMs: () => number): Promise<void> {
    while (performance.now() < untilMs()) {
      if (this.#pending.size >= MOST_PENDING) await Promise.race(this.#pending)
      this.#send(edges)
      await sleep(gapMs * (0.5 + this.#random.next()))
    }
  }

  /**
   * Every strong request hears the feed for its whole edge: most edges see none, or `bounded` would never
   * come near its bound. One edge is quiet, so that its feed grows stale between requests.
   */
  #edgeFor(edges: readonly number[], route: Route): number {
    const { strongEdges, quietEdge } = this.#scene
    if (route.consistency === 'strong') return this.#random.pick(strongEdges)
    const edge = this.#random.pick(edges)
    const elsewhere = edge === quietEdge && this.#random.next() > QUIET_SHARE
    return elsewhere ? this.#random.pick(edges) : edge
  }

  #send(edges: readonly number[]): void {
    const session = this.#random.below(this.#person.sessions.length)
    const token = this.#person.sessions[session]?.token ?? ''
    const route = this.#random.pick(this.#kind.routes)
    const edge = this.#edgeFor(edges, route)
    const sent = this.#scene.doors[edge]?.send('GET', route.path, token).then((answer) => {
      const { status, sentAtMs, answeredAtMs } = answer
      this.observations.push({ session, edge, route, status, sentAtMs, answeredAtMs })
    })
    if (sent === undefined) return
    this.#pending.add(sent)
    sent.then(() => this.#pending.delete(sent))
  }

  async settled(): Promise<void> {
    await Promise.all(this.#pending)
  }
}
