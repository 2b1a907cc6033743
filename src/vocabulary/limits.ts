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

/** A subject's name, in code points: what an index or a log line can hold (OIDC `sub`: 255 ASCII). */
export const MAX_SUBJECT_CHARACTERS = 256

/** They travel in the assertion and in one header of every request: 100 of usual length are 2 KB. */
export const MAX_PERMISSIONS = 100
export const MAX_PERMISSION_CHARACTERS = 128

/** A `Session-Command` with all that may be in it is shorter. */
export const MAX_SESSION_COMMAND_BYTES = 16 * 1024

/**
 * Subjects that one transaction ends: 500 named ones are 25 requests to the store, and the free plan has 50 for
 * an invocation (platform.md C3). 20 at the default cap of sessions answer with about half a megabyte.
 */
export const MAX_SUBJECTS_PER_TRANSACTION = 20

/** Why somebody did it, in the audit trail. */
export const MAX_REASON_CHARACTERS = 256

/** How far the clock of an operator's backend may be ahead of ours. */
export const CLOCK_TOLERANCE_MS = 60_000

/** How long the feed keeps an entry; an isolate that was deaf longer starts anew (design 5). */
export const FEED_RETENTION_MS = 60 * 60 * 1000

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

/** Assertions kept for one session: one for each host and audience it is used with; half a KB each. */
export const MAX_ASSERTIONS_PER_SESSION = 8

/** A subject's claims, as JSON: they travel with every cold read. */
export const MAX_CLAIMS_BYTES = 4096

/** What is remembered is read again after this, whatever the feed says (design 6, belt and braces). */
export const REREAD_AFTER_MS = 5 * 60 * 1000

/**
 * Memory of one isolate, which has 128 MB in all: at most a quarter. That is 24 MB for what is remembered of
 * sessions, and 8 MB for the assertions of those in use (about 650 bytes each).
 */
export const MAX_REMEMBERED_BYTES = 24 * 1024 * 1024
export const MAX_REMEMBERED_SESSIONS = 50_000
export const MAX_ASSERTIONS_HELD = 12_000

/** News held: enough for any replica's lag that is not an outage; older statements go to the primary. */
export const MAX_NEWS_ITEMS = 20_000

/**
 * A body of a declared length up to this passes unwatched: it ends by itself, and what is longer may take long
 * on a slow connection.
 */
export const MAX_UNWATCHED_BODY_BYTES = 1024 * 1024

/** How long past the bound open streams outlive a primary that cannot be heard (design 7). */
export const STREAM_RIDE_OUT_MS = 30_000
