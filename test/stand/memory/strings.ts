/** The string commands. */
import type { Reply } from '../backend.ts'
import {
  at,
  type CommandTable,
  type Context,
  futureDeadline,
  integer,
  isTimeUnit,
  notAnInteger,
  parseInt64,
  sum,
  syntaxError,
  type TimeUnit,
  typed,
  wrongArity,
} from './arguments.ts'

interface StringOptions {
  time?: { unit: TimeUnit; text: string }
  flags: Set<string>
}

/** The options SET and GETEX share; `allowed` are the flags of the one or the other. */
function parseOptions(words: string[], allowed: string[]): StringOptions {
  const options: StringOptions = { flags: new Set() }
  for (let index = 0; index < words.length; index += 1) {
    const word = at(words, index).toUpperCase()
    if (isTimeUnit(word)) {
      const text = words[index + 1]
      if (text === undefined || options.time !== undefined) throw syntaxError()
      options.time = { unit: word, text }
      index += 1
    } else if (allowed.includes(word)) {
      options.flags.add(word)
    } else {
      throw syntaxError()
    }
  }
  const { flags, time } = options
  if (flags.has('NX') && flags.has('XX')) throw syntaxError()
  if (time !== undefined && (flags.has('KEEPTTL') || flags.has('PERSIST'))) throw syntaxError()
  return options
}

function set(context: Context, [key = '', text = '', ...words]: string[]): Reply {
  const { db, now } = context
  const { time, flags } = parseOptions(words, ['NX', 'XX', 'GET', 'KEEPTTL'])
  let expiresAt = time && futureDeadline(time.text, time.unit, now, 'set')
  const before = flags.has('GET') ? (typed(context, key, 'string')?.text ?? null) : undefined
  const exists = db.get(key, now) !== undefined
  if ((flags.has('NX') && exists) || (flags.has('XX') && !exists)) return before ?? null
  if (flags.has('KEEPTTL')) expiresAt = db.expiresAt(key, now) ?? undefined
  db.put(key, { type: 'string', text }, expiresAt)
  return before === undefined ? 'OK' : before
}

function getex(context: Context, [key = '', ...words]: string[]): Reply {
  const { db, now } = context
  const { time, flags } = parseOptions(words, ['PERSIST'])
  const value = typed(context, key, 'string')
  if (value === undefined) return null
  if (time !== undefined) db.setExpiry(key, futureDeadline(time.text, time.unit, now, 'getex'))
  else if (flags.has('PERSIST')) db.setExpiry(key, undefined)
  return value.text
}

function add(context: Context, key: string, increment: bigint): Reply {
  const text = typed(context, key, 'string')?.text ?? '0'
  const current = parseInt64(text)
  if (current === undefined) throw notAnInteger()
  const total = sum(current, increment)
  context.db.replace(key, { type: 'string', text: String(total) }, context.now)
  return Number(total)
}

export const strings: CommandTable = {
  GET: { arity: 2, run: (context, args) => typed(context, at(args, 0), 'string')?.text ?? null },
  SET: { arity: -3, needsMemory: true, run: set },
  SETEX: {
    arity: 4,
    needsMemory: true,
    run({ db, now }, [key = '', seconds = '', text = '']) {
      db.put(key, { type: 'string', text }, futureDeadline(seconds, 'EX', now, 'setex'))
      return 'OK'
    },
  },
  GETEX: { arity: -2, run: getex },
  GETDEL: {
    arity: 2,
    run(context, [key = '']) {
      const value = typed(context, key, 'string')
      context.db.delete(key, context.now)
      return value?.text ?? null
    },
  },
  MGET: {
    arity: -2,
    run: ({ db, now }, keys) =>
      keys.map((key) => {
        const value = db.get(key, now)
        return value?.type === 'string' ? value.text : null
      }),
  },
  MSET: {
    arity: -3,
    needsMemory: true,
    run({ db }, args) {
      if (args.length % 2 !== 0) throw wrongArity('mset')
      for (let index = 0; index < args.length; index += 2) {
        db.put(at(args, index), { type: 'string', text: at(args, index + 1) })
      }
      return 'OK'
    },
  },
  INCR: { arity: 2, needsMemory: true, run: (context, args) => add(context, at(args, 0), 1n) },
  DECR: { arity: 2, needsMemory: true, run: (context, args) => add(context, at(args, 0), -1n) },
  INCRBY: {
    arity: 3,
    needsMemory: true,
    run: (context, args) => add(context, at(args, 0), integer(at(args, 1))),
  },
}
