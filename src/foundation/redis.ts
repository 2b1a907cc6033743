/**
 * The only file that speaks to Upstash. One deadline for a call with its one retry, no implicit
 * parsing, and errors that say what kind of trouble it was and nothing else.
 * Must never let an SDK error out (its message carries the command), never take a timed-out read for
 * an empty one (platform.md B2), and never answer from anything but a well-formed reply.
 */
// The SDK's HTTP client without its 200 command classes: 15 KB gzip less in the Worker. The package does not
// export it by name, so the version is pinned, and whoever raises it finds the new name of this file.
import { HttpClient } from '../../node_modules/@upstash/redis/chunk-4WQYU7T6.mjs'

/** A Redis command as it goes over the wire. */
export type Command = readonly [name: string, ...args: (string | number)[]]

/** A Redis reply: what JSON can hold of RESP. */
export type Reply = string | number | null | readonly Reply[]

/** What went wrong with the store; safe to log. */
export type StoreTrouble =
  | 'timeout'
  | 'network'
  | 'unauthorized'
  | 'throttled'
  | 'full'
  | 'refused'
  | 'garbage'

/** The store gave no usable answer: 503, never 401 and never 200. Carries no argument, key or reply. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  readonly trouble: StoreTrouble
  constructor(trouble: StoreTrouble) {
    super(`session store unavailable: ${trouble}`)
    this.trouble = trouble
  }
}

export interface RedisOptions {
  readonly url: string
  readonly token: string
  readonly deadlineMs: number
}

/** A read, and the `feed:head` of the copy it was read from: the data is at least that new. */
export interface ReadReply {
  readonly head: number
  readonly replies: readonly Reply[]
}

const HEAD_KEY = 'feed:head'

/** Redis over HTTP, as little of it as the product needs. Safe to share between requests of an isolate. */
export class Redis {
  /** A call that was lost is sent again within it, and never after. */
  readonly deadlineMs: number
  readonly #transport: Transport

  constructor(options: RedisOptions) {
    this.deadlineMs = options.deadlineMs
    this.#transport = new Transport(options)
  }

  /**
   * Runs all commands atomically at the primary, or none. Replies in order.
   * The outcome is unknown when this throws 'timeout', 'network' or 'garbage': callers must be safe to repeat.
   */
  transaction(commands: readonly Command[]): Promise<readonly Reply[]> {
    return this.#transport.send('multi-exec', commands)
  }

  /**
   * An atomic snapshot of the primary. The bare GETEX counts as a write and changes nothing: it is what
   * routes the whole transaction to the primary (platform.md A2; unconfirmed on a live account, so it
   * stands here alone and /health checks it).
   */
  async readPrimary(commands: readonly Command[], deadlineMs?: number): Promise<ReadReply> {
    const all: Command[] = [['GETEX', HEAD_KEY], ...commands]
    const [head, ...replies] = await this.#transport.send('multi-exec', all, deadlineMs)
    return { head: parseHead(head), replies }
  }

  /** Reads from the nearest region, head first, so that the rest is at least as new as the head says. */
  async readNearest(commands: readonly Command[], deadlineMs?: number): Promise<ReadReply> {
    const all: Command[] = [['GET', HEAD_KEY], ...commands]
    const [head, ...replies] = await this.#transport.send('pipeline', all, deadlineMs)
    return { head: parseHead(head), replies }
  }
}

function parseHead(reply: Reply | undefined): number {
  if (reply === null) return 0
  const head = Number(reply)
  if (!Number.isSafeInteger(head) || head < 0) throw new StoreUnavailable('garbage')
  return head
}

/** The SDK, with the settings that make it safe; each is held by a test in test/foundation/redis.test.ts. */
class Transport {
  readonly #client: HttpClient
  readonly #deadlineMs: number

  constructor({ url, token, deadlineMs }: RedisOptions) {
    this.#deadlineMs = deadlineMs
    this.#client = new HttpClient({
      baseUrl: url,
      headers: { authorization: `Bearer ${token}` },
      readYourWrites: false,
      responseEncoding: false,
      retry: { retries: 1, backoff: () => 0 },
    })
  }

  async send(
    path: 'multi-exec' | 'pipeline',
    body: readonly Command[],
    deadlineMs = this.#deadlineMs,
  ): Promise<Reply[]> {
    // A function: an aborted call then throws. A signal object would make it "succeed" with null.
    const signal = () => AbortSignal.timeout(deadlineMs)
    let answers: unknown
    try {
      answers = await this.#client.request({ path: [path], body, signal })
    } catch (error) {
      throw new StoreUnavailable(troubleOf(error))
    }
    if (isErrorAnswer(answers)) throw new StoreUnavailable(troubleOfMessage(answers.error))
    if (!Array.isArray(answers) || answers.length !== body.length) {
      throw new StoreUnavailable('garbage')
    }
    return answers.map((answer: unknown) => {
      if (isErrorAnswer(answer)) throw new StoreUnavailable(troubleOfMessage(answer.error))
      if (typeof answer !== 'object' || answer === null || !('result' in answer)) {
        throw new StoreUnavailable('garbage')
      }
      return answer.result as Reply
    })
  }
}

const isErrorAnswer = (answer: unknown): answer is { error: string } =>
  typeof answer === 'object' &&
  answer !== null &&
  'error' in answer &&
  typeof answer.error === 'string'

function troubleOf(error: unknown): StoreTrouble {
  if (!(error instanceof Error)) return 'network'
  switch (error.name) {
    case 'TimeoutError':
    case 'AbortError':
      return 'timeout'
    case 'UpstashJSONParseError':
      return 'garbage'
    case 'UpstashError':
      return troubleOfMessage(error.message)
    default:
      return 'network'
  }
}

/** Reads only the fixed words of an error; the message itself may hold arguments and goes no further. */
function troubleOfMessage(wholeMessage: string): StoreTrouble {
  const message = wholeMessage.split(', command was')[0] ?? ''
  if (/WRONGPASS|NOAUTH|NOPERM|unauthorized/i.test(message)) return 'unauthorized'
  if (/capacity quota|OOM command|EXECABORT.*OOM/i.test(message)) return 'full'
  if (/max requests limit|rate.?limit|too many requests|throttl/i.test(message)) return 'throttled'
  return 'refused'
}
