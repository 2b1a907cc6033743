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

export async function loadCode(tree: string): Promise<Code> {
  const load = (file: string): Promise<unknown> =>
    import(/* @vite-ignore */ pathToFileURL(join(tree, file)).href)
  const [introspection, redis] = await Promise.all([
    load('session/introspection.ts'),
    load('foundation/redis.ts'),
  ])
  return { ...(introspection as Code), ...(redis as Code) }
}
