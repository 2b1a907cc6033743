/**
 * What an isolate was told, against what it admits. Part of the oracle: it goes by what the network delivered, not
 * by what the code under test made of it. Must never take for told what is older than the isolate's news.
 */
import type { Decision } from './decision.ts'
import { ends } from './roster.ts'

/** The first half of 3: what this isolate was told is dead stays dead here, on every route. */
export function deadByTheNews(decision: Decision): string | null {
  const { world, isolate, holder, clockMs } = decision
  const { conditions } = world
  const { labels, createdAtMs } = holder.session
  const epochs = [...Object.entries(labels).map(([label, value]) => `${label}:${value}`), '*']
  if (epochs.some((name) => createdAtMs < (isolate.epochs.get(name) ?? 0))) {
    return 'admitted against an epoch it was told of'
  }
  // Small pages are forgotten, by design: then a nearest read stands on `eventual`.
  if (conditions.maxItems < 1000 || conditions.newsAgeMs <= conditions.boundMs) return null
  if (world.failedOver) return null
  const told = [...isolate.heard].find(
    (item) => ends(item, holder, clockMs) && !livedSince(decision, item.position),
  )
  return told ? `admitted against news it was told of (#${told.position})` : null
}

/** An entry that a rotation overtook ends nothing yet; the revocation's next one will. */
function livedSince({ world, holder, clockMs }: Decision, from: number): boolean {
  for (let position = from; position <= world.store.position; position++) {
    if (world.roster.isAlive(holder, position, clockMs)) return true
  }
  return false
}
