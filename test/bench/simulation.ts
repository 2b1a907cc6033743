/**
 * What ours asks Redis for, by simulation: users with Zipf activity visit edges, each isolate remembers and
 * listens as src/session does. Pure and seeded. Must never be kinder than the code it stands for: what the
 * code sends in one read is counted command by command.
 */

export interface Traffic {
  /** Over all edges. */
  readonly requestsPerSecond: number
  readonly edges: number
  /** `B`. */
  readonly maxStalenessMs: number
}

/** Per 1,000 requests. */
export interface RedisUse {
  /** Decided without waiting for Redis. */
  readonly hot: number
  readonly httpRequests: number
  readonly reads: number
  /** Billed once per region. */
  readonly writes: number
  /** The bare GETEX that routes a read to the primary; whether it is billed as a write is unconfirmed. */
  readonly routings: number
}

/** Average requests of an active user: one in ten seconds; the exponent makes a few far busier. */
const USERS_PER_RPS = 10
const USER_EXPONENT = 1
const EDGE_EXPONENT = 0.8
/** Where a user is not at home: roaming, VPN, anycast. */
const AWAY = 0.05
/** A busier edge has more isolates; Cloudflare documents no figure. */
const REQUESTS_PER_ISOLATE = 250
const REREAD_MS = 300_000
const TOUCH_MS = 60_000
const WARM_MS = 330_000

/** Commands of each kind of exchange, as src/session/reads.ts and touch.ts send them. */
const FEED_READS = 1
const SESSION_READS = 3
const HEAD_READS = 1
const TOUCH_WRITES = 2
/** The first use of a session that an isolate knows of: one write more, and a look whether it still lives. */
const FIRST_TOUCH_WRITES = 3
const FIRST_TOUCH_READS = 1

interface Isolate {
  heardAtMs: number
  /** user → when read, and the last use this isolate knows of. */
  readonly known: Map<number, { readAtMs: number; seenAtMs: number }>
}

export function simulate(traffic: Traffic): RedisUse {
  const { requestsPerSecond, edges, maxStalenessMs } = traffic
  const random = randomSource(42)
  const users = Math.max(100, requestsPerSecond * USERS_PER_RPS)
  const drawUser = zipf(users, USER_EXPONENT, random)
  const drawEdge = zipf(edges, EDGE_EXPONENT, random)
  const homes = Int32Array.from({ length: users }, drawEdge)
  const isolates = isolatesOf(homes, edges, requestsPerSecond)
  const seenAtMs = new Float64Array(users).fill(Number.NEGATIVE_INFINITY)
  // At least 20,000 requests count, however slow the traffic.
  const measuredMs = Math.max(120_000, 20_000_000 / requestsPerSecond)
  const zero = { requests: 0, hot: 0, httpRequests: 0, reads: 0, writes: 0, routings: 0 }
  const [warming, count] = [{ ...zero }, { ...zero }]

  for (let nowMs = 0; nowMs < WARM_MS + measuredMs; ) {
    nowMs += (-Math.log(1 - random()) * 1000) / requestsPerSecond
    const user = drawUser()
    const at = isolates[random() < AWAY ? drawEdge() : (homes[user] ?? 0)] ?? []
    const isolate = at[Math.floor(random() * at.length)]
    if (isolate === undefined) continue
    const counts = nowMs >= WARM_MS ? count : warming
    counts.requests++
    const age = nowMs - isolate.heardAtMs
    let known = isolate.known.get(user)
    const mustRead = known === undefined || nowMs - known.readAtMs > REREAD_MS
    if (age > maxStalenessMs || mustRead) {
      // A stale feed and an unknown session share one exchange with the primary.
      const stale = age > maxStalenessMs
      counts.httpRequests++
      counts.reads += SESSION_READS + (stale ? FEED_READS : HEAD_READS)
      if (stale) counts.routings++
      if (age === Number.POSITIVE_INFINITY) counts.reads++
      if (stale) isolate.heardAtMs = nowMs
      known = { readAtMs: nowMs, seenAtMs: seenAtMs[user] ?? Number.NEGATIVE_INFINITY }
      isolate.known.set(user, known)
    } else counts.hot++
    if (nowMs - isolate.heardAtMs > maxStalenessMs / 2) {
      counts.httpRequests++
      counts.reads += FEED_READS
      counts.routings++
      isolate.heardAtMs = nowMs
    }
    if (known !== undefined && nowMs - known.seenAtMs >= TOUCH_MS) {
      counts.httpRequests++
      const isFirst = known.seenAtMs === Number.NEGATIVE_INFINITY
      counts.writes += isFirst ? FIRST_TOUCH_WRITES : TOUCH_WRITES
      if (isFirst) counts.reads += FIRST_TOUCH_READS
      known.seenAtMs = nowMs
      seenAtMs[user] = nowMs
    }
  }
  const per1000 = (n: number) => (n / count.requests) * 1000
  return {
    hot: per1000(count.hot),
    httpRequests: per1000(count.httpRequests),
    reads: per1000(count.reads),
    writes: per1000(count.writes),
    routings: per1000(count.routings),
  }
}

function isolatesOf(homes: Int32Array, edges: number, requestsPerSecond: number): Isolate[][] {
  const share = new Float64Array(edges)
  for (const home of homes) share[home] = (share[home] ?? 0) + 1 / homes.length
  return Array.from(share, (part) => {
    const length = Math.max(1, Math.ceil((part * requestsPerSecond) / REQUESTS_PER_ISOLATE))
    return Array.from({ length }, () => ({
      heardAtMs: Number.NEGATIVE_INFINITY,
      known: new Map(),
    }))
  })
}

/** Draws 0 … n-1, the k-th with weight 1/(k+1)^exponent. */
function zipf(n: number, exponent: number, random: () => number): () => number {
  const sums = new Float64Array(n)
  let sum = 0
  for (let k = 0; k < n; k++) {
    sum += (k + 1) ** -exponent
    sums[k] = sum
  }
  return () => {
    const wanted = random() * sum
    let [low, high] = [0, n - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] ?? 0) < wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** mulberry32. */
function randomSource(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
