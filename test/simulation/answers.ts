/**
 * Redis as an edge meets it: the very commands of src/session/reads.ts and touch.ts, answered by a copy of the
 * store at a position of its log. Must never answer a command it does not know.
 */
import type { Command, Reply } from '../../src/foundation/redis.ts'
import type { Conditions } from './conditions.ts'
import type { Register } from './register.ts'
import { rowOf, type Store } from './store.ts'

export function answer(
  store: Store,
  [name, key, ...args]: Command,
  position: number,
  { feedCount }: Conditions,
): Reply {
  const [kind, slot] = String(key).split(':')
  switch (`${name} ${kind}`) {
    case 'HMGET sessions': {
      const { sessions, holds } = store.slot(slot ?? '')
      if (args[1] !== `hold:${args[0]}`) throw new Error(`not its hold: ${args[1]}`)
      return [field(sessions, args[0], position), field(holds, args[0], position)]
    }
    case 'HEXISTS sessions':
      return field(store.slot(slot ?? '').sessions, args[0], position) === null ? 0 : 1
    case 'HGET seen':
      return field(store.slot(slot ?? '').seen, args[0], position)
    case 'HGETALL subject':
      return store.slot(slot ?? '').subject.at(position)?.flat ?? []
    case 'ZRANGE epochs':
      return [...store.epochs].flatMap(([epoch, atMs]) => {
        const value = atMs.at(position) ?? 0
        return value === 0 ? [] : [epoch, String(value)]
      })
    case 'XREVRANGE feed':
      return store
        .streamAt(position)
        .slice(-1)
        .map(({ reply }) => reply)
    case 'XRANGE feed': {
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

/** The only transactions an edge sends: they write last-seen, and take it back where the session is gone. */
export function write(store: Store, commands: readonly Command[], nowMs: number): Reply[] {
  const replies: Reply[] = []
  store.write(nowMs, (position) => {
    for (const [name, key, digest, value] of commands) {
      const [kind, slot] = String(key).split(':')
      const { sessions, seen } = store.slot(slot ?? '')
      switch (`${name} ${kind}`) {
        case 'HEXISTS sessions':
          replies.push(sessions.get(String(digest))?.latest ? 1 : 0)
          break
        case 'HSET seen': {
          const text = String(value)
          const { at } = JSON.parse(text) as { at: number }
          rowOf(seen, String(digest)).set(position, { atMs: at, text })
          replies.push(1)
          break
        }
        case 'HDEL seen':
          rowOf(seen, String(digest)).set(position, null)
          replies.push(1)
          break
        case 'PEXPIREAT seen':
          replies.push(1)
          break
        default:
          throw new Error(`an edge must not write: ${name} ${key}`)
      }
    }
  })
  return replies
}

const field = (
  rows: Map<string, Register<{ readonly text: string } | null>>,
  name: string | number | undefined,
  position: number,
): string | null => rows.get(String(name))?.at(position)?.text ?? null
