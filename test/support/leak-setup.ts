/**
 * Ends what a worker test left open, and looks over its shoulder: whatever they plant (worker.ts does it for all of
 * them) must be in no log line, no header and no error body of the whole run. A leak fails the test during which it
 * was seen. Must never be in the way: answers are copied only where they are errors.
 */
import { afterEach, expect } from 'vitest'
import { leakWatch } from './leak-watch.ts'
import { endUnread } from './worker.ts'

afterEach(() => {
  endUnread()
  expect(leakWatch().leaks.splice(0), 'secrets that were told').toEqual([])
})
