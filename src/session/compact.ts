/**
 * Values held by the thousand, made small: text that keeps nothing else alive, and one copy of what many
 * sessions have alike. Must never hand out anything but an equal value.
 */

/** Distinct values known at once; roles and tenants are few, and when they are not, sharing them is no use. */
const MAX_SHARED = 1000

const known = new Map<string, unknown>()

/** An equal value, as long as it is plain JSON; the same one for all who have it alike. Never change it. */
export function shared<T>(value: T): T {
  const json = JSON.stringify(value)
  const same = known.get(json)
  // What is written under its own JSON has the type of every value that reads like it.
  if (same !== undefined) return same as T
  if (known.size >= MAX_SHARED) known.clear()
  const copy = JSON.parse(json) as T
  known.set(json, copy)
  return copy
}

/** The same text as a string of its own: V8 cuts one out of another by pointing into it, and keeps both. */
export const ownText = (text: string): string => JSON.parse(JSON.stringify(text)) as string
