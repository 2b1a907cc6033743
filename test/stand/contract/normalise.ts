/**
 * Makes two runs of the same commands comparable: what depends on the moment is rounded to tens of
 * seconds, what Redis leaves unordered is sorted. Nothing else is touched.
 */
const SECONDS = new Map([
  ['TTL', 1],
  ['PTTL', 1000],
  ['EXPIRETIME', 1],
  ['PEXPIRETIME', 1000],
])

/** An id made from the clock; the ids tests write are shorter or longer. */
const CLOCK_ID = /^1\d{12}-\d+$/

export function normalise([name = '', ...args]: string[], reply: unknown): unknown {
  const command = name.toUpperCase()
  const perSecond = SECONDS.get(command)
  if (perSecond !== undefined && typeof reply === 'number' && reply > 0) {
    const seconds = reply / perSecond
    const left = command.includes('EXPIRETIME') ? seconds - Date.now() / 1000 : seconds
    return `about ${Math.round(left / 10) * 10} s`
  }
  if (command === 'KEYS' && Array.isArray(reply)) return reply.toSorted()
  if (command === 'SCAN' && Array.isArray(reply)) return [reply[0], reply[1].toSorted()]
  if (command === 'TIME' && args.length === 0) return 'a time'
  return withoutClock(reply)
}

function withoutClock(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply.map(withoutClock)
  return typeof reply === 'string' && CLOCK_ID.test(reply) ? 'an id of now' : reply
}
