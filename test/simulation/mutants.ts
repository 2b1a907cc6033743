/**
 * The deciding code, broken on purpose, each way with a name: what the simulation must notice. A mutation is a
 * replacement in the real source. Must match it exactly once, so that it breaks loudly when the source changes.
 */
import { SIGHTING_MUTANTS } from './sighting-mutants.ts'

export interface Mutant {
  readonly file: string
  readonly from: string
  readonly to: string
}

const edge = (from: string, to: string): Mutant => ({ file: 'session/edge.ts', from, to })
const judge = (from: string, to: string): Mutant => ({ file: 'session/judge.ts', from, to })
const news = (from: string, to: string): Mutant => ({ file: 'session/news.ts', from, to })
const shell = (from: string, to: string): Mutant => ({
  file: 'session/introspection.ts',
  from,
  to,
})

const establishment = (from: string, to: string): Mutant => ({
  file: 'session/establishment.ts',
  from,
  to,
})
const rotation = (from: string, to: string): Mutant => ({ file: 'session/rotation.ts', from, to })
const revocation = (from: string, to: string): Mutant => ({
  file: 'session/revocation.ts',
  from,
  to,
})

/**
 * Not planted, because a second rule covers each alone (25,000 schedules saw no difference): memory kept when
 * the feed starts anew, a reply of an earlier generation, an older statement over a newer one, what was asked before
 * the new beginning, what was asked before the latest read and knows more (test/session/out-of-turn.test.ts holds that).
 * What is asked earlier and knows more counts for nothing, and every statement keeps its own head.
 */
export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'no-overlay': judge(
    'of news.about(address.slot)',
    'of [...news.about(address.slot)].slice(0, 0)',
  ),
  'overlay-ignores-head': judge('if (seq <= head) continue', 'if (seq < 0) continue'),
  'remembered-head-forgotten': shell(
    'this.#edge.memory.put(token, own)',
    'this.#edge.memory.put(token, { ...own, head: this.#edge.news.since()?.head ?? own.head })',
  ),
  'reply-end-as-heard-time': shell(
    'this.#edge.hear(feed, this.#now())',
    'this.#edge.hear({ ...feed, askedAtMs: this.#now() }, this.#now())',
  ),
  'feed-from-replica': {
    file: 'session/reads.ts',
    from: 'await redis.readPrimary(commands',
    to: "await redis[address ? 'readPrimary' : 'readNearest'](commands",
  },
  'overtaken-believed': edge('isOvertaken && own.head', 'own.head < 0 && own.head'),
  'regressed-head-ignored': news(
    'return continues && fresh',
    'return head < since.head || continues && fresh',
  ),
  'gap-ignored': news('return continues && fresh === head - since.head', 'return true'),
  'replica-miss-is-final': edge(
    "known.source === 'primary' ? { kind: 'dead'",
    "known !== null ? { kind: 'dead'",
  ),
  'hole-ignored': news('head < first.afterHead || ', ''),
  'strong-uses-memory': edge('#isPrimaryNow(own, nowMs) ?', '#isPrimaryNow(known, nowMs) ?'),
  'strong-however-slow': edge('&& ageMs <= this', '&& 0 <= this'),
  'permission-change-ignored': judge(
    "case 'subject':\n        outdated = true",
    "case 'subject':\n        outdated ||= false",
  ),
  'epoch-max-to-last': {
    file: 'session/lifetime.ts',
    from: 'latest = Math.max(latest, epochs.get(',
    to: 'latest = Math.max(Math.min(latest, 0), epochs.get(',
  },
  'epoch-taken-back': news('if (atMs > (this.#epochs.get(name) ?? 0)) this', 'this'),
  'epochs-not-asked-for': {
    file: 'session/reads.ts',
    from: 'since === null ? parseEpochs(replies[1]) : null',
    to: 'null',
  },
  'epoch-news-ignored': news(
    "if (entry.kind === 'epoch') this.learn",
    "if (entry.kind === 'x') this.learn",
  ),
  'idle-from-memory-is-final': judge(
    "finalIf(own && known.source === 'primary', 'idle')",
    "finalIf(true, 'idle')",
  ),
  'rotation-ignored': judge('if (entry.digest !== address.digest) break', 'break'),
  'rotation-end-ignored': judge('if (nowMs >= entry.untilMs) doubtful = true', ''),
  'pointer-outlives-its-grace': judge(
    'if (graceUntilMs !== null && nowMs >= graceUntilMs)',
    'if (graceUntilMs !== null && nowMs < 0)',
  ),
  'keep-family-ignored': judge('if (entry.keep === root)', 'if (entry.keep === address.digest)'),
  'others-spared': judge('if (entry.keep === root)', 'if (entry.keep !== null)'),
  'family-ignored': judge('entry.family === root || ', ''),
  'grace-for-strong': edge(
    'this.#isPrimaryNow(own, nowMs) ?',
    'graceMs > 0 || this.#isPrimaryNow(own, nowMs) ?',
  ),
  'grace-without-outage': edge('own === null ? graceMs : 0', '1000'),
  'grace-without-end': edge(
    'if (!this.isFresh(nowMs, own === null ? graceMs : 0))',
    'if (graceMs === 0 && !this.isFresh(nowMs))',
  ),
  'freshness-off-by': edge(
    '<= this.#limits.maxStalenessMs + graceMs',
    '<= 2 * this.#limits.maxStalenessMs + graceMs',
  ),
  'own-is-fresh': edge('if (!this.isFresh', 'if (own === null && !this.isFresh'),
  'reread-never': edge(
    'return nowMs - known.askedAtMs >',
    'return nowMs < 0 &&  known.askedAtMs >',
  ),
  'expiry-ignored': {
    file: 'session/lifetime.ts',
    from: 'if (nowMs >= session.expiresAtMs)',
    to: 'if (nowMs < 0)',
  },
  'outage-is-dead': shell(
    'if (graceMs === 0) throw trouble',
    "if (graceMs === 0) return { active: false, reason: 'unknown' }",
  ),
  'epochs-of-a-broken-reply-lost': news(
    'for (const { entry } of reply.entries) {',
    'for (const { entry } of reply.since && !isWhole(reply, reply.since) ? [] : reply.entries) {',
  ),
  'log-out-known-to-a-replica-is-final': judge(
    "if (source === 'primary') return REVOKED",
    'return REVOKED',
  ),
  'epochs-not-asked-for-on-eventual': shell('!this.#edge.isFresh(askedAtMs)', 'false'),

  // The registry.
  'create-not-undone': establishment('if (then?.disabled)', 'if (then === undefined)'),
  'first-word-unannounced': establishment(
    'before.subject === null && (draft',
    'before.subject === undefined && (draft',
  ),
  'taken-back-silently': {
    file: 'session/subject-registry.ts',
    from: "const feed = [{ kind: 'subject', slot } as const]",
    to: 'const feed: never[] = []',
  },
  'eviction-unannounced': establishment(
    '          ...evicted.map((member) => ended(slot, member)),\n',
    '',
  ),
  'permissions-unannounced': {
    file: 'session/subject-registry.ts',
    from: "feed: [{ kind: 'subject', slot }],\n          events: changed",
    to: 'feed: [],\n          events: changed',
  },
  'rotation-of-the-dead': rotation('isThere: session !== null', 'isThere: session !== undefined'),
  'seen-and-spared': revocation('if (left.length === 0) break', 'break'),
  'root-unannounced': revocation(', ...known.map(({ session }) => session.root)]', ']'),
  'others-seen-and-spared': {
    file: 'session/subject-ending.ts',
    from: 'endsAlso: others,',
    to: 'endsAlso: () => [],',
  },
  'disabled-and-spared': {
    file: 'session/subject-ending.ts',
    from: '...endingOfAll(slot, cause),\n  writes,',
    to: '...endingOfAll(slot, cause),\n  removal: [],\n  endsAlso: () => [],\n  writes,',
  },
  'epoch-lowered': {
    file: 'session/bulk-revocation.ts',
    from: "EPOCHS_KEY, 'GT', atMs",
    to: 'EPOCHS_KEY, atMs',
  },

  ...SIGHTING_MUTANTS,
}

/** Where to look for those that show seldom: from that seed on. */
export const SEEDS: Readonly<Record<string, number>> = {
  'create-not-undone': 420,
  'first-word-unannounced': 530,
  'family-ignored': 640,
  'own-is-fresh': 670,
  'epoch-taken-back': 1700,
  'seen-and-spared': 1800,
  'others-seen-and-spared': 1800,
  'epoch-lowered': 2030,
  'repeat-finds-itself': 2500,
  'epochs-of-a-broken-reply-lost': 3490,
  'strong-however-slow': 5800,
  'rotation-of-the-dead': 9200,
  'root-unannounced': 25700,
  'log-out-known-to-a-replica-is-final': 10_600,
  'sign-unannounced': 17_800,
  'taken-back-silently': 70_108_277,
  'overtaken-believed': 110_569_500,
  'network-before-its-place': 120_008_000,
  'sign-before-its-login': 130_041_500,
}
