/**
 * How commands read their arguments and say what is wrong with them, in Redis's own words.
 * Must never guess: an argument Redis would refuse is refused with the same text.
 */
import { type Reply, ReplyError } from '../backend.ts'
import type { Keyspace, Value } from './keyspace.ts'

export interface Context {
  db: Keyspace
  /** Unix milliseconds of the command; a replica applies a write with the primary's. */
  now: number
}

export interface Command {
  /** As in Redis: the number of words, name included; negative for "at least". */
  arity: number
  /** Refused while the database is full (Redis's `denyoom`). */
  needsMemory?: true
  run(context: Context, args: string[]): Reply
}

export type CommandTable = Record<string, Command>

const INT64_MAX = 2n ** 63n - 1n
const INT64_MIN = -(2n ** 63n)

export const syntaxError = () => new ReplyError('ERR syntax error')
export const notAnInteger = () => new ReplyError('ERR value is not an integer or out of range')
export const wrongArity = (name: string) =>
  new ReplyError(`ERR wrong number of arguments for '${name.toLowerCase()}' command`)

const wrongType = () =>
  new ReplyError('WRONGTYPE Operation against a key holding the wrong kind of value')

/** The argument at `index`; arity has been checked, so its absence is a fault of ours. */
export function at(args: string[], index: number): string {
  const arg = args[index]
  if (arg === undefined) throw new Error(`argument ${index} is missing`)
  return arg
}

/** Redis takes only the canonical form: no sign plus, no leading zero, no space, 64 bits. */
export function parseInt64(text: string): bigint | undefined {
  if (text.length > 20 || !/^(?:0|-?[1-9]\d*)$/.test(text)) return undefined
  const value = BigInt(text)
  return value > INT64_MAX || value < INT64_MIN ? undefined : value
}

export function integer(text: string): bigint {
  const value = parseInt64(text)
  if (value === undefined) throw notAnInteger()
  return value
}

export function sum(left: bigint, right: bigint): bigint {
  const total = left + right
  if (total > INT64_MAX || total < INT64_MIN) {
    throw new ReplyError('ERR increment or decrement would overflow')
  }
  return total
}

/** The value under `key` where it has the type asked for; WRONGTYPE where it has another. */
export function typed<Type extends Value['type']>(
  { db, now }: Context,
  key: string,
  type: Type,
): Extract<Value, { type: Type }> | undefined {
  const value = db.get(key, now)
  if (value === undefined) return undefined
  if (value.type !== type) throw wrongType()
  return value as Extract<Value, { type: Type }>
}

export type TimeUnit = 'EX' | 'PX' | 'EXAT' | 'PXAT'

export const isTimeUnit = (word: string): word is TimeUnit => /^(?:EX|PX)(?:AT)?$/.test(word)

/** A time argument as unix milliseconds; overflow is refused in the name of the command. */
export function deadline(text: string, unit: TimeUnit, now: number, command: string): number {
  const invalid = () => new ReplyError(`ERR invalid expire time in '${command}' command`)
  let time = integer(text)
  if (unit.startsWith('EX')) {
    time *= 1000n
    if (time > INT64_MAX || time < INT64_MIN) throw invalid()
  }
  if (!unit.endsWith('AT')) time += BigInt(now)
  if (time > INT64_MAX) throw invalid()
  return Number(time)
}

/** The same where zero and below are refused, too: SET, SETEX and GETEX. */
export function futureDeadline(text: string, unit: TimeUnit, now: number, command: string): number {
  if (integer(text) <= 0n) throw new ReplyError(`ERR invalid expire time in '${command}' command`)
  return deadline(text, unit, now, command)
}
