/**
 * Reads the audit trail. It names a person by slot only; who that is, is looked up in the subject's record, so
 * after an erasure nobody can tell any more. Must never show one change twice because its transaction was
 * repeated blindly after a lost answer (the transaction id tells).
 */
import { type Redis, type Reply, StoreUnavailable } from '../foundation/redis.ts'
import { EVENTS_KEY } from './event.ts'
import { pairsOf } from './record.ts'
import { subjectKey } from './subject-sessions.ts'
import { slotOf } from './token.ts'

/** An event as it was written, with the name of its subject where that is still known. */
export interface LoggedEvent {
  readonly id: string
  readonly atMs: number
  /** As event.ts wrote them: type, slot, sid, txn, initiator, operator, reason, epoch, issued_before. */
  readonly fields: ReadonlyMap<string, string>
  readonly subject: string | null
}

export interface EventPage {
  readonly events: readonly LoggedEvent[]
  /** The id of the last event looked at; null: there was none. */
  readonly last: string | null
  /** There are no more yet. */
  readonly isEnd: boolean
}

export interface EventQuery {
  /** An event's id; null: from the oldest. */
  readonly after: string | null
  /** At most so many events. */
  readonly limit: number
  /** Only about this subject. */
  readonly subject: string | null
}

/** Looked at in one read where one subject is asked for: bounds the reply, about 200 KB. */
const SCAN = 1000

export class EventLog {
  readonly #redis: Redis

  constructor(redis: Redis) {
    this.#redis = redis
  }

  /** Oldest first. A page may hold fewer than `limit`, or none, and still not be the end. */
  async read({ after, limit, subject }: EventQuery): Promise<EventPage> {
    const slot = subject === null ? null : await slotOf(subject)
    const count = slot === null ? limit : SCAN
    const { replies } = await this.#redis.readPrimary([
      ['XRANGE', EVENTS_KEY, after === null ? '-' : `(${after}`, '+', 'COUNT', count],
    ])
    const looked = entriesOf(replies[0])
    const found = looked.filter(({ fields }) => slot === null || fields.get('slot') === slot)
    const page = found.slice(0, limit)
    const last = page.length < found.length ? page.at(-1) : looked.at(-1)
    const names = await this.#namesOf(page)
    return {
      events: once(page).map((entry) => ({
        ...entry,
        subject: names.get(entry.fields.get('slot') ?? '') ?? null,
      })),
      last: last?.id ?? null,
      isEnd: looked.length < count && page.length === found.length,
    }
  }

  /** The id of the latest event; what comes after it is news. */
  async latestId(): Promise<string> {
    const { replies } = await this.#redis.readPrimary([
      ['XREVRANGE', EVENTS_KEY, '+', '-', 'COUNT', 1],
    ])
    return entriesOf(replies[0])[0]?.id ?? '0-0'
  }

  async #namesOf(entries: readonly Entry[]): Promise<ReadonlyMap<string, string>> {
    const slots = [...new Set(entries.map(({ fields }) => fields.get('slot') ?? ''))].filter(
      Boolean,
    )
    if (slots.length === 0) return new Map()
    const { replies } = await this.#redis.readPrimary(
      slots.map((slot) => ['HGET', subjectKey(slot), 'subject']),
    )
    const names = new Map<string, string>()
    for (const [at, slot] of slots.entries()) {
      const name = replies[at]
      if (typeof name === 'string') names.set(slot, name)
    }
    return names
  }
}

type Entry = Omit<LoggedEvent, 'subject'>

function entriesOf(reply: Reply | undefined): Entry[] {
  if (!Array.isArray(reply)) throw new StoreUnavailable('garbage')
  return reply.map((item: Reply) => {
    if (!Array.isArray(item) || typeof item[0] !== 'string') throw new StoreUnavailable('garbage')
    return { id: item[0], atMs: Number.parseInt(item[0], 10), fields: pairsOf(item[1]) }
  })
}

/** Of events that say the same of the same operation, the first. */
function once(entries: readonly Entry[]): Entry[] {
  const seen = new Set<string>()
  return entries.filter(({ fields }) => {
    const said = ['txn', 'type', 'slot', 'sid', 'epoch'].map((name) => fields.get(name)).join(' ')
    return !seen.has(said) && seen.add(said)
  })
}
