/**
 * The database in memory: a primary and a lagging copy per region, in this process.
 * A command runs whole within one turn of the event loop, so a transaction needs no lock.
 */
import {
  type Backend,
  discarded,
  type Region,
  type Reply,
  ReplyError,
  type Served,
  Unreachable,
  type Work,
} from '../backend.ts'
import { isRead } from '../routing.ts'
import { execute, refusal } from './commands.ts'
import { Copy } from './copy.ts'
import { Keyspace } from './keyspace.ts'

/** Copies nobody reads must not pile up changes, nor keep what has expired. */
const HOUSEKEEPING_MS = 1000

export class MemoryBackend implements Backend {
  readonly name = 'memory'
  readonly #regions: Region[]
  readonly #copies = new Map<string, Copy>()
  readonly #housekeeping: NodeJS.Timeout
  #primary: Copy
  #full = false

  constructor(regions: Region[]) {
    this.#regions = regions
    for (const { name, lagMs } of regions) this.#copies.set(name, new Copy(lagMs))
    this.#primary = this.#copy(this.#firstRegion())
    this.#housekeeping = setInterval(() => {
      for (const copy of this.#copies.values()) {
        copy.catchUp()
        copy.db.purge(copy.time)
      }
    }, HOUSEKEEPING_MS).unref()
  }

  #firstRegion(): string {
    const [first] = this.#regions
    if (first === undefined) throw new Error('a stand has at least one region')
    return first.name
  }

  #copy(region: string): Copy {
    const copy = this.#copies.get(region)
    if (copy === undefined) throw new Error(`no region named ${region}`)
    return copy
  }

  async run(work: Work): Promise<Served> {
    const own = this.#copy(work.region)
    const copy = work.readOnly && !own.down ? own : this.#primary
    if (copy.down) throw new Unreachable('the primary is down')
    copy.catchUp()
    const atPrimary = copy === this.#primary
    return {
      replies: this.#execute(copy, work, atPrimary),
      servedBy: atPrimary ? 'primary' : 'replica',
    }
  }

  #execute(copy: Copy, { commands, readOnly, atomic }: Work, atPrimary: boolean): Reply[] {
    const refusals = commands.map((command) => refusal(command, this.#full && atPrimary))
    const first = refusals.find((refused) => refused !== undefined)
    if (atomic && first !== undefined) throw discarded(first.message)
    // The clock of a change may stand still but not go back: copies apply changes by it.
    const now = readOnly ? Date.now() : Math.max(copy.time, Date.now())
    const replies = commands.map(
      (command, index) => refusals[index] ?? execute({ db: copy.db, now }, command),
    )
    if (!readOnly) {
      const done = commands.filter(
        (command, index) => !isRead(command) && !(replies[index] instanceof ReplyError),
      )
      copy.time = now
      if (done.length > 0) this.#send({ commands: done, now })
    }
    return replies
  }

  #send(change: { commands: string[][]; now: number }): void {
    for (const copy of this.#copies.values()) {
      if (copy !== this.#primary) copy.receive(change)
    }
  }

  async setLag(region: string, lagMs: number): Promise<void> {
    const copy = this.#copy(region)
    copy.catchUp()
    copy.lagMs = lagMs
  }

  async partition(region: string): Promise<void> {
    const copy = this.#copy(region)
    copy.catchUp()
    copy.partitioned = true
  }

  async heal(region: string): Promise<void> {
    this.#copy(region).partitioned = false
  }

  async failover(region: string): Promise<void> {
    const promoted = this.#copy(region)
    if (promoted === this.#primary) return
    if (promoted.down) throw new Error(`the copy of ${region} is down`)
    promoted.catchUp()
    promoted.loseWhatIsOnTheWay()
    this.#primary = promoted
    for (const copy of this.#copies.values()) if (copy !== promoted) this.#resynchronise(copy)
  }

  /** At once where the copy can be reached; else when it can be again. */
  #resynchronise(copy: Copy): void {
    copy.loseWhatIsOnTheWay()
    const { db, time } = this.#primary
    if (copy.partitioned || copy.down) {
      copy.receive({ snapshot: db.clone(), now: time })
      return
    }
    copy.db = db.clone()
    copy.time = time
  }

  async setFull(full: boolean): Promise<void> {
    this.#full = full
  }

  async killPrimary(): Promise<void> {
    this.#primary.down = true
  }

  async killReplica(region: string): Promise<void> {
    const copy = this.#copy(region)
    if (copy === this.#primary) throw new Error(`the copy of ${region} is the primary`)
    copy.down = true
  }

  async restartPrimary(): Promise<void> {
    for (const copy of this.#copies.values()) copy.down = false
  }

  async reset(): Promise<void> {
    this.#full = false
    this.#primary = this.#copy(this.#firstRegion())
    for (const { name, lagMs } of this.#regions) {
      const copy = this.#copy(name)
      copy.loseWhatIsOnTheWay()
      copy.db = new Keyspace()
      copy.lagMs = lagMs
      copy.partitioned = false
      copy.down = false
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#housekeeping)
  }
}
