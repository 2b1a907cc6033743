/** The commands that set, lift and show when a key expires. */
import { type Reply, ReplyError } from '../backend.ts'
import { at, type Command, type CommandTable, deadline, type TimeUnit } from './arguments.ts'

const CONDITIONS = ['NX', 'XX', 'GT', 'LT']

function parseConditions(words: string[]): Set<string> {
  const conditions = new Set<string>()
  for (const word of words) {
    if (!CONDITIONS.includes(word.toUpperCase())) {
      throw new ReplyError(`ERR Unsupported option ${word}`)
    }
    conditions.add(word.toUpperCase())
  }
  if (conditions.has('NX') && conditions.size > 1) {
    throw new ReplyError('ERR NX and XX, GT or LT options at the same time are not compatible')
  }
  if (conditions.has('GT') && conditions.has('LT')) {
    throw new ReplyError('ERR GT and LT options at the same time are not compatible')
  }
  return conditions
}

/** A key that lives for ever counts as later than any time. */
function met(conditions: Set<string>, current: number | null, next: number): boolean {
  if (conditions.has('NX') && current !== null) return false
  if (conditions.has('XX') && current === null) return false
  if (conditions.has('GT') && (current === null || next <= current)) return false
  return !(conditions.has('LT') && current !== null && next >= current)
}

const expire = (name: string, unit: TimeUnit): Command => ({
  arity: -3,
  run({ db, now }, [key = '', text = '', ...words]) {
    const conditions = parseConditions(words)
    const next = deadline(text, unit, now, name)
    const current = db.expiresAt(key, now)
    if (current === undefined || !met(conditions, current, next)) return 0
    if (next <= now) db.delete(key, now)
    else db.setExpiry(key, next)
    return 1
  },
})

/** -2: no such key; -1: it lives for ever. */
const show = (unit: 'seconds' | 'milliseconds', from: 'now' | 'epoch'): Command => ({
  arity: 2,
  run({ db, now }, args): Reply {
    const expiresAt = db.expiresAt(at(args, 0), now)
    if (expiresAt === undefined) return -2
    if (expiresAt === null) return -1
    const milliseconds = expiresAt - (from === 'now' ? now : 0)
    return unit === 'seconds' ? Math.floor((milliseconds + 500) / 1000) : milliseconds
  },
})

export const expiry: CommandTable = {
  EXPIRE: expire('expire', 'EX'),
  PEXPIRE: expire('pexpire', 'PX'),
  EXPIREAT: expire('expireat', 'EXAT'),
  PEXPIREAT: expire('pexpireat', 'PXAT'),
  TTL: show('seconds', 'now'),
  PTTL: show('milliseconds', 'now'),
  EXPIRETIME: show('seconds', 'epoch'),
  PEXPIRETIME: show('milliseconds', 'epoch'),
  PERSIST: {
    arity: 2,
    run({ db, now }, args) {
      const key = at(args, 0)
      if (typeof db.expiresAt(key, now) !== 'number') return 0
      db.setExpiry(key, undefined)
      return 1
    },
  },
}
