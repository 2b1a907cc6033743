/**
 * One copy of the memory database and the changes on their way to it. A change is the command
 * itself with the primary's clock: run again at that time it gives the same expiry and the same
 * stream id. Must never apply a change early, out of order, or while partitioned.
 */
import { execute } from './commands.ts'
import { Keyspace } from './keyspace.ts'

export type Change =
  /** Writes of one transaction, as the primary ran them at `now`. */
  | { commands: string[][]; now: number }
  /** Everything anew: a copy that follows another primary than before. */
  | { snapshot: Keyspace; now: number }

export class Copy {
  db = new Keyspace()
  lagMs: number
  partitioned = false
  down = false
  /** Unix milliseconds of the last change applied; no later change is older. */
  time = 0
  #onTheWay: { change: Change; sentAt: number }[] = []

  constructor(lagMs: number) {
    this.lagMs = lagMs
  }

  receive(change: Change): void {
    this.#onTheWay.push({ change, sentAt: performance.now() })
  }

  loseWhatIsOnTheWay(): void {
    this.#onTheWay = []
  }

  /** Applies all that has arrived by now. Called before every read, so the lag is exact. */
  catchUp(): void {
    if (this.partitioned || this.down) return
    const arrived = performance.now() - this.lagMs
    let count = 0
    for (const { change, sentAt } of this.#onTheWay) {
      if (sentAt > arrived) break
      this.#apply(change)
      count += 1
    }
    if (count > 0) this.#onTheWay.splice(0, count)
  }

  #apply(change: Change): void {
    this.time = change.now
    if ('snapshot' in change) {
      this.db = change.snapshot
      return
    }
    for (const command of change.commands) execute({ db: this.db, now: change.now }, command)
  }
}
