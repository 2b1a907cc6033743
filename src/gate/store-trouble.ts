/**
 * What a visitor gets when the session store cannot be heard: 503, logged with the kind of trouble and nothing else.
 * Must never turn anything but store trouble into an answer: any other exception is a bug, and goes on.
 */
import type { Log } from '../foundation/log.ts'
import { StoreUnavailable } from '../foundation/redis.ts'
import type { Denial } from '../vocabulary/denial.ts'
import { RETRY_AFTER_SECONDS } from '../vocabulary/limits.ts'

/** Throws what is not store trouble. */
export function storeTrouble(error: unknown, log: Log): Denial {
  if (!(error instanceof StoreUnavailable)) throw error
  log({ level: 'warn', code: 'session_store_unavailable', trouble: error.trouble })
  return {
    code: 'session_store_unavailable',
    reason: 'store_unavailable',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  }
}
