/**
 * The reads an edge makes, as commands and as what they mean: a token's session from either source, and the
 * feed from the primary. One round trip each. Must never mix parts that were read at different times into
 * one statement.
 */
import { type Command, type Redis, type Reply, StoreUnavailable } from '../foundation/redis.ts'
import type { SessionAddress } from '../vocabulary/session.ts'
import { FEED_KEY, parseFeed } from './feed-entry.ts'
import type { FeedReply, Since } from './news.ts'
import { parseEpochs, parseSeen, parseSession, parseSubject, type StoredSession } from './record.ts'
import { parseSigns, signFields } from './signs.ts'
import { type Source, type Statement, statement } from './statement.ts'
import {
  holdField,
  pointerField,
  READ_EPOCHS,
  seenKey,
  sessionsKey,
  subjectKey,
} from './subject-sessions.ts'

/** More news than this in one read: start anew rather than page. */
const MAX_FEED_ENTRIES = 1000

const SESSION_COMMANDS = 3

/** The session behind an address from the nearest region; with the epochs for an isolate that has none. */
export async function readNearest(
  redis: Redis,
  address: SessionAddress,
  withEpochs: boolean,
  askedAtMs: number,
  deadlineMs?: number,
): Promise<{ readonly own: Statement; readonly epochs: ReadonlyMap<string, number> | null }> {
  const commands = [...sessionCommands(address), ...(withEpochs ? [READ_EPOCHS] : [])]
  const { head, replies } = await redis.readNearest(commands, deadlineMs)
  return {
    own: statementOf(address, replies, head, askedAtMs, 'nearest'),
    epochs: withEpochs ? parseEpochs(replies[SESSION_COMMANDS]) : null,
  }
}

/** One atomic snapshot of the primary: the feed since it was last heard, and the session if one is asked for. */
export async function readPrimary(
  redis: Redis,
  address: SessionAddress | null,
  since: Since | null,
  askedAtMs: number,
  deadlineMs?: number,
): Promise<{ readonly own: Statement | null; readonly feed: FeedReply }> {
  const feedPart = feedCommands(since)
  const commands = [...feedPart, ...(address ? sessionCommands(address) : [])]
  const { head, replies } = await redis.readPrimary(commands, deadlineMs)
  const own = address
    ? statementOf(address, replies.slice(feedPart.length), head, askedAtMs, 'primary')
    : null
  const entries = parseFeed(replies[0])
  const epochs = since === null ? parseEpochs(replies[1]) : null
  return { own, feed: { since, askedAtMs, head, entries, epochs } }
}

const feedCommands = (since: Since | null): Command[] =>
  since === null
    ? [['XREVRANGE', FEED_KEY, '+', '-', 'COUNT', 1], READ_EPOCHS]
    : [['XRANGE', FEED_KEY, since.id, '+', 'COUNT', MAX_FEED_ENTRIES]]

const sessionCommands = ({ slot, digest }: SessionAddress): Command[] => [
  ['HMGET', sessionsKey(slot), digest, holdField(digest), pointerField(digest)],
  ['HGETALL', subjectKey(slot)],
  ['HMGET', seenKey(slot), digest, ...signFields(digest)],
]

const statementOf = (
  address: SessionAddress,
  [session, subject, beside]: readonly Reply[],
  head: number,
  askedAtMs: number,
  source: Source,
): Statement => {
  const [seen, ...signs] = fieldsOf(beside)
  return statement({
    address,
    head,
    askedAtMs,
    source,
    stored: parseHeld(address, session),
    subject: parseSubject(subject),
    lastSeen: parseSeen(seen),
    signs: parseSigns(signs),
  })
}

function fieldsOf(reply: Reply | undefined): readonly Reply[] {
  if (!Array.isArray(reply)) throw new StoreUnavailable('garbage')
  return reply
}

/** A session that a rotation still holds back is not there yet. */
function parseHeld(address: SessionAddress, reply: Reply | undefined): StoredSession | null {
  if (!Array.isArray(reply) || reply.length !== 3) throw new StoreUnavailable('garbage')
  const [session, hold, pointer]: readonly Reply[] = reply
  return hold === null ? parseSession(address, session, pointer) : null
}
