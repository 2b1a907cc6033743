/**
 * The sorted-set commands. A sorted set with no member left is no key at all. Whole scores only: how Redis
 * writes a fraction differs between its versions, so a fraction is refused by name.
 */
import { type Reply, ReplyError } from '../backend.ts'
import { at, type CommandTable, type Context, integer, syntaxError, typed } from './arguments.ts'

const NO_MEMBERS: ReadonlyMap<string, number> = new Map()
const CONDITIONS = ['NX', 'XX', 'GT', 'LT', 'CH']

const membersOf = (context: Context, key: string): ReadonlyMap<string, number> =>
  typed(context, key, 'zset')?.scores ?? NO_MEMBERS

const notSupported = (what: string) => new ReplyError(`ERR not in the memory backend: ${what}`)

function parseScore(text: string): number {
  const infinity = /^([+-]?)inf(?:inity)?$/i.exec(text)
  if (infinity) return infinity[1] === '-' ? -Infinity : Infinity
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) {
    throw new ReplyError('ERR value is not a valid float')
  }
  const score = Number(text)
  if (!Number.isSafeInteger(score)) throw notSupported('a score that is not whole')
  return score
}

const formatScore = (score: number): string =>
  Number.isFinite(score) ? String(score) : score > 0 ? 'inf' : '-inf'

/** By score, then by the bytes of the member. */
const inOrder = (members: ReadonlyMap<string, number>): [string, number][] =>
  [...members].sort(
    ([a, left], [b, right]) =>
      (left === right ? 0 : left - right) || Buffer.compare(Buffer.from(a), Buffer.from(b)),
  )

function parseConditions(words: string[]): Set<string> {
  const conditions = new Set<string>()
  for (const word of words) {
    const name = word.toUpperCase()
    if (name === 'INCR') throw notSupported('ZADD INCR')
    if (!CONDITIONS.includes(name)) break
    conditions.add(name)
  }
  return conditions
}

function refuseContradictions(conditions: Set<string>): void {
  if (conditions.has('NX') && conditions.has('XX')) {
    throw new ReplyError('ERR XX and NX options at the same time are not compatible')
  }
  if (['GT', 'LT', 'NX'].filter((name) => conditions.has(name)).length > 1) {
    throw new ReplyError('ERR GT, LT, and/or NX options at the same time are not compatible')
  }
}

function isMet(conditions: Set<string>, current: number | undefined, next: number): boolean {
  if (current === undefined) return !conditions.has('XX')
  if (conditions.has('NX')) return false
  if (conditions.has('GT')) return next > current
  return !conditions.has('LT') || next < current
}

function zadd(context: Context, [key = '', ...words]: string[]): Reply {
  const conditions = parseConditions(words)
  const count = words.findIndex((word) => !CONDITIONS.includes(word.toUpperCase()))
  const pairs = count < 0 ? [] : words.slice(count)
  if (pairs.length === 0 || pairs.length % 2 !== 0) throw syntaxError()
  refuseContradictions(conditions)
  const scored: [string, number][] = []
  for (let i = 0; i < pairs.length; i += 2)
    scored.push([at(pairs, i + 1), parseScore(at(pairs, i))])
  const scores = new Map(typed(context, key, 'zset')?.scores)
  let added = 0
  let changed = 0
  for (const [member, score] of scored) {
    const current = scores.get(member)
    if (!isMet(conditions, current, score)) continue
    if (current === undefined) added += 1
    else if (current !== score) changed += 1
    scores.set(member, score)
  }
  if (scores.size > 0) context.db.replace(key, { type: 'zset', scores }, context.now)
  return conditions.has('CH') ? added + changed : added
}

function zrange(context: Context, [key = '', first = '', last = '', ...words]: string[]): Reply {
  const options = new Set(words.map((word) => word.toUpperCase()))
  for (const option of options) {
    if (/^(?:BYSCORE|BYLEX|LIMIT)$/.test(option)) throw notSupported(`ZRANGE ${option}`)
    if (option !== 'REV' && option !== 'WITHSCORES') throw syntaxError()
  }
  const [from, to] = [Number(integer(first)), Number(integer(last))]
  const all = inOrder(membersOf(context, key))
  if (options.has('REV')) all.reverse()
  const index = (position: number) => (position < 0 ? all.length + position : position)
  const found = all.slice(Math.max(0, index(from)), Math.max(0, index(to) + 1))
  return options.has('WITHSCORES')
    ? found.flatMap(([member, score]) => [member, formatScore(score)])
    : found.map(([member]) => member)
}

export const sortedSets: CommandTable = {
  ZADD: { arity: -4, needsMemory: true, run: zadd },
  ZRANGE: { arity: -4, run: zrange },
  ZSCORE: {
    arity: 3,
    run(context, args) {
      const score = membersOf(context, at(args, 0)).get(at(args, 1))
      return score === undefined ? null : formatScore(score)
    },
  },
  ZREM: {
    arity: -3,
    run(context, [key = '', ...names]) {
      const scores = typed(context, key, 'zset')?.scores
      if (scores === undefined) return 0
      const removed = names.filter((name) => scores.delete(name)).length
      if (scores.size === 0) context.db.delete(key, context.now)
      return removed
    },
  },
  ZCARD: { arity: 2, run: (context, args) => membersOf(context, at(args, 0)).size },
}
