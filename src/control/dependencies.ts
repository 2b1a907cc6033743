/**
 * What the control plane is given from outside: configuration, the registry, a clock, a log.
 * Pure types. Must never grow a way to reach Redis or a visitor's request.
 */
import type { Log } from '../foundation/log.ts'
import type { EventLog } from '../session/event-log.ts'
import type { SessionRegistry } from '../session/registry.ts'
import type { SubjectRegistry } from '../session/subject-registry.ts'
import type { Config } from '../vocabulary/config.ts'

/** The part of the registry that operators reach; every method may throw StoreUnavailable. */
export type ControlRegistry = Pick<
  SessionRegistry,
  | 'create'
  | 'rotate'
  | 'read'
  | 'list'
  | 'stored'
  | 'trails'
  | 'revokeSession'
  | 'revokeSubject'
  | 'revokeNamed'
  | 'countNamed'
  | 'raiseEpoch'
  | 'inspect'
  | 'revokeToken'
  | 'ping'
  | 'readsReachPrimary'
>

export interface ControlDependencies {
  readonly config: Config
  readonly registry: ControlRegistry
  readonly subjects: Pick<SubjectRegistry, 'read' | 'put' | 'patch' | 'erase'>
  readonly events: Pick<EventLog, 'read' | 'latestId' | 'sightings'>
  /** Denials since this isolate began, by `code/reason`. */
  denials(): Readonly<Record<string, number>>
  /** How long ago this isolate heard the feed; null if it has not yet. */
  feedAgeMs(): number | null
  /** Milliseconds since the epoch. */
  now(): number
  readonly log: Log
}
