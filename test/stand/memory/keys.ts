/** The commands on keys of any type, on the whole database, and on the server. */
import { type Reply, ReplyError } from '../backend.ts'
import {
  at,
  type Command,
  type CommandTable,
  type Context,
  integer,
  syntaxError,
  wrongArity,
} from './arguments.ts'

const SCAN_COUNT = 10

/** A glob of Redis (`*`, `?`, `[a-c]`, `[^a]`, `\` before any of them) as a regular expression. */
function globPattern(glob: string): RegExp {
  const source = glob.replace(/\\(.)|\[(\^?)([^\]]*)\]|([*?])|([\s\S])/g, (...match) => {
    const [, escaped, negated, set, wildcard, plain] = match as (string | undefined)[]
    if (wildcard !== undefined) return wildcard === '*' ? '[\\s\\S]*' : '[\\s\\S]'
    if (set !== undefined) return `[${negated}${set.replace(/[\\\]^]/g, '\\$&')}]`
    return (escaped ?? plain ?? '').replace(/[$()*+.?[\\\]^{|}/-]/g, '\\$&')
  })
  return new RegExp(`^${source}$`)
}

function scan({ db, now }: Context, [cursorText = '', ...words]: string[]): Reply {
  if (!/^\d+$/.test(cursorText)) throw new ReplyError('ERR invalid cursor')
  let pattern: RegExp | undefined
  let type: string | undefined
  let count = SCAN_COUNT
  for (let index = 0; index < words.length; index += 2) {
    const option = at(words, index).toUpperCase()
    const text = words[index + 1]
    if (text === undefined) throw syntaxError()
    if (option === 'MATCH') pattern = globPattern(text)
    else if (option === 'TYPE') type = text.toLowerCase()
    else if (option === 'COUNT') count = Number(integer(text))
    else throw syntaxError()
    if (count < 1) throw syntaxError()
  }
  const cursor = Number(cursorText)
  const keys: string[] = []
  let seen = 0
  let last = 0
  for (const { key, serial, value } of db.keys(now)) {
    if (serial <= cursor) continue
    if (seen === count) return [String(last), keys]
    seen += 1
    last = serial
    if (pattern?.test(key) === false || (type !== undefined && value.type !== type)) continue
    keys.push(key)
  }
  return ['0', keys]
}

const del: Command = {
  arity: -2,
  run: ({ db, now }, keys) => keys.filter((key) => db.delete(key, now)).length,
}

/** Within the one database: its option DB is not known here. */
const copy: Command = {
  arity: -3,
  needsMemory: true,
  run({ db, now }, [from = '', to = '', ...options]) {
    if (options.some((word) => word.toUpperCase() !== 'REPLACE')) throw syntaxError()
    if (from === to) throw new ReplyError('ERR source and destination objects are the same')
    const isFree = options.length > 0 || db.get(to, now) === undefined
    return isFree && db.copy(from, to, now) ? 1 : 0
  },
}

const flush: Command = {
  arity: -1,
  run({ db }, [mode, ...rest]) {
    if (rest.length > 0 || !/^(?:A?SYNC)?$/i.test(mode ?? '')) throw syntaxError()
    db.clear()
    return 'OK'
  },
}

export const keys: CommandTable = {
  DEL: del,
  UNLINK: del,
  COPY: copy,
  EXISTS: {
    arity: -2,
    run: ({ db, now }, names) => names.filter((key) => db.get(key, now) !== undefined).length,
  },
  TYPE: { arity: 2, run: ({ db, now }, args) => db.get(at(args, 0), now)?.type ?? 'none' },
  KEYS: {
    arity: 2,
    run({ db, now }, args) {
      const pattern = globPattern(at(args, 0))
      return [...db.keys(now)].map(({ key }) => key).filter((key) => pattern.test(key))
    },
  },
  SCAN: { arity: -2, run: scan },
  DBSIZE: { arity: 1, run: ({ db, now }) => [...db.keys(now)].length },
  FLUSHDB: flush,
  FLUSHALL: flush,
  TIME: {
    arity: 1,
    run: ({ now }) => [String(Math.floor(now / 1000)), String((now % 1000) * 1000)],
  },
  PING: {
    arity: -1,
    run(_context, args) {
      if (args.length > 1) throw wrongArity('ping')
      return args[0] ?? 'PONG'
    },
  },
  ECHO: { arity: 2, run: (_context, args) => at(args, 0) },
}
