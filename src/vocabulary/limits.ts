/**
 * Every number that is not configuration, with its unit, its reason and its source.
 * A bound that protects a promise must never be changed without the test that shows it.
 */

/** What the operator API takes in one body; a session with all its labels is under 8 KB. */
export const MAX_API_BODY_BYTES = 64 * 1024

/** Named at once in one bulk revocation (design 8). */
export const MAX_NAMED_REVOCATIONS = 500

/** Requests to the store at once: what a Worker may have waiting for headers (platform.md C3). */
export const MAX_CONNECTIONS = 6

/** Why somebody did it, in the audit trail. */
export const MAX_REASON_CHARACTERS = 256

/** How far the clock of an operator's backend may be ahead of ours. */
export const CLOCK_TOLERANCE_MS = 60_000

/** How long the feed keeps an entry; an isolate that was deaf longer starts anew (design 5). */
export const FEED_RETENTION_MS = 60 * 60 * 1000

/** How long the audit trail keeps an event: a quarter of a year, the usual incident look-back. */
export const EVENT_RETENTION_MS = 90 * 24 * 60 * 60 * 1000

/** Events in one page of the audit trail. */
export const MAX_EVENT_LIMIT = 500

/** A live audit trail asks the primary this often, and is silent for at most that long … */
export const EVENT_POLL_MS = 1000
export const EVENT_HEARTBEAT_MS = 15_000
/** … and ends after this: about 600 of the subrequests that one invocation has (platform.md C3). */
export const EVENT_STREAM_MS = 5 * 60 * 1000

/** A touch is written at most once in this part of the idle time … */
export const TOUCH_FRACTION_OF_IDLE = 10
/** … and at least this rarely is enough for the device list (design 8). */
export const MAX_TOUCH_INTERVAL_MS = 60_000

/** A last-seen record outlives its session by nothing that matters; its key goes after this. */
export const SEEN_RETENTION_MS = 31 * 24 * 60 * 60 * 1000

/** Rotation: how long the old token still works, unless said otherwise, and at most. */
export const DEFAULT_ROTATION_GRACE_SECONDS = 10
export const MAX_ROTATION_GRACE_SECONDS = 60

/** A session can be revoked by the `sid` of any of its latest tokens, so many back; 25 bytes each in its record. */
export const MAX_FORMER_TOKENS = 32

/** How long a visitor is told to wait when the store cannot be heard. */
export const RETRY_AFTER_SECONDS = 1

/** Denials are told in the log at most this often. */
export const DENIAL_LOG_MS = 60_000

/** Longest path we read in every way; longer ones are refused as ambiguous. */
export const MAX_PATH_BYTES = 8 * 1024

/** Readings of one path before it is refused: an honest path has at most a handful. */
export const MAX_PATH_READINGS = 64

/**
 * Characters of all readings of one path together: bounds the CPU a hostile path may cost (about
 * 4 ms; 20 ms without it), and leaves the longest path room for four readings.
 */
export const MAX_READINGS_CHARACTERS = 4 * MAX_PATH_BYTES

/** A subject's claims, as JSON: they travel with every cold read. */
export const MAX_CLAIMS_BYTES = 4096

/** What is remembered is read again after this, whatever the feed says (design 6, belt and braces). */
export const REREAD_AFTER_MS = 5 * 60 * 1000

/** Memory of one isolate, which has 128 MB in all: at most a quarter. */
export const MAX_REMEMBERED_BYTES = 32 * 1024 * 1024
export const MAX_REMEMBERED_SESSIONS = 50_000

/** News held: enough for any replica's lag that is not an outage; older statements go to the primary. */
export const MAX_NEWS_ITEMS = 20_000
