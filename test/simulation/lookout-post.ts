/**
 * The real Lookout of one isolate over a simulated network, asked as request-life.ts asks it: after the
 * Introspector has said alive, and before the request goes on. Must never decide anything itself.
 */
import type { Active } from '../../src/session/introspection.ts'
import type { Concern, Lookout } from '../../src/session/lookout.ts'
import type { Statement } from '../../src/session/statement.ts'
import { TRAVEL_LIMITS } from '../../src/vocabulary/signal.ts'
import type { Code } from './code.ts'
import { acknowledge } from './operate.ts'
import type { Request } from './request.ts'
import { SightingLink } from './sighting-link.ts'
import type { Answer, Look, Visit } from './sightings.ts'
import type { World } from './world.ts'

type Parts = ConstructorParameters<typeof Lookout>[0]

export class LookoutPost {
  readonly #world: World
  readonly #code: Code
  readonly #isolate: string
  readonly #link: SightingLink
  readonly #lookout: Lookout
  readonly #answered: (look: Look) => void

  constructor(
    world: World,
    edge: number,
    code: Code,
    isolate: string,
    remember: Parts['remember'],
    answered: (look: Look) => void,
  ) {
    this.#world = world
    this.#code = code
    this.#isolate = isolate
    this.#answered = answered
    this.#link = new SightingLink(world, edge, code)
    this.#lookout = new code.Lookout({
      redis: this.#link as unknown as Parts['redis'],
      limits: TRAVEL_LIMITS,
      watched: world.conditions.watch?.watched ?? new Set(),
      eventRetentionMs: 1e10,
      enforces: true,
      now: () => world.clockOf(edge),
      remember,
    })
  }

  /** What a touch of that visit writes along. */
  along(known: Statement, { sighting }: Visit): readonly string[] {
    return this.#lookout.presence(known, sighting)
  }

  look(request: Request, visit: Visit, { live, basis }: Active): void {
    const { nowMs, pump } = this.#world
    const look: Look = {
      request,
      visit,
      isolate: this.#isolate,
      digest: live.session.address.digest,
      operation: { name: `${request.name}'s look`, ackedAtMs: Number.POSITIVE_INFINITY },
      startedMs: nowMs,
      swaps: [],
      told: null,
      hasSentSwap: false,
      isTroubled: false,
      answer: 'pending',
      answeredMs: Number.POSITIVE_INFINITY,
    }
    visit.family.looks.push(look)
    this.#link.actor = look
    const sighting = () => visit.sighting
    const place = () => ({ ip: null, country: null, city: null })
    const presented = { token: request.token, live, basis, sighting, place }
    pump.enter()
    const said = this.#attempt(look, () => this.#lookout.look(presented, visit.policy))
    if (said instanceof Promise) this.#world.watch(said)
    else pump.leave()
  }

  /** Hot: concluded at once, without a promise. */
  #attempt(look: Look, ask: () => Concern | null | Promise<Concern | null>): Promise<void> | null {
    try {
      const said = ask()
      if (said instanceof Promise) {
        return said
          .then((concern) => this.#conclude(look, concern?.kind ?? 'admitted'))
          .catch((error) => this.#fail(look, error))
          .finally(() => this.#world.pump.leave())
      }
      this.#conclude(look, said?.kind ?? 'admitted')
    } catch (error) {
      this.#fail(look, error)
    }
    return null
  }

  #fail(look: Look, error: unknown): void {
    if (!(error instanceof this.#code.StoreUnavailable)) throw error
    this.#conclude(look, 'trouble')
  }

  #conclude(look: Look, answer: Answer): void {
    look.answer = answer
    look.answeredMs = this.#world.nowMs
    if (answer !== 'trouble' && look.told !== null) acknowledge(this.#world, look.operation)
    this.#answered(look)
  }
}
