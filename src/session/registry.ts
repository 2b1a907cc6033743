/**
 * The registry of sessions, as the control plane sees it: make, look at, rotate, end. Each change has its
 * feed entry, head and event in the same transaction; no locks (design 5). Every operation is safe to repeat
 * after an unknown outcome. Must never call a revocation done before the primary has it.
 */
import { StoreUnavailable } from '../foundation/redis.ts'
import type { Result } from '../vocabulary/result.ts'
import type { SessionAddress } from '../vocabulary/session.ts'
import {
  countNamed,
  type EpochName,
  type Named,
  raiseEpoch,
  revokeNamed,
} from './bulk-revocation.ts'
import { establish, type SessionWriter } from './establishment.ts'
import type {
  Cause,
  EstablishedSession,
  InspectedToken,
  Revocation,
  SessionDraft,
  SessionView,
} from './registry-types.ts'
import { revoke, revokeFamily } from './revocation.ts'
import { rotate } from './rotation.ts'
import type { Trail } from './sighting.ts'
import { parseTrail, trailFields } from './signs.ts'
import { endingOfAll, endingOfOthers } from './subject-ending.ts'
import {
  inspect,
  liveMembers,
  readSnapshot,
  type SubjectSnapshot,
  viewAt,
  viewOf,
} from './subject-sessions.ts'
import { sidOf, slotOf } from './token.ts'

/** A probe's mark goes by itself. */
const PROBE_LIFETIME_MS = 10_000

export class SessionRegistry {
  readonly #writer: SessionWriter

  constructor(writer: SessionWriter) {
    this.#writer = writer
  }

  /** Asks the primary; throws StoreUnavailable. */
  async ping(): Promise<void> {
    await this.#writer.redis.readPrimary([])
  }

  /**
   * Do reads that must reach the primary reach it? A mark is written and read back that way at once: a
   * copy that lags would not have it yet. false voids the guarantee (design 6). A full database can't be
   * marked, and is asked the plain way.
   */
  async readsReachPrimary(): Promise<boolean> {
    const { redis } = this.#writer
    const mark = crypto.randomUUID()
    // A key of its own, so that two probes at once don't read each other's mark.
    const key = `probe:${mark}`
    try {
      await redis.transaction([['SET', key, mark, 'PX', PROBE_LIFETIME_MS]])
    } catch (error) {
      if (!(error instanceof StoreUnavailable && error.trouble === 'full')) throw error
      await this.ping()
      return true
    }
    const { replies } = await redis.readPrimary([['GET', key]])
    return replies[0] === mark
  }

  /** The live session at an address as the primary has it, or null. */
  async read(address: SessionAddress, nowMs: number): Promise<SessionView | null> {
    return viewAt(await readSnapshot(this.#writer.redis, address.slot), address, nowMs)
  }

  /** The live sessions of a subject, oldest first. */
  async list(subject: string, nowMs: number): Promise<readonly SessionView[]> {
    const snapshot = await this.#snapshotOf(subject)
    const { subject: known } = snapshot
    return known ? liveMembers(snapshot, nowMs).map((member) => viewOf(member, known)) : []
  }

  /** All that is kept of a subject's sessions, those that are over and not yet swept away too. */
  async stored(subject: string): Promise<readonly SessionView[]> {
    const { subject: known, members } = await this.#snapshotOf(subject)
    return known
      ? members
          .filter(({ graceUntilMs }) => graceUntilMs === null)
          .map((member) => viewOf(member, known))
      : []
  }

  /** Where the sessions of a subject have been, of those that policies look at. */
  async trails(
    subject: string,
  ): Promise<readonly { readonly sid: string; readonly trail: Trail }[]> {
    const slot = await slotOf(subject)
    const { members, seen } = await readSnapshot(this.#writer.redis, slot)
    return members.flatMap(({ digest }) => {
      const [track, habits] = trailFields(digest).map((field) => seen?.get(field) ?? null)
      const trail = parseTrail(track, habits)
      return trail === null ? [] : [{ sid: sidOf({ slot, digest }), trail }]
    })
  }

  async #snapshotOf(subject: string): Promise<SubjectSnapshot> {
    return readSnapshot(this.#writer.redis, await slotOf(subject))
  }

  /** See establishment.ts. */
  create(
    draft: SessionDraft,
    cause: Cause,
    nowMs: number,
  ): Promise<Result<EstablishedSession, 'subject_disabled'>> {
    return establish(this.#writer, draft, cause, nowMs)
  }

  /** See rotation.ts. */
  rotate(
    address: SessionAddress,
    graceMs: number,
    cause: Cause,
    nowMs: number,
  ): Promise<Result<EstablishedSession, 'not_live'>> {
    return rotate(this.#writer, address, graceMs, cause, nowMs)
  }

  /**
   * The same for the session that this very token opens: an older token of it, in its grace, rotates
   * nothing, or two answers at once would hand out two tokens of which one dies. null: no token of ours.
   */
  async rotateToken(
    token: string,
    graceMs: number,
    cause: Cause,
    nowMs: number,
  ): Promise<Result<EstablishedSession, 'not_live'> | null> {
    const address = await this.#writer.sealer.open(token)
    return address && this.rotate(address, graceMs, cause, nowMs)
  }

  /** Ends one session and every token that leads to it. Repeating it is true again, and counts 0. */
  revokeSession(address: SessionAddress, cause: Cause, nowMs: number): Promise<Revocation> {
    return revokeFamily(this.#writer.redis, address, cause, nowMs)
  }

  /** Ends every session of a subject: one atomic DEL. With `except`, every one but that session. */
  async revokeSubject(
    subject: string,
    except: SessionAddress | null,
    cause: Cause,
    nowMs: number,
  ): Promise<Revocation> {
    const slot = await slotOf(subject)
    const { redis } = this.#writer
    const ending =
      except?.slot === slot ? await endingOfOthers(redis, except, cause) : endingOfAll(slot, cause)
    return revoke(redis, ending, nowMs)
  }

  /** What a token opens by the primary's word, with no trace of having asked; null: nothing. */
  async inspect(token: string, nowMs: number): Promise<InspectedToken | null> {
    const address = await this.#writer.sealer.open(token)
    return (
      address &&
      inspect(await readSnapshot(this.#writer.redis, address.slot), address.digest, nowMs)
    )
  }

  /** Ends the session a token leads to; null for what is no token of ours. */
  async revokeToken(token: string, cause: Cause, nowMs: number): Promise<Revocation | null> {
    const address = await this.#writer.sealer.open(token)
    return address && this.revokeSession(address, cause, nowMs)
  }

  /** See bulk-revocation.ts. */
  revokeNamed(named: Named, cause: Cause, nowMs: number): Promise<Revocation> {
    return revokeNamed(this.#writer.redis, named, cause, nowMs)
  }

  /** See bulk-revocation.ts. */
  countNamed(named: Named, nowMs: number): Promise<number> {
    return countNamed(this.#writer.redis, named, nowMs)
  }

  /** See bulk-revocation.ts. */
  raiseEpoch(name: EpochName, atMs: number, cause: Cause, nowMs: number): Promise<Revocation> {
    return raiseEpoch(this.#writer.redis, name, atMs, cause, nowMs)
  }
}
