/**
 * Two ways to send many requests: at a steady rate whatever the answers do, and so many at a time.
 * Must never drop one: both end when every one has been answered.
 */

const TICK_MS = 5

/** `count` calls at `perSecond`; resolves to the ms it took. */
export async function steadily(
  count: number,
  perSecond: number,
  send: (index: number) => Promise<void>,
): Promise<number> {
  const startedAtMs = performance.now()
  const sent: Promise<void>[] = []
  while (sent.length < count) {
    const due = Math.min(count, ((performance.now() - startedAtMs) / 1000) * perSecond)
    while (sent.length < due) {
      const call = send(sent.length)
      // A failure is reported at the end, when all are awaited; until then it must not end the process.
      call.catch(() => undefined)
      sent.push(call)
    }
    await sleep(TICK_MS)
  }
  await Promise.all(sent)
  return performance.now() - startedAtMs
}

/** `count` calls, `width` of them under way at any time. */
export async function inParallel(
  count: number,
  width: number,
  send: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < count) await send(next++)
  }
  await Promise.all(Array.from({ length: width }, lane))
}

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** Draws 0 … size−1 with weights 1, 1/2, 1/3, …: few sessions make most of the traffic. */
export function zipf(size: number, random: { next(): number }): () => number {
  const reach: number[] = []
  let total = 0
  for (let rank = 1; rank <= size; rank++) {
    total += 1 / rank
    reach.push(total)
  }
  return () => {
    const drawn = random.next() * total
    let [low, high] = [0, size - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((reach[middle] ?? 0) < drawn) low = middle + 1
      else high = middle
    }
    return low
  }
}
