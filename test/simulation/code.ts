/**
 * The code under test, loaded from a tree of source files: src itself, or a copy of it with one mutation.
 * Must never mix modules of two trees: an error's class is known by its tree alone.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { StoreUnavailable } from '../../src/foundation/redis.ts'
import { Introspector } from '../../src/session/introspection.ts'
import { Lookout } from '../../src/session/lookout.ts'
import { SessionRegistry } from '../../src/session/registry.ts'
import { SubjectRegistry } from '../../src/session/subject-registry.ts'

export interface Code {
  readonly Introspector: typeof Introspector
  readonly Lookout: typeof Lookout
  readonly SessionRegistry: typeof SessionRegistry
  readonly SubjectRegistry: typeof SubjectRegistry
  readonly StoreUnavailable: typeof StoreUnavailable
}

/** src as it stands. */
export const REAL: Code = {
  Introspector,
  Lookout,
  SessionRegistry,
  SubjectRegistry,
  StoreUnavailable,
}

/** What stands at the door of a tree; one import, so that there is one instance of each module. */
export const DOOR = 'door.ts'
export const DOOR_TEXT = `export { Introspector } from './session/introspection.ts'
export { Lookout } from './session/lookout.ts'
export { SessionRegistry } from './session/registry.ts'
export { SubjectRegistry } from './session/subject-registry.ts'
export { StoreUnavailable } from './foundation/redis.ts'
`

export const loadCode = async (tree: string): Promise<Code> =>
  (await import(/* @vite-ignore */ pathToFileURL(join(tree, DOOR)).href)) as Code

// Names of slots are hashes, and Web Crypto answers from another thread, at no time that could be repeated.
crypto.subtle.digest = async (_algorithm, data) => {
  const bytes = ArrayBuffer.isView(data) ? data : new Uint8Array(data)
  return Uint8Array.from(
    createHash('sha256')
      .update(bytes as Uint8Array)
      .digest(),
  ).buffer
}
