/**
 * Sessions for the benchmark, written into the stand by the thousand: the same records as the product
 * writes, by its own functions, without a call of the API for each. Must never write anything the product
 * could not have written.
 */
import { tokenKeys } from '../../src/foundation/config-keys.ts'
import type { Command } from '../../src/foundation/redis.ts'
import { writeSession } from '../../src/session/establishment.ts'
import { seenValue } from '../../src/session/record.ts'
import { seenKey, subjectKey } from '../../src/session/subject-sessions.ts'
import { slotOf, TokenSealer } from '../../src/session/token.ts'
import type { SessionAddress } from '../../src/vocabulary/session.ts'

const DAY_MS = 86_400_000
const SESSIONS_PER_REQUEST = 500

export interface StoredSessions {
  readonly tokens: readonly string[]
  /** As if each had just been used at another edge: no touch is due within a minute. */
  refresh(): Promise<void>
}

/** One session for each of `count` subjects, an hour old. */
export async function storeSessions(
  url: string,
  token: string,
  sealingKeys: string,
  count: number,
): Promise<StoredSessions> {
  const send = async (commands: readonly Command[]) => {
    const headers = { authorization: `Bearer ${token}` }
    const body = JSON.stringify(commands)
    const response = await fetch(`${url}/pipeline`, { method: 'POST', headers, body })
    const replies = (await response.json()) as readonly { error?: string }[]
    const failed = replies.find(({ error }) => error !== undefined)
    if (failed !== undefined) throw new Error(`not stored: ${failed.error}`)
  }
  const sealer = new TokenSealer('sess', tokenKeys.parse(sealingKeys))
  const tokens: string[] = []
  const addresses: SessionAddress[] = []
  for (let first = 0; first < count; first += SESSIONS_PER_REQUEST) {
    const batch = Array.from({ length: Math.min(SESSIONS_PER_REQUEST, count - first) })
    const sealed = await Promise.all(
      batch.map(async (_, i) => {
        const subject = `bench-${first + i}`
        return { subject, ...(await sealer.seal(await slotOf(subject))) }
      }),
    )
    await send(sealed.flatMap(({ subject, address }) => commandsFor(subject, address)))
    tokens.push(...sealed.map(({ token }) => token))
    addresses.push(...sealed.map(({ address }) => address))
  }
  const refresh = async () => {
    const seen = { atMs: Date.now(), ip: '203.0.113.7', country: 'DE', city: 'Berlin' }
    for (let first = 0; first < count; first += SESSIONS_PER_REQUEST) {
      const batch = addresses.slice(first, first + SESSIONS_PER_REQUEST)
      await send(batch.map(({ slot, digest }) => ['HSET', seenKey(slot), digest, seenValue(seen)]))
    }
  }
  return { tokens, refresh }
}

function commandsFor(subject: string, address: SessionAddress): Command[] {
  const madeAtMs = Date.now() - 3_600_000
  const session = {
    address,
    root: address.digest,
    rotatedFrom: [],
    createdAtMs: madeAtMs,
    issuedAtMs: madeAtMs,
    expiresAtMs: madeAtMs + 7 * DAY_MS,
    idleMs: DAY_MS,
    authTimeMs: madeAtMs,
    amr: ['pwd', 'otp'],
    acr: null,
    labels: { tenant: 'acme' },
    device: { name: 'Chrome on Windows', ip: '203.0.113.7' },
  }
  const key = subjectKey(address.slot)
  return [
    ...writeSession(session),
    ['HSETNX', key, 'subject', subject],
    ['HSETNX', key, 'updated_at', madeAtMs],
    ['HSET', key, 'permissions', JSON.stringify(['orders:read', 'orders:write'])],
  ]
}
