/**
 * What looks at sightings, broken on purpose: each way has to be noticed by the oracle of sightings. As in mutants.ts
 * each is a replacement in the real source. Must match it exactly once. Not planted: to write a trail over where none
 * was expected (the copy shows what stood there, and it is put right).
 */
import type { Mutant } from './mutants.ts'

const swap = (from: string, to: string): Mutant => ({ file: 'session/sighting-swap.ts', from, to })
const exchange = (from: string, to: string): Mutant => ({
  file: 'session/sighting-exchange.ts',
  from,
  to,
})
const lookout = (from: string, to: string): Mutant => ({ file: 'session/lookout.ts', from, to })
const signals = (from: string, to: string): Mutant => ({ file: 'session/signals.ts', from, to })
const response = (from: string, to: string): Mutant => ({
  file: 'session/signal-response.ts',
  from,
  to,
})

export const SIGHTING_MUTANTS: Readonly<Record<string, Mutant>> = {
  'swap-in-two-steps': exchange(
    'return await redis.transaction(commands)',
    'const shown = await redis.transaction(commands.slice(0, 6))\n    return [...shown, ...(await redis.transaction(commands.slice(6)))]',
  ),
  'swap-of-the-dead': exchange(
    'isGone: alive === 0, steps: isAlone',
    'isGone: false, steps: isAlone',
  ),
  'place-of-the-dead-left': exchange('if (alive === 0) {', 'if (alive === null) {'),
  'repeat-finds-itself': exchange("['HMGET', before, ...fields]", "['HMGET', key, ...fields]"),
  'guess-believed': swap(
    'for (const signal of decided.signals)',
    'for (const signal of count ? decided.signals : [])',
  ),
  'network-before-its-place': swap('isOpening ? { ...wanted, habits: null } : wanted', 'wanted'),
  'sign-not-looked-at': lookout("standing !== 'record')", "standing === 'record')"),
  'sign-before-its-login': lookout(
    'Math.max(sighting.atMs, live.session.authTimeMs + 1)',
    'sighting.atMs',
  ),
  'sighting-forgotten': lookout('remember(token, signs', "remember('', signs"),
  'end-promised': lookout('await end(', 'void (await null) ?? void ('),
  'presence-from-elsewhere': lookout('if (this.#isNews(known, sighting)) return []', ''),
  'presence-not-written': lookout('if (!stay || live === null', 'if (stay || live === null'),
  'presence-not-asked': signals('Math.max(stay.atMs, presentAtMs ?? stay.atMs)', 'stay.atMs'),
  'all-is-news': signals(
    '(trail.stay === null || isElsewhere',
    '(trail.stay !== null || isElsewhere',
  ),
  'floor-ignored': {
    file: 'session/travel.ts',
    from: 'apartKm(a, b, limits) > limits.floorKm',
    to: 'apartKm(a, b, limits) > 0',
  },
  'sign-unannounced': response("feed: [{ kind: 'subject', slot }]", 'feed: []'),
  'sign-not-kept': response("['HSET', key, ...fields.flatMap", "['HDEL', key, ...fields.flatMap"),
  'signs-not-carried': {
    file: 'session/rotation.ts',
    from: 'carriedSigns(before.seen ?? new Map()',
    to: 'carriedSigns(new Map()',
  },
}
