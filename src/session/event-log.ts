/**
 * Reads the audit trail. It names a person by slot only; who that is, and where a sign was seen, is looked up under
 * the subject's own keys, so after an erasure nobody can tell any more. Must never show one change twice because its
 * transaction was repeated blindly after a lost answer (the transaction id tells).
 */
import { type Command, type Redis, type Reply, StoreUnavailable } from '../foundation/redis.ts'
import { EVENTS_KEY } from './event.ts'
import { pairsOf } from './record.ts'
import { sightingsKey, subjectKey } from './subject-sessions.ts'
import { slotOf } from './token.ts'

/** An event as it was written, with the name of its subject and its sightings where those are still known. */
export interface LoggedEvent {
  readonly id: string
  readonly atMs: number
  /** As event.ts wrote them: type, slot, sid, txn, initiator, operator, reason, epoch, issued_before, signals, from, to. */
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

/** Looked at in one read, where one subject is asked for or its sightings: bounds the reply, about 200 KB. */
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
    const { names, sightings } = await this.#lookUp(page)
    return {
      events: once(page).map((entry) => ({
        ...entry,
        fields: new Map([...(sightings.get(txnOf(entry)) ?? []), ...entry.fields]),
        subject: names.get(slotIn(entry)) ?? null,
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

  /** All that are kept of a subject's signs, oldest first; also where their event has gone from the trail. */
  async sightings(subject: string): Promise<readonly Sightings[]> {
    const key = sightingsKey(await slotOf(subject))
    const { replies } = await this.#redis.readPrimary([['XRANGE', key, '-', '+']])
    return entriesOf(replies[0])
  }

  /** By slot, who it is; by transaction, where a sign was seen. */
  async #lookUp(entries: readonly Entry[]) {
    const names = new Map<string, string>()
    const sightings = new Map<string, Entry['fields']>()
    const slots = distinct(entries)
    if (slots.length === 0) return { names, sightings }
    const signed = distinct(entries.filter(({ fields }) => fields.has('signals')))
    const { replies } = await this.#redis.readPrimary([
      ...slots.map((slot): Command => ['HGET', subjectKey(slot), 'subject']),
      ...signed.map(readSightings),
    ])
    for (const [at, slot] of slots.entries()) {
      const name = replies[at]
      if (typeof name === 'string') names.set(slot, name)
    }
    for (const entry of replies.slice(slots.length).flatMap(entriesOf)) {
      sightings.set(txnOf(entry), entry.fields)
    }
    return { names, sightings }
  }
}

type Entry = Omit<LoggedEvent, 'subject'>

/** The two sightings that an event's signs are about; fields as event.ts wrote them: txn, from, to. */
export type Sightings = Entry

/** The latest are what a page of events asks for; more than these in one retention are no person's. */
const readSightings = (slot: string): Command => [
  'XREVRANGE',
  sightingsKey(slot),
  '+',
  '-',
  'COUNT',
  SCAN,
]

const slotIn = ({ fields }: Entry): string => fields.get('slot') ?? ''
const txnOf = ({ fields }: Entry): string => fields.get('txn') ?? ''
const distinct = (entries: readonly Entry[]) => [...new Set(entries.map(slotIn))].filter(Boolean)

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
