/**
 * The code under test, loaded from a tree of source files: src itself, or a copy of it with one mutation.
 * Must never mix modules of two trees: an error's class is known by its tree alone.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { StoreUnavailable } from '../../src/foundation/redis.ts'
import { Introspector } from '../../src/session/introspection.ts'

export interface Code {
  readonly Introspector: typeof Introspector
  readonly StoreUnavailable: typeof StoreUnavailable
}

/** src as it stands. */
export const REAL: Code = { Introspector, StoreUnavailable }

/** What stands at the door of a tree; one import, so that there is one instance of each module. */
export const DOOR = 'door.ts'
export const DOOR_TEXT = `export { Introspector } from './session/introspection.ts'
export { StoreUnavailable } from './foundation/redis.ts'
`

export const loadCode = async (tree: string): Promise<Code> =>
  (await import(/* @vite-ignore */ pathToFileURL(join(tree, DOOR)).href)) as Code
