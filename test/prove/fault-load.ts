/**
 * Steady traffic of four kinds, from people nothing happens to: what each answer was, when, and whom it was for.
 * Must never wait for an answer before it asks again: a door that hangs would look like one nobody knocks at.
 */
import { Door } from './door.ts'
import type { Person } from './kinds.ts'
import { sleep } from './pace.ts'
import type { Random } from './random.ts'
import type { Scene } from './scene.ts'

/** `hot` is known at every edge, `cold` never was at the edge it asks, `strong` asks on a strong route. */
export const GROUPS = ['anonymous', 'hot', 'cold', 'strong'] as const
export type Group = (typeof GROUPS)[number]

export interface Seen {
  readonly group: Group
  readonly edge: number
  readonly status: number
  readonly sentAtMs: number
  readonly answeredAtMs: number
  /** 200, and the origin was told of another person than the one who asked. */
  readonly foreign: boolean
}

/** Requests a second, over all edges. */
export type Rates = Readonly<Record<Group, number>>

const PATHS: Readonly<Record<Group, string>> = {
  anonymous: '/public/page',
  hot: '/page',
  cold: '/page',
  strong: '/strong/page',
}
const SUBJECT = /"session-subject",\s*"([^"]*)"/

/** Whom the origin was told of, by the page that shows what it saw; null: nobody. */
export const subjectIn = (page: string): string | null => SUBJECT.exec(page)?.[1] ?? null

/**
 * Strong and cold requests read at the primary, and so hear the feed for all their edge. The last edge (of three or
 * more) gets none: what it knows of revocations, it knows because hot requests made it listen.
 */
export const busyEdges = ({ doors }: Scene): number[] =>
  [...doors.keys()].slice(0, doors.length < 3 ? undefined : -1)

export class Load {
  readonly seen: Seen[] = []
  readonly #scene: Scene
  readonly #random: Random
  readonly #regulars: readonly Person[]
  readonly #strangers: { readonly person: Person; readonly edge: number }[]
  /** Of their own: a hung request must not hold up those who need no store. */
  readonly #sideDoors: readonly Door[]
  readonly #pending = new Set<Promise<void>>()
  #over = false
  #running: Promise<unknown> = Promise.resolve()

  constructor(scene: Scene, people: { regulars: Person[]; strangers: Person[] }, random: Random) {
    this.#scene = scene
    this.#random = random
    this.#regulars = people.regulars
    this.#sideDoors = scene.doors.map(({ url }) => new Door(url))
    const pairs = people.strangers.flatMap((person) =>
      busyEdges(scene).map((edge) => ({ person, edge })),
    )
    this.#strangers = random.shuffled(pairs)
  }

  start(rates: Rates): void {
    this.#running = Promise.all(GROUPS.map((group) => this.#flow(group, 1000 / rates[group])))
  }

  async stop(): Promise<void> {
    this.#over = true
    await this.#running
    await Promise.all(this.#pending)
    for (const door of this.#sideDoors) door.close()
  }

  async #flow(group: Group, gapMs: number): Promise<void> {
    let dueAtMs = performance.now()
    while (!this.#over) {
      this.#send(group)
      dueAtMs += gapMs * (0.5 + this.#random.next())
      await sleep(Math.max(0, dueAtMs - performance.now()))
    }
  }

  #send(group: Group): void {
    const edges = group === 'strong' ? busyEdges(this.#scene) : [...this.#scene.doors.keys()]
    const edge = this.#random.pick(edges)
    if (group === 'anonymous') this.#ask(group, this.#sideDoors[edge], edge, null)
    else if (group !== 'cold') {
      this.#ask(group, this.#scene.doors[edge], edge, this.#random.pick(this.#regulars))
    } else {
      const next = this.#strangers.pop()
      if (next) this.#ask(group, this.#scene.doors[next.edge], next.edge, next.person)
    }
  }

  #ask(group: Group, door: Door | undefined, edge: number, person: Person | null): void {
    const token = person?.sessions[0]?.token ?? null
    const asked = door?.send('GET', PATHS[group], token ?? '').then((answer) => {
      const { status, sentAtMs, answeredAtMs, body } = answer
      const foreign = status === 200 && subjectIn(body) !== (person?.subject ?? null)
      this.seen.push({ group, edge, status, sentAtMs, answeredAtMs, foreign })
    })
    if (asked === undefined) return
    this.#pending.add(asked)
    asked.then(() => this.#pending.delete(asked))
  }
}
