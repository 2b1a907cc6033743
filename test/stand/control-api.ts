/**
 * What can be done to a running stand and asked of it, in this process (`stand.control`) or over
 * HTTP (`standControl(url)`): the same interface. No import here, so that it loads in workerd, too.
 */

interface Firing {
  /** The answer comes this late. The command has run on arrival: a late answer holds old data. */
  delayMs?: number
  /** Applies to this many requests, then is gone. Without it: until cleared. */
  times?: number
  /** Applies to a request with this probability, 0 to 1; drawn from `seed`, so runs repeat. */
  probability?: number
  seed?: number
}

type Effect =
  | { delayMs: number }
  /** Never answers, and runs nothing. */
  | { hang: true }
  /** The connection is reset before anything runs. */
  | { reset: true }
  /** The command runs, then the connection is reset: the caller cannot know the outcome. */
  | { resetAfter: true }
  /** The command runs; headers and half the body arrive, then the connection is reset. */
  | { halfAnswer: true }
  /** Nothing runs; this comes back instead. `body` is an error of Redis unless given. */
  | { status: number; body?: string; contentType?: string }
  /** Nothing runs; status 200 with a body that is no JSON, or JSON of another shape. */
  | { garbage: 'text' | 'shape' }
  /** Nothing runs; 401, as after the token was rotated. */
  | { unauthorized: true }

export type Fault = Firing & Effect

export interface Counts {
  /** Requests that reached the region, whatever became of them. */
  httpRequests: number
  /** Commands that ran or were refused by the database. */
  commands: number
}

export interface Stats extends Counts {
  byRegion: Record<string, Counts>
}

export interface SeenCommand {
  region: string
  servedBy: 'primary' | 'replica'
  /** Part of a `/multi-exec`. */
  multi: boolean
  command: string[]
}

export interface StandControl {
  /** Faults of a region (`*`: of all) apply in the order they were set; the first effect wins. */
  fault(region: string, fault: Fault): Promise<void>
  clearFaults(): Promise<void>
  setLag(region: string, lagMs: number): Promise<void>
  partition(region: string): Promise<void>
  heal(region: string): Promise<void>
  /** Makes the region's copy the primary; writes it had not applied are lost everywhere. */
  failover(region: string): Promise<void>
  fullDatabase(on: boolean): Promise<void>
  killPrimary(): Promise<void>
  /** Reads of the region are served by the primary until `restartPrimary` brings all back. */
  killReplica(region: string): Promise<void>
  restartPrimary(): Promise<void>
  /** Back to the start: no data on any copy, no fault, first lags, first primary, counters at 0. */
  flush(): Promise<void>
  stats(): Promise<Stats>
  resetStats(): Promise<void>
  /** The last commands, oldest first; 2000 at most are kept. */
  commands(last?: number): Promise<SeenCommand[]>
}
