/**
 * Stream ids as Redis reads and writes them: `ms-seq`, `ms`, `ms-*`, `-`, `+`, `(` for exclusive.
 * Must never accept what Redis refuses.
 */
import { ReplyError } from '../backend.ts'

const HALF = 64n
const MAX_HALF = (1n << HALF) - 1n
export const MAX_ID = (1n << 128n) - 1n

const invalidId = () => new ReplyError('ERR Invalid stream ID specified as stream command argument')

export const streamId = (ms: bigint, seq: bigint): bigint => (ms << HALF) | seq
export const millisecondsOf = (id: bigint): bigint => id >> HALF
export const formatId = (id: bigint): string => `${id >> HALF}-${id & MAX_HALF}`

function half(text: string): bigint {
  if (!/^\d+$/.test(text)) throw invalidId()
  const value = BigInt(text)
  if (value > MAX_HALF) throw invalidId()
  return value
}

/** A full id; a missing sequence reads as `missingSeq`. */
export function parseId(text: string, missingSeq = 0n): bigint {
  const dash = text.indexOf('-')
  if (dash === -1) return streamId(half(text), missingSeq)
  return streamId(half(text.slice(0, dash)), half(text.slice(dash + 1)))
}

/** The id XADD was given: fixed, or only its milliseconds (`ms-*`). */
export function parseNewId(text: string): { id: bigint } | { ms: bigint } {
  if (text.endsWith('-*')) return { ms: half(text.slice(0, -2)) }
  return { id: parseId(text) }
}

/** One end of XRANGE's interval, as the first or last id that belongs to it. */
export function parseBound(text: string, end: 'start' | 'end'): bigint {
  const missingSeq = end === 'start' ? 0n : MAX_HALF
  if (text === '-') return 0n
  if (text === '+') return MAX_ID
  if (!text.startsWith('(') || text.length === 1) return parseId(text, missingSeq)
  const id = parseId(text.slice(1), missingSeq)
  if (end === 'start' && id === MAX_ID) {
    throw new ReplyError('ERR invalid start ID for the interval')
  }
  if (end === 'end' && id === 0n) throw new ReplyError('ERR invalid end ID for the interval')
  return end === 'start' ? id + 1n : id - 1n
}
