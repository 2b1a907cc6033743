/** The hash commands. A hash with no field left is no key at all. */
import { ReplyError } from '../backend.ts'
import {
  at,
  type CommandTable,
  type Context,
  integer,
  parseInt64,
  sum,
  typed,
  wrongArity,
} from './arguments.ts'

const NO_FIELDS: ReadonlyMap<string, string> = new Map()

const fieldsOf = (context: Context, key: string): ReadonlyMap<string, string> =>
  typed(context, key, 'hash')?.fields ?? NO_FIELDS

/** The fields to write into; makes the key where there is none. */
function fieldsFor(context: Context, key: string): Map<string, string> {
  const existing = typed(context, key, 'hash')
  if (existing !== undefined) return existing.fields
  const fields = new Map<string, string>()
  context.db.put(key, { type: 'hash', fields })
  return fields
}

export const hashes: CommandTable = {
  HGET: {
    arity: 3,
    run: (context, args) => fieldsOf(context, at(args, 0)).get(at(args, 1)) ?? null,
  },
  HSET: {
    arity: -4,
    needsMemory: true,
    run(context, [key = '', ...pairs]) {
      if (pairs.length % 2 !== 0) throw wrongArity('hset')
      const fields = fieldsFor(context, key)
      const before = fields.size
      for (let index = 0; index < pairs.length; index += 2) {
        fields.set(at(pairs, index), at(pairs, index + 1))
      }
      return fields.size - before
    },
  },
  HSETNX: {
    arity: 4,
    needsMemory: true,
    run(context, [key = '', field = '', text = '']) {
      const fields = fieldsFor(context, key)
      if (fields.has(field)) return 0
      fields.set(field, text)
      return 1
    },
  },
  HDEL: {
    arity: -3,
    run(context, [key = '', ...names]) {
      const fields = typed(context, key, 'hash')?.fields
      if (fields === undefined) return 0
      const removed = names.filter((name) => fields.delete(name)).length
      if (fields.size === 0) context.db.delete(key, context.now)
      return removed
    },
  },
  HGETALL: { arity: 2, run: (context, args) => [...fieldsOf(context, at(args, 0))].flat() },
  HMGET: {
    arity: -3,
    run(context, [key = '', ...names]) {
      const fields = fieldsOf(context, key)
      return names.map((name) => fields.get(name) ?? null)
    },
  },
  HLEN: { arity: 2, run: (context, args) => fieldsOf(context, at(args, 0)).size },
  HKEYS: { arity: 2, run: (context, args) => [...fieldsOf(context, at(args, 0)).keys()] },
  HVALS: { arity: 2, run: (context, args) => [...fieldsOf(context, at(args, 0)).values()] },
  HEXISTS: {
    arity: 3,
    run: (context, args) => (fieldsOf(context, at(args, 0)).has(at(args, 1)) ? 1 : 0),
  },
  HINCRBY: {
    arity: 4,
    needsMemory: true,
    run(context, [key = '', field = '', text = '']) {
      const increment = integer(text)
      const current = parseInt64(fieldsOf(context, key).get(field) ?? '0')
      if (current === undefined) throw new ReplyError('ERR hash value is not an integer')
      const total = sum(current, increment)
      fieldsFor(context, key).set(field, String(total))
      return Number(total)
    },
  },
}
