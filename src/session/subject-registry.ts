/**
 * The records of subjects: permissions, claims, disabled. A change is one transaction with its feed entry and
 * event, so that every session of the subject lives by it within the bound. Each property is a field of its
 * own, so two writers of different ones never undo each other. Must never grant by a change that was refused.
 */
import type { Command, Redis } from '../foundation/redis.ts'
import type { Subject } from '../vocabulary/session.ts'
import { announcementOf, carryOut } from './change.ts'
import type { AuditEvent } from './event.ts'
import { pairsOf, parseSubject } from './record.ts'
import type { Cause, Revocation, SubjectChange } from './registry-types.ts'
import { revoke } from './revocation.ts'
import { endingByDisabling, endingByErasure } from './subject-ending.ts'
import { subjectKey } from './subject-sessions.ts'
import { slotOf } from './token.ts'

/** The record as it is now. `announced` as in Revocation: false = the database is full, nothing is written. */
export interface SubjectWritten {
  readonly subject: Subject
  readonly announced: boolean
}

export class SubjectRegistry {
  readonly #redis: Redis

  constructor(redis: Redis) {
    this.#redis = redis
  }

  /** The record at the primary; null for a subject nobody has told us of. */
  async read(subject: string): Promise<Subject | null> {
    return this.#readSlot(await slotOf(subject))
  }

  /** Creates the record, or replaces all of it. */
  async put(
    subject: string,
    record: Pick<Subject, 'permissions' | 'claims' | 'disabled'>,
    cause: Cause,
    nowMs: number,
  ): Promise<SubjectWritten> {
    const slot = await slotOf(subject)
    const before = await this.#readSlot(slot)
    const { announced } = await this.#write(slot, before, subject, record, cause, nowMs)
    return { subject: { subject, ...record, updatedAtMs: nowMs }, announced }
  }

  /** Changes what is said of a known subject; null for an unknown one, and then nothing has changed. */
  async patch(
    subject: string,
    change: SubjectChange,
    cause: Cause,
    nowMs: number,
  ): Promise<SubjectWritten | null> {
    const slot = await slotOf(subject)
    const before = await this.#readSlot(slot)
    if (before === null) return null
    const { found, announced } = await this.#write(slot, before, null, change, cause, nowMs)
    if (found === null) {
      await this.#takeBack(slot, change, cause, nowMs)
      return null
    }
    return { subject: { ...found, ...present(change), updatedAtMs: nowMs }, announced }
  }

  /** Forgets the person: sessions, record, last-seen, sightings. Repeating it is true again. */
  async erase(subject: string, cause: Cause, nowMs: number): Promise<Revocation> {
    return revoke(this.#redis, endingByErasure(await slotOf(subject), cause), nowMs)
  }

  async #write(
    slot: string,
    before: Subject | null,
    name: string | null,
    change: SubjectChange,
    cause: Cause,
    nowMs: number,
  ): Promise<{ readonly found: Subject | null; readonly announced: boolean }> {
    const fields = Object.entries(fieldsOf(change))
    const key = subjectKey(slot)
    const write: Command = ['HSET', key, ...fields.flat(), 'updated_at', nowMs]
    const writes = [...(name === null ? [] : [['HSET', key, 'subject', name] as const]), write]
    const changed: AuditEvent[] =
      change.permissions || change.claims ? [{ type: 'token-claims-change', slot, sid: null }] : []
    if (change.disabled) {
      const ending = endingByDisabling(slot, writes, changed, cause)
      const { subjectBefore, announced } = await revoke(this.#redis, ending, nowMs)
      return { found: subjectBefore, announced }
    }
    if (before?.disabled && change.disabled === false) {
      changed.push({ type: 'subject-enabled', slot, sid: null })
    }
    const [found] = await this.#redis.transaction([
      ['HGETALL', key],
      ...writes,
      ...announcementOf(
        {
          feed: [{ kind: 'subject', slot }],
          events: changed,
          cause,
          transactionId: crypto.randomUUID(),
        },
        nowMs,
      ),
    ])
    return { found: parseSubject(found), announced: true }
  }

  /**
   * The record was erased between the look and the write: what was written goes again, or it would grant
   * something to whoever has that name next. If somebody made the record anew meanwhile, `updated_at` tells
   * theirs from ours: a PUT wrote every field, a create only those that were not there. Announced, for an edge may
   * have read ours with a session made meanwhile.
   */
  async #takeBack(slot: string, change: SubjectChange, cause: Cause, nowMs: number): Promise<void> {
    const key = subjectKey(slot)
    const { replies } = await this.#redis.readPrimary([['HGETALL', key]])
    const found = pairsOf(replies[0])
    const isOurs = found.get('updated_at') === String(nowMs)
    if (found.has('subject') && !isOurs) return
    const removal: Command[] = found.has('subject')
      ? [['HDEL', key, ...Object.keys(fieldsOf(change))]]
      : [['DEL', key]]
    const feed = [{ kind: 'subject', slot } as const]
    const transactionId = crypto.randomUUID()
    const taken = { feed, events: [], cause, transactionId }
    await carryOut(this.#redis, [{ slot, removal, writes: [] }], taken, nowMs)
  }

  async #readSlot(slot: string): Promise<Subject | null> {
    const { replies } = await this.#redis.readPrimary([['HGETALL', subjectKey(slot)]])
    return parseSubject(replies[0])
  }
}

/** The fields of the hash that a change writes. */
const fieldsOf = ({ permissions, claims, disabled }: SubjectChange): Record<string, string> => ({
  ...(permissions && { permissions: JSON.stringify(permissions) }),
  ...(claims && { claims: JSON.stringify(claims) }),
  ...(disabled !== undefined && { disabled: disabled ? '1' : '0' }),
})

const present = ({ permissions, claims, disabled }: SubjectChange) => ({
  ...(permissions && { permissions }),
  ...(claims && { claims }),
  ...(disabled !== undefined && { disabled }),
})
