/**
 * One isolate: the real Introspector over a simulated network, and, beside it and without its help, what it
 * must have heard and read by now. Must never look into the code under test.
 */
import type { Command } from '../../src/foundation/redis.ts'
import type { Introspection, Introspector } from '../../src/session/introspection.ts'
import type { Statement } from '../../src/session/statement.ts'
import type { Code } from './code.ts'
import { Link, type Read } from './link.ts'
import { LookoutPost } from './lookout-post.ts'
import type { Outcome, Request } from './request.ts'
import type { Look } from './sightings.ts'
import type { StreamItem } from './store.ts'
import type { World } from './world.ts'

/** Where an isolate says what it decided. */
export interface Conclude {
  /** Is the session alive? */
  readonly decided: (request: Request, isolate: Isolate, outcome: Outcome) => void
  /** And may its request go on, by where it comes from? */
  readonly answered: (look: Look, isolate: Isolate) => void
}

export class Isolate {
  readonly name: string
  readonly edge: number
  /** Entries this isolate was told, since it last had to start anew. */
  readonly heard = new Set<StreamItem>()
  /** Epochs are never unlearned. */
  readonly epochs = new Map<string, number>()
  /** Its reads of sessions, as they were delivered. */
  readonly reads: Read[] = []
  /** Its reads of the feed. */
  readonly feeds: Read[] = []
  generation = 0
  readonly #world: World
  readonly #code: Code
  readonly #conclude: Conclude
  readonly #link: Link
  readonly #introspector: Introspector
  readonly #post: LookoutPost

  constructor(name: string, world: World, edge: number, code: Code, conclude: Conclude) {
    this.name = name
    this.edge = edge
    this.#world = world
    this.#code = code
    this.#conclude = conclude
    this.#link = new Link(world, edge, code, this)
    const { boundMs, graceMs, deadlineMs, rereadAfterMs, ...sizes } = world.conditions
    const addresses = { open: async (token: string) => this.#open(token) }
    this.#introspector = new code.Introspector(
      this.#link as unknown as ConstructorParameters<typeof Introspector>[0],
      addresses as unknown as ConstructorParameters<typeof Introspector>[1],
      {
        maxStalenessMs: boundMs,
        outageGraceMs: graceMs,
        // No stream is open in a simulation.
        rideOutMs: 0,
        deadlineMs,
        rereadAfterMs,
        memory: { maxEntries: sizes.maxEntries, maxBytes: 1 << 24 },
        news: { maxItems: sizes.maxItems, maxAgeMs: sizes.newsAgeMs },
      },
      ({ code: said }) => this.#logged(said),
      () => world.clockOf(edge),
    )
    this.#post = new LookoutPost(
      world,
      edge,
      code,
      name,
      (...known) => this.#introspector.remember(...known),
      (look) => conclude.answered(look, this),
    )
  }

  ask(request: Request): void {
    this.#link.actor = request
    const { visit } = request
    const caller = {
      place: PLACE,
      waitUntil: () => {},
      ...(visit && { along: (known: Statement) => this.#post.along(known, visit) }),
    }
    const done = (said: Introspection) => {
      this.#conclude.decided(request, this, outcomeOf(said))
      if (said.active && visit !== null) this.#post.look(request, visit, said)
      this.#world.pump.reached()
    }
    const failed = (error: unknown) => {
      if (!(error instanceof this.#code.StoreUnavailable)) throw error
      this.#conclude.decided(request, this, { kind: 'trouble' })
      this.#world.pump.reached()
    }
    try {
      const said = this.#introspector.introspect(request.token, request.consistency, caller)
      if (said instanceof Promise) {
        said.then(done, failed)
        this.#world.pump.stir()
      } else done(said)
    } catch (error) {
      failed(error)
    }
  }

  /** Called as a reply arrives, just before the code under test sees it. */
  delivered(read: Read, commands: readonly Command[]): void {
    const { request, digest, startedMs, source, position } = read
    this.#world.note(() => {
      const what = digest === null ? 'feed' : 'session'
      return `${request.name} ${source} ${what} read from ${startedMs} shows #${position}`
    })
    if (digest !== null) {
      this.reads.push(read)
      request.longestReadMs = Math.max(request.longestReadMs, this.#world.nowMs - startedMs)
    }
    if (commands.some(([, key]) => key === 'feed')) this.feeds.push(read)
    for (const [name, key, from] of commands) {
      if (key === 'epochs') this.#learnEpochs(position)
      if (name === 'XRANGE' && read.generation === this.generation) {
        this.#hear(Number.parseInt(String(from), 10), position)
      }
    }
  }

  #hear(from: number, position: number): void {
    const { store, conditions } = this.#world
    const items = store.streamAt(position).filter(({ key }) => key >= from)
    for (const item of items.slice(0, conditions.feedCount)) {
      const { entry } = item
      // The first one marks the place: it is as old as what was read as a new isolate.
      if (item.key > from) this.heard.add(item)
      if (entry.kind === 'epoch') {
        this.epochs.set(entry.name, Math.max(this.epochs.get(entry.name) ?? 0, entry.atMs))
      }
    }
  }

  #learnEpochs(position: number): void {
    for (const [name, epoch] of this.#world.store.epochs) {
      // A failover while the reply was in the making may have taken it back.
      const atMs = Math.min(epoch.at(position) ?? 0, epoch.latest ?? 0)
      this.epochs.set(name, Math.max(this.epochs.get(name) ?? 0, atMs))
    }
  }

  #logged(said: string): void {
    const request = this.#link.actor
    if (said === 'outage_grace' && request) request.graceUsed = true
    if (said === 'feed_not_whole') {
      this.#world.note(() => `${this.name} starts anew`)
      this.generation++
      this.heard.clear()
    }
  }

  #open(token: string): Request['address'] | null {
    return this.#link.actor?.token === token ? this.#link.actor.address : null
  }
}

const PLACE = { ip: null, country: null, city: null }

const outcomeOf = (said: Introspection): Outcome =>
  said.active ? { kind: 'alive', live: said.live } : { kind: 'dead', reason: said.reason }
