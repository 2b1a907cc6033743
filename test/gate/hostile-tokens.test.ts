/**
 * A flood of tokens that are none of ours: each is refused at the edge, and Redis never hears of any.
 * The flood is seeded, so a run can be repeated.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TokenSealer } from '../../src/session/token.ts'
import { stand } from '../support/stand.ts'
import {
  COOKIE,
  type Login,
  OTHER_KEY_BYTES,
  startWorker,
  TOKEN_KEY_BYTES,
  type Worker,
} from '../support/worker.ts'

const FLOOD = 1000
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** mulberry32 */
function randomSource(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const bytesOf = (base64url: string) =>
  Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (character) =>
    character.charCodeAt(0),
  )

describe('tokens that are none of ours', () => {
  let worker: Worker
  let real: Login
  const random = randomSource(20261124)
  const below = (n: number) => Math.floor(random() * n)
  const junk = (length: number) =>
    Array.from({ length }, () => BASE64URL[below(BASE64URL.length)]).join('')

  beforeAll(async () => {
    worker = await startWorker()
    real = await worker.login()
  })
  afterAll(() => worker.api('DELETE', `/sessions/${real.sid}`))

  /** Each kind differs from the real token in its own way. */
  async function hostile(kind: number, otherSealer: TokenSealer): Promise<string> {
    const { token } = real
    const body = token.slice('sess_'.length)
    switch (kind) {
      case 0:
        return `sess_${junk(body.length)}`
      case 1:
        return token.slice(0, 1 + below(token.length - 1))
      case 2: {
        const at = 5 + below(body.length)
        const old = BASE64URL.indexOf(token[at] ?? '')
        const flipped = BASE64URL[old ^ (1 << below(6))] ?? ''
        return token.slice(0, at) + flipped + token.slice(at + 1)
      }
      case 3:
        return (await otherSealer.seal(junk(22).replace(/.$/, 'A'))).token
      case 4:
        return token + junk(1 + below(6000))
      case 5:
        return `${['SESS', 'ses', 'sesss', 'admin', ''][below(5)]}_${body}`
      default:
        return junk(1 + below(300))
    }
  }

  it('cost Redis nothing, and every one is refused', { timeout: 20_000 }, async () => {
    // The same key id as the Worker's, other bytes: only the tag tells.
    const otherSealer = new TokenSealer('sess', [{ kid: '1', bytes: bytesOf(OTHER_KEY_BYTES) }])
    const tokens = await Promise.all(
      Array.from({ length: FLOOD }, (_, i) => hostile(i % 7, otherSealer)),
    )
    expect(tokens).not.toContain(real.token)
    await stand().resetStats()
    const statuses = new Map<number, number>()
    for (const [i, token] of tokens.entries()) {
      const response = await worker.visit(
        '/app',
        i % 2 === 0 ? { token } : { cookie: `theme=dark; ${COOKIE}=${token}` },
      )
      await response.body?.cancel()
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
    }
    const { commands, httpRequests } = await stand().stats()
    expect({ commands, httpRequests }).toEqual({ commands: 0, httpRequests: 0 })
    expect([...statuses.keys()].filter((status) => status !== 401 && status !== 400)).toEqual([])
    expect([...statuses.values()].reduce((sum, n) => sum + n)).toBe(FLOOD)
    // The counter does count: the real token is looked up and admitted.
    expect((await worker.visit('/app', { token: real.token })).status).toBe(200)
    expect((await stand().stats()).commands).toBeGreaterThan(0)
  })

  it('look the same from outside as a session that has ended', async () => {
    const ended = await worker.login()
    await worker.api('DELETE', `/sessions/${ended.sid}`)
    const sealer = new TokenSealer('sess', [{ kid: '1', bytes: bytesOf(TOKEN_KEY_BYTES) }])
    const neverWas = (await sealer.seal('AAAAAAAAAAAAAAAAAAAAAA')).token
    const answers = await Promise.all(
      [`sess_${junk(82)}`, ended.token, neverWas].map(async (token) => {
        const response = await worker.visit('/app', { token })
        const problem = (await response.json()) as { instance: string }
        return [
          response.status,
          [...response.headers],
          { ...problem, instance: problem.instance.length },
        ]
      }),
    )
    expect(answers[0]).toMatchObject([401, expect.anything(), { code: 'invalid_token' }])
    expect(answers[1]).toEqual(answers[0])
    expect(answers[2]).toEqual(answers[0])
  })
})
