/**
 * What cannot hold once a failover has lost acknowledged writes: three things that no feed tells an edge of. The
 * oracle allows these and nothing else. Must never excuse a decision against a write that was not lost.
 */
import type { Isolate } from './isolate.ts'
import type { Request } from './request.ts'
import { ends, type Holder } from './roster.ts'
import type { World } from './world.ts'

/** It only ever lived in what was lost, and nobody ended it up to `until`: creations are not announced. */
export function isLostCreation(
  { roster, store }: World,
  holder: Holder,
  until: number,
  clockMs: number,
): boolean {
  let hasLived = false
  for (let position = holder.createdAt; position <= store.position; position++) {
    if (!roster.isStored(holder, position)) continue
    if (!store.lost[position]) return false
    hasLived = true
  }
  if (!hasLived) return false
  return !store.stream.some(
    (item) => item.position <= until && !store.lost[item.position] && ends(item, holder, clockMs),
  )
}

/**
 * A replica told a head that was kept and then, in the same reply, data of a write that was lost. It is held until
 * it is read again or changed again.
 */
export function isLostChange(world: World, request: Request, isolate: Isolate): boolean {
  if (!world.failedOver) return false
  const { lost } = world.store
  const failedOverMs = world.conditions.failover?.atMs ?? 0
  const reads = isolate.reads.filter(({ digest }) => digest === request.address.digest)
  // A head of the lost line would have told.
  if (reads.some(({ position }) => lost[position])) return false
  return reads.some(
    ({ source, startedMs, position }) =>
      source === 'nearest' && startedMs < failedOverMs && lost.includes(true, position + 1),
  )
}

/**
 * A read showed a head of the lost line, this isolate heard nothing else of that line, and by the time it heard the
 * primary again as many new entries had been written as were lost: the heads are the same, and the new entries
 * are taken for those that the read already knew.
 */
export function haveHeadsMet({ store }: World, request: Request, isolate: Isolate): boolean {
  const { lost, head } = store
  const headAt = (position: number) => head.at(position) ?? 0
  const kept = headAt(lost.indexOf(true) - 1)
  if (isolate.feeds.some(({ position }) => lost[position] && headAt(position) > kept)) return false
  return isolate.reads.some(
    (read) =>
      read.digest === request.address.digest &&
      lost[read.position] === true &&
      !isolate.feeds.some(
        (feed) =>
          feed.startedMs >= read.deliveredMs &&
          feed.position > read.position &&
          headAt(feed.position) < headAt(read.position),
      ),
  )
}
