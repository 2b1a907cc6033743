/**
 * An admission or refusal of a token that was handed out, with all that is needed to judge it. Plain data.
 */
import type { Isolate } from './isolate.ts'
import type { Request } from './request.ts'
import type { Holder } from './roster.ts'
import type { World } from './world.ts'

export interface Decision {
  readonly world: World
  readonly request: Request
  readonly isolate: Isolate
  readonly holder: Holder
  /** The deciding isolate's clock. */
  readonly clockMs: number
}
