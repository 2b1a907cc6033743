/** The stream commands. A stream with no entry left stays a key, and keeps its last id. */
import { type Reply, ReplyError } from '../backend.ts'
import {
  at,
  type Command,
  type CommandTable,
  type Context,
  integer,
  syntaxError,
  typed,
  wrongArity,
} from './arguments.ts'
import { Stream, type Trimming } from './stream.ts'
import {
  formatId,
  MAX_ID,
  millisecondsOf,
  parseBound,
  parseId,
  parseNewId,
  streamId,
} from './stream-id.ts'

/** Redis's bound on what one `~` may remove where LIMIT is not given: 100 nodes of 100 entries. */
const DEFAULT_TRIM_LIMIT = 10_000

interface AddOrTrim {
  trimming?: Trimming
  noMakeStream: boolean
  /** How many words were options. */
  length: number
}

/** The options XADD and XTRIM share, up to the id of the one and the end of the other. */
function parseAddOrTrim(words: string[], command: 'xadd' | 'xtrim'): AddOrTrim {
  let strategy: { maxLength?: number; minId?: bigint } | undefined
  let approximate = false
  let limit: number | undefined
  let noMakeStream = false
  let index = 0
  for (; index < words.length; index += 1) {
    const word = at(words, index).toUpperCase()
    const more = words.length - 1 - index
    if ((word === 'MAXLEN' || word === 'MINID') && more > 0) {
      if (strategy !== undefined) {
        throw new ReplyError(
          'ERR syntax error, MAXLEN and MINID options at the same time are not compatible',
        )
      }
      const sign = words[index + 1]
      approximate = more >= 2 && sign === '~'
      if (more >= 2 && (sign === '~' || sign === '=')) index += 1
      index += 1
      strategy = parseStrategy(word, at(words, index))
    } else if (word === 'LIMIT' && more > 0) {
      index += 1
      limit = Number(integer(at(words, index)))
      if (limit < 0) throw new ReplyError('ERR The LIMIT argument must be >= 0.')
    } else if (word === 'NOMKSTREAM' && command === 'xadd') {
      noMakeStream = true
    } else if (command === 'xadd') {
      break
    } else {
      throw syntaxError()
    }
  }
  // A wrong id is refused before options that do not go together.
  const id = words[index]
  if (command === 'xadd' && id !== undefined && id !== '*') parseNewId(id)
  if (limit && strategy === undefined) {
    throw new ReplyError(
      'ERR syntax error, LIMIT cannot be used without specifying a trimming strategy',
    )
  }
  if (command === 'xtrim' && strategy === undefined) {
    throw new ReplyError('ERR syntax error, XTRIM must be called with a trimming strategy')
  }
  if (limit !== undefined && !approximate) {
    throw new ReplyError('ERR syntax error, LIMIT cannot be used without the special ~ option')
  }
  const parsed: AddOrTrim = { noMakeStream, length: index }
  if (strategy !== undefined) {
    parsed.trimming = { ...strategy, approximate, limit: limit ?? DEFAULT_TRIM_LIMIT }
  }
  return parsed
}

function parseStrategy(word: string, text: string): { maxLength?: number; minId?: bigint } {
  if (word === 'MINID') return { minId: parseId(text) }
  const maxLength = Number(integer(text))
  if (maxLength < 0) throw new ReplyError('ERR The MAXLEN argument must be >= 0.')
  return { maxLength }
}

function nextId(stream: Stream, text: string, now: number): bigint {
  const { lastId } = stream
  if (lastId === MAX_ID) {
    throw new ReplyError(
      'ERR The stream has exhausted the last possible ID, unable to add more items',
    )
  }
  const given = text === '*' ? { ms: BigInt(now) } : parseNewId(text)
  const id = 'id' in given ? given.id : streamId(given.ms, 0n)
  if (id > lastId) return id
  const follows = text === '*' || ('ms' in given && given.ms === millisecondsOf(lastId))
  const sequenceLeft = millisecondsOf(lastId + 1n) === millisecondsOf(lastId)
  if (follows && (text === '*' || sequenceLeft)) return lastId + 1n
  throw new ReplyError(
    'ERR The ID specified in XADD is equal or smaller than the target stream top item',
  )
}

function xadd(context: Context, [key = '', ...words]: string[]): Reply {
  const { trimming, noMakeStream, length } = parseAddOrTrim(words, 'xadd')
  const [idText = '', ...fields] = words.slice(length)
  if (fields.length < 2 || fields.length % 2 === 1) throw wrongArity('xadd')
  const given = idText === '*' ? undefined : parseNewId(idText)
  if (given !== undefined && 'id' in given && given.id === 0n) {
    throw new ReplyError('ERR The ID specified in XADD must be greater than 0-0')
  }
  const existing = typed(context, key, 'stream')?.stream
  if (existing === undefined && noMakeStream) return null
  const stream = existing ?? new Stream()
  const id = nextId(stream, idText, context.now)
  stream.append(id, fields)
  if (existing === undefined) context.db.put(key, { type: 'stream', stream })
  if (trimming !== undefined) stream.trim(trimming)
  return formatId(id)
}

function parseCount(words: string[]): number {
  let count = Number.POSITIVE_INFINITY
  for (let index = 0; index < words.length; index += 2) {
    const text = words[index + 1]
    if (at(words, index).toUpperCase() !== 'COUNT' || text === undefined) throw syntaxError()
    count = Math.max(0, Number(integer(text)))
  }
  return count
}

const range = (reverse: boolean): Command => ({
  arity: -4,
  run(context, [key = '', left = '', right = '', ...words]): Reply {
    const first = parseBound(reverse ? right : left, 'start')
    const last = parseBound(reverse ? left : right, 'end')
    const count = parseCount(words)
    const stream = typed(context, key, 'stream')?.stream
    if (stream === undefined) return []
    if (count === 0) return null
    return stream
      .range(first, last, count, reverse)
      .map((entry): Reply => [formatId(entry.id), entry.fields.slice()])
  },
})

export const streams: CommandTable = {
  XADD: { arity: -5, needsMemory: true, run: xadd },
  XRANGE: range(false),
  XREVRANGE: range(true),
  XLEN: {
    arity: 2,
    run: (context, args) => typed(context, at(args, 0), 'stream')?.stream.length ?? 0,
  },
  XTRIM: {
    arity: -4,
    run(context, [key = '', ...words]) {
      const { trimming } = parseAddOrTrim(words, 'xtrim')
      const stream = typed(context, key, 'stream')?.stream
      return stream === undefined || trimming === undefined ? 0 : stream.trim(trimming)
    },
  },
  XDEL: {
    arity: -3,
    run(context, [key = '', ...texts]) {
      const stream = typed(context, key, 'stream')?.stream
      if (stream === undefined) return 0
      // Every id is read before any entry goes: a wrong one must leave the stream whole.
      const ids = texts.map((text) => parseId(text))
      return ids.filter((id) => stream.remove(id)).length
    },
  },
}
