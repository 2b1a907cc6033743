/**
 * The writing half of the registry: create and revoke, each change with its feed entry, head and event in
 * the same transaction. No locks: operations look at what the transaction itself saw and mend (design 5).
 * Every operation is safe to repeat after an unknown outcome. Must never hand out a token that is not live
 * at the primary, and never call a revocation done before the primary has it.
 */
import type { Command, Redis } from '../foundation/redis.ts'
import { err, ok, type Result } from '../vocabulary/result.ts'
import type { Session, SessionAddress, Subject } from '../vocabulary/session.ts'
import type { AuditEvent } from './event.ts'
import { sessionValue } from './record.ts'
import type {
  Cause,
  EstablishedSession,
  Revocation,
  SessionDraft,
  SessionView,
} from './registry-types.ts'
import { announcementOf, type Ending, ended, remove, revoke } from './revocation.ts'
import {
  familyOf,
  liveMembers,
  type Member,
  parseSnapshot,
  type SubjectSnapshot,
  seenKey,
  sessionsKey,
  snapshotCommands,
  spentDigests,
  subjectKey,
  viewAt,
  viewOf,
} from './subject-sessions.ts'
import { sidOf, slotOf, type TokenSealer } from './token.ts'

export class SessionRegistry {
  readonly #redis: Redis
  readonly #sealer: TokenSealer
  readonly #maxSessionsPerSubject: number

  constructor(redis: Redis, sealer: TokenSealer, maxSessionsPerSubject: number) {
    this.#redis = redis
    this.#sealer = sealer
    this.#maxSessionsPerSubject = maxSessionsPerSubject
  }

  /** Asks the primary; throws StoreUnavailable. */
  async ping(): Promise<void> {
    await this.#redis.readPrimary([])
  }

  /** The live session at an address as the primary has it, or null. */
  async read(address: SessionAddress, nowMs: number): Promise<SessionView | null> {
    return viewAt(await this.#snapshot(address.slot), address, nowMs)
  }

  /** The live sessions of a subject, oldest first. */
  async list(subject: string, nowMs: number): Promise<readonly SessionView[]> {
    const snapshot = await this.#snapshot(await slotOf(subject))
    const { subject: known } = snapshot
    return known ? liveMembers(snapshot, nowMs).map((member) => viewOf(member, known)) : []
  }

  /**
   * A new session. Permissions and claims, where given, replace the subject's for all its sessions.
   * Over the cap the oldest go. A subject disabled meanwhile gets nothing: what was written is undone.
   */
  async create(
    draft: SessionDraft,
    cause: Cause,
    nowMs: number,
  ): Promise<Result<EstablishedSession, 'subject_disabled'>> {
    const slot = await slotOf(draft.subject)
    const before = await this.#snapshot(slot)
    if (before.subject?.disabled) return err('subject_disabled')

    const { token, address } = await this.#sealer.seal(slot)
    const session: Session = {
      address,
      root: address.digest,
      createdAtMs: nowMs,
      issuedAtMs: nowMs,
      expiresAtMs: nowMs + draft.lifetimeMs,
      idleMs: draft.idleMs,
      authTimeMs: draft.authTimeMs,
      amr: draft.amr,
      acr: draft.acr,
      labels: draft.labels,
      device: draft.device,
    }
    const subject = subjectAfter(draft, before.subject, nowMs)
    const changed = before.subject !== null && subject !== before.subject
    const evicted = this.#overCap(before, nowMs, 1)
    const spent = spentDigests(before, nowMs)

    const [disabled, , , , fields] = await this.#redis.transaction([
      ['HGET', subjectKey(slot), 'disabled'],
      ['HSET', sessionsKey(slot), address.digest, sessionValue(session)],
      ['PEXPIREAT', sessionsKey(slot), session.expiresAtMs, 'NX'],
      ['PEXPIREAT', sessionsKey(slot), session.expiresAtMs, 'GT'],
      ['HLEN', sessionsKey(slot)],
      ...writeSubject(slot, draft, subject, before.subject),
      ...remove(slot, [...evicted.flatMap((member) => digestsOf(before, member)), ...spent]),
      ...announcementOf(
        {
          feed: [
            ...(changed ? [{ kind: 'subject', slot } as const] : []),
            ...evicted.map((member) => ended(slot, member)),
          ],
          events: [
            { type: 'session-established', slot, sid: sidOf(address) },
            ...(changed ? [{ type: 'token-claims-change', slot, sid: null } as const] : []),
            ...evicted.map((member) => revokedEvent(slot, member)),
          ],
          cause,
          transactionId: crypto.randomUUID(),
        },
        nowMs,
      ),
    ])

    if (disabled === '1') {
      await this.#undo(session, cause, nowMs)
      return err('subject_disabled')
    }
    if (Number(fields) - evicted.length - spent.length > this.#maxSessionsPerSubject) {
      await this.#evictOldest(slot, nowMs)
    }
    return ok({
      token,
      view: viewOf(
        { digest: address.digest, session, graceUntilMs: null, lastSeen: null },
        subject,
      ),
    })
  }

  /** Ends one session and every token that leads to it. Repeating it is true again, and counts 0. */
  revokeSession(address: SessionAddress, cause: Cause, nowMs: number): Promise<Revocation> {
    const { slot, digest } = address
    const ending: Ending = {
      slot,
      removal: remove(slot, [digest]),
      entry: { kind: 'session', slot, family: digest },
      event: { type: 'session-revoked', slot, sid: sidOf(address) },
      endsAlso: (snapshot) => familyOf(snapshot, digest),
      cause,
    }
    return revoke(this.#redis, ending, nowMs)
  }

  /** Ends every session of a subject: one atomic DEL. With `except`, every one but that session. */
  async revokeSubject(
    subject: string,
    except: SessionAddress | null,
    cause: Cause,
    nowMs: number,
  ): Promise<Revocation> {
    const slot = await slotOf(subject)
    const event: AuditEvent = { type: 'session-revoked', slot, sid: null }
    const ending: Ending =
      except?.slot === slot
        ? await this.#endOthers(slot, except, event, cause)
        : {
            slot,
            removal: [
              ['DEL', sessionsKey(slot)],
              ['DEL', seenKey(slot)],
            ],
            entry: { kind: 'sessions', slot, keep: null },
            event,
            endsAlso: ({ members }) => members,
            cause,
          }
    return revoke(this.#redis, ending, nowMs)
  }

  async #endOthers(
    slot: string,
    except: SessionAddress,
    event: AuditEvent,
    cause: Cause,
  ): Promise<Ending> {
    const before = await this.#snapshot(slot)
    const keep = familyOf(before, except.digest)[0]?.session.root ?? except.digest
    const others = ({ members }: SubjectSnapshot) =>
      members.filter(({ session }) => session.root !== keep)
    return {
      slot,
      removal: remove(
        slot,
        others(before).map(({ digest }) => digest),
      ),
      entry: { kind: 'sessions', slot, keep },
      event,
      endsAlso: others,
      cause,
    }
  }

  async #snapshot(slot: string): Promise<SubjectSnapshot> {
    const { replies } = await this.#redis.readPrimary(snapshotCommands(slot))
    return parseSnapshot(slot, replies)
  }

  #overCap(snapshot: SubjectSnapshot, nowMs: number, coming: number): readonly Member[] {
    const live = liveMembers(snapshot, nowMs)
    return live.slice(0, Math.max(0, live.length + coming - this.#maxSessionsPerSubject))
  }

  /** Two creates at once can each see room for one more; whoever notices evicts again. */
  async #evictOldest(slot: string, nowMs: number): Promise<void> {
    const snapshot = await this.#snapshot(slot)
    const cause: Cause = { initiator: 'policy', operator: null, reason: 'session_cap' }
    for (const { session } of this.#overCap(snapshot, nowMs, 0)) {
      await this.revokeSession(session.address, cause, nowMs)
    }
  }

  async #undo(session: Session, cause: Cause, nowMs: number): Promise<void> {
    const reason = 'subject_disabled'
    await this.revokeSession(session.address, { ...cause, initiator: 'policy', reason }, nowMs)
  }
}

const digestsOf = (snapshot: SubjectSnapshot, member: Member): string[] =>
  familyOf(snapshot, member.digest).map(({ digest }) => digest)

const revokedEvent = (slot: string, { session }: Member): AuditEvent => ({
  type: 'session-revoked',
  slot,
  sid: sidOf(session.address),
})

/** The subject as it is after a create; the very same object where nothing changes. */
function subjectAfter(draft: SessionDraft, before: Subject | null, nowMs: number): Subject {
  const known = before ?? {
    subject: draft.subject,
    permissions: [],
    claims: {},
    disabled: false,
    updatedAtMs: nowMs,
  }
  const permissions = draft.permissions ?? known.permissions
  const claims = draft.claims ?? known.claims
  const same =
    JSON.stringify([permissions, claims]) === JSON.stringify([known.permissions, known.claims])
  return same ? known : { ...known, permissions, claims, updatedAtMs: nowMs }
}

/** Fields of their own, so that two writers of different fields never undo each other. */
function writeSubject(
  slot: string,
  draft: SessionDraft,
  after: Subject,
  before: Subject | null,
): Command[] {
  const key = subjectKey(slot)
  const commands: Command[] = [
    ['HSETNX', key, 'subject', after.subject],
    ['HSETNX', key, 'updated_at', after.updatedAtMs],
  ]
  if (after === before) return commands
  if (draft.permissions)
    commands.push(['HSET', key, 'permissions', JSON.stringify(after.permissions)])
  if (draft.claims) commands.push(['HSET', key, 'claims', JSON.stringify(after.claims)])
  if (before) commands.push(['HSET', key, 'updated_at', after.updatedAtMs])
  return commands
}
