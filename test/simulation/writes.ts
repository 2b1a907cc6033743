/**
 * Redis as transactions meet it: the commands of src/session that write, carried out at the primary, all at one
 * position of its log. Must never write what Redis would not.
 */
import type { Command, Reply } from '../../src/foundation/redis.ts'
import { FEED_RETENTION_MS } from '../../src/vocabulary/limits.ts'
import { answer, type Limits } from './answers.ts'
import { type Operation, rowOf, type Store } from './store.ts'

/** All of it, or nothing; returns the replies in order. */
export function execute(
  store: Store,
  commands: readonly Command[],
  nowMs: number,
  limits: Limits,
  by: Operation,
): Reply[] {
  const replies: Reply[] = []
  store.write(nowMs, (position) => {
    for (const command of commands) replies.push(one(store, command, position, limits, by))
  })
  return replies
}

function one(
  store: Store,
  command: Command,
  position: number,
  limits: Limits,
  by: Operation,
): Reply {
  const [name, keyed, ...args] = command
  const key = String(keyed)
  switch (name) {
    case 'HSET': {
      let added = 0
      for (let i = 0; i + 1 < args.length; i += 2) {
        added += set(store, key, String(args[i]), String(args[i + 1]), position)
      }
      return added
    }
    case 'SET':
      // Only marks: NX.
      return set(store, key, 'mark', String(args[0]), position) === 1 ? 'OK' : null
    case 'HSETNX':
      if (store.field(key, String(args[0]), position) !== null) return 0
      return set(store, key, String(args[0]), String(args[1]), position)
    case 'COPY':
      return copy(store, key, String(args[0]), position)
    case 'HDEL':
      return args.reduce<number>(
        (sum, field) => sum + unset(store, key, String(field), position),
        0,
      )
    case 'DEL':
      for (const field of store.hash(key).keys()) unset(store, key, field, position)
      return 1
    case 'PEXPIRE':
    case 'PEXPIREAT':
      return 1
    case 'ZADD': {
      const [atMs, epoch] = args[0] === 'GT' ? args.slice(1) : args
      const row = rowOf(store.epochs, String(epoch))
      const least = args[0] === 'GT' ? (row.latest ?? 0) : 0
      row.set(position, Math.max(least, Number(atMs)))
      return 1
    }
    case 'XADD':
      if (key === 'feed') {
        store.append(position, args.slice(4).map(String), by)
        // The real retention is too long for a schedule: the world has its own.
        store.trim(position, Number(args[2]) + FEED_RETENTION_MS - limits.retentionMs)
      }
      return '0-0'
    case 'INCRBY':
      store.head.set(position, (store.head.latest ?? 0) + Number(args[0]))
      return store.head.latest ?? 0
    default:
      return answer(store, command, position, limits)
  }
}

function set(store: Store, key: string, field: string, value: string, position: number): number {
  const register = rowOf(store.hash(key), field)
  const isNew = typeof register.latest !== 'string'
  register.set(position, value)
  return isNew ? 1 : 0
}

function unset(store: Store, key: string, field: string, position: number): number {
  const register = store.hash(key).get(field)
  if (typeof register?.latest !== 'string') return 0
  register.set(position, null)
  return 1
}

/** Without REPLACE: what stands there stays. */
function copy(store: Store, from: string, to: string, position: number): number {
  const standing = (key: string) =>
    [...store.hash(key)].filter(([, { latest }]) => typeof latest === 'string')
  const fields = standing(from)
  if (fields.length === 0 || standing(to).length > 0) return 0
  for (const [field, { latest }] of fields) set(store, to, field, String(latest), position)
  return 1
}
