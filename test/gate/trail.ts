/**
 * The trail of one subject, all of it: the API pages through what happened to everybody, and a whole test run writes
 * more than one page.
 */
import type { Worker } from '../support/worker.ts'

export async function eventsOf(
  worker: Worker,
  subject: string,
): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = []
  let after: unknown = null
  for (;;) {
    const query = new URLSearchParams({ subject, limit: '500' })
    if (typeof after === 'string') query.set('after', after)
    const { events, next } = (await worker.api('GET', `/events?${query}`)).body
    found.push(...(events as Record<string, unknown>[]))
    if (next === null) return found
    after = next
  }
}
