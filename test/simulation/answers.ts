/**
 * Redis as reads meet it: the very commands of src/session, answered by a copy of the store at a position of its
 * log. Must never answer a command it does not know.
 */
import type { Command, Reply } from '../../src/foundation/redis.ts'
import type { Conditions } from './conditions.ts'
import type { Store } from './store.ts'

export type Limits = Pick<Conditions, 'feedCount' | 'retentionMs'>

export function answer(
  store: Store,
  [name, keyed, ...args]: Command,
  position: number,
  { feedCount }: Limits,
): Reply {
  const key = String(keyed)
  const field = (each: string | number | undefined) => store.field(key, String(each), position)
  switch (name) {
    case 'HMGET':
      return args.map(field)
    case 'HGET':
      return field(args[0])
    case 'HEXISTS':
      return field(args[0]) === null ? 0 : 1
    case 'EXISTS':
      return pairs(store, key, position).length > 0 ? 1 : 0
    case 'HLEN':
      return pairs(store, key, position).length / 2
    case 'HGETALL':
      return pairs(store, key, position)
    case 'ZRANGE':
      return [...store.epochs].flatMap(([epoch, atMs]) => {
        const value = atMs.at(position) ?? 0
        return value === 0 ? [] : [epoch, String(value)]
      })
    case 'XREVRANGE':
      return store
        .streamAt(position)
        .slice(-1)
        .map(({ reply }) => reply)
    case 'XRANGE': {
      const from = Number.parseInt(String(args[0]), 10)
      return store
        .streamAt(position)
        .filter((item) => item.key >= from)
        .slice(0, Math.min(feedCount, Number(args[3])))
        .map(({ reply }) => reply)
    }
    default:
      throw new Error(`not a command of this store: ${name} ${key}`)
  }
}

function pairs(store: Store, key: string, position: number): string[] {
  const found: string[] = []
  for (const [name, register] of store.hash(key)) {
    const value = register.at(position)
    if (typeof value === 'string') found.push(name, value)
  }
  return found
}
