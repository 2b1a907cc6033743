/**
 * Which fault, if any, the next request of a region meets. Decides only; the region's server acts.
 * Must never let a fault outlive `clear`.
 */
import type { Fault } from './control-api.ts'

export interface Met {
  delayMs: number
  /** The first fault that does more than delay. */
  effect: Fault | undefined
}

const NO_FAULT: Met = { delayMs: 0, effect: undefined }
const EFFECTS = ['hang', 'reset', 'resetAfter', 'halfAnswer', 'status', 'garbage', 'unauthorized']
const KEYS = [...EFFECTS, 'delayMs', 'times', 'probability', 'seed', 'body', 'contentType']

const hasEffect = (fault: Fault) => EFFECTS.some((name) => name in fault)

/** Refuses what is no fault: a test with a misspelt fault would pass for the wrong reason. */
export function parseFault(value: unknown): Fault {
  if (typeof value !== 'object' || value === null) throw new Error('a fault is an object')
  const fault = value as Record<string, unknown>
  const unknown = Object.keys(fault).filter((key) => !KEYS.includes(key))
  if (unknown.length > 0) throw new Error(`no fault knows ${unknown.join(', ')}`)
  const effects = EFFECTS.filter((name) => name in fault)
  if (effects.length > 1) throw new Error(`one fault, one effect: ${effects.join(', ')}`)
  if (effects.length === 0 && !('delayMs' in fault)) throw new Error('a fault needs an effect')
  for (const key of ['hang', 'reset', 'resetAfter', 'halfAnswer', 'unauthorized']) {
    if (key in fault && fault[key] !== true) throw new Error(`${key} must be true`)
  }
  for (const key of ['status', 'delayMs', 'times', 'probability', 'seed']) {
    if (key in fault && typeof fault[key] !== 'number') throw new Error(`${key} must be a number`)
  }
  for (const key of ['body', 'contentType']) {
    if (!(key in fault)) continue
    if (typeof fault[key] !== 'string') throw new Error(`${key} must be a string`)
    if (!('status' in fault)) throw new Error(`${key} goes with status`)
  }
  if ('garbage' in fault && fault.garbage !== 'text' && fault.garbage !== 'shape') {
    throw new Error('garbage must be text or shape')
  }
  return fault as unknown as Fault
}

/** mulberry32: small, seeded, good enough to spread faults. */
function randomSource(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export class FaultBook {
  #entries: { region: string; fault: Fault; left: number; random: () => number }[] = []

  add(region: string, fault: Fault): void {
    const left = fault.times ?? Number.POSITIVE_INFINITY
    this.#entries.push({ region, fault, left, random: randomSource(fault.seed ?? 1) })
  }

  clear(): void {
    this.#entries = []
  }

  /** Delays add up; the first fault with an effect ends the search. */
  next(region: string): Met {
    if (this.#entries.length === 0) return NO_FAULT
    const met: Met = { delayMs: 0, effect: undefined }
    for (const entry of this.#entries) {
      const { fault } = entry
      if (entry.left <= 0 || (entry.region !== '*' && entry.region !== region)) continue
      if (fault.probability !== undefined && entry.random() >= fault.probability) continue
      entry.left -= 1
      met.delayMs += fault.delayMs ?? 0
      if (!hasEffect(fault)) continue
      met.effect = fault
      break
    }
    return met
  }
}
