/**
 * What the stand needs of a database: one primary, one copy per region, and the ways in which they
 * can be made to fail. Both backends (memory, real Redis) answer to this, so the HTTP side never
 * knows which one it talks to.
 */

/** A reply of Redis. An error inside a transaction is a value, not an exception. */
export type Reply = string | number | null | ReplyError | Reply[]

/** An error reply of Redis; `message` is its full text, such as `ERR syntax error`. */
export class ReplyError extends Error {
  override name = 'ReplyError'
}

/** The copy that should have served cannot be reached: the HTTP side drops the connection. */
export class Unreachable extends Error {
  override name = 'Unreachable'
}

export type ServedBy = 'primary' | 'replica'

export interface Work {
  region: string
  commands: string[][]
  /** Every command only reads, so the region's own copy may serve them. */
  readOnly: boolean
  /** All or nothing, with no other command in between. */
  atomic: boolean
}

export interface Served {
  /** One reply per command, in order. */
  replies: Reply[]
  servedBy: ServedBy
}

export interface Backend {
  readonly name: 'memory' | 'redis'
  /**
   * Runs the commands in order. A transaction that could not be queued rejects with a `ReplyError`
   * and has changed nothing.
   */
  run(work: Work): Promise<Served>
  /** How long after the primary a region's copy applies a write. Affects writes under way, too. */
  setLag(region: string, lagMs: number): Promise<void>
  /** The region's copy hears nothing of the primary until `heal`; it goes on answering reads. */
  partition(region: string): Promise<void>
  heal(region: string): Promise<void>
  /** The region's copy becomes the primary. Writes it had not applied are lost everywhere. */
  failover(region: string): Promise<void>
  /** While on, commands that need memory are refused; reads and deletes pass. */
  setFull(full: boolean): Promise<void>
  killPrimary(): Promise<void>
  /** The copy of a region that is not the primary's; its reads go to the primary. */
  killReplica(region: string): Promise<void>
  /** Brings every killed copy back with its data, as a replica if another was promoted meanwhile. */
  restartPrimary(): Promise<void>
  /** The state of the start: no data, no fault, first lags, first region primary. */
  reset(): Promise<void>
  stop(): Promise<void>
}

export interface Region {
  name: string
  lagMs: number
}

/** Upstash's text when the plan's storage is used up. Reads and deletes are not affected. */
export const DATABASE_FULL = 'ERR DB capacity quota exceeded'

/** Redis names the cause only where EXEC itself is refused; here the first cause is always named. */
export const discarded = (cause: string): ReplyError =>
  new ReplyError(`EXECABORT Transaction discarded because of: ${cause}`)

export const unknownCommand = ([name = '', ...args]: string[]): ReplyError =>
  new ReplyError(
    `ERR unknown command '${name}', with args beginning with: ${args.map((arg) => `'${arg}' `).join('')}`,
  )
