/**
 * One edge as a visitor and an operator see it over HTTP, with this process's clock around each request.
 * The edge decides somewhere between `sentAtMs` and `answeredAtMs`; must never claim to know it closer.
 */
import { Agent, request } from 'node:http'

export interface Answer {
  /** 0: no answer; `body` says why. */
  readonly status: number
  readonly sentAtMs: number
  readonly answeredAtMs: number
  readonly body: string
}

/** Longer than any deadline of the product: no answer by then is a request that hangs. */
const GIVE_UP_MS = 30_000
const MAX_SOCKETS = 64
/** workerd closes a connection that was idle for 5 s, perhaps just as a request is on its way. */
const IDLE_MS = 3000
const CLOSED_WHILE_IDLE = 'closed while idle'
const MAX_CALLS = 10
const PAUSE_MS = 100

export class Door {
  readonly url: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, timeout: IDLE_MS })

  constructor(url: string) {
    this.url = url
  }

  /**
   * An object goes as JSON, URLSearchParams as a form; an empty `bearer` is none. Never rejects: no answer is an
   * answer, too.
   */
  async send(method: string, path: string, bearer: string, content?: object): Promise<Answer> {
    const answer = await this.#once(method, path, bearer, content)
    // The connection was closed while idle; as every client does, ask again on a new one.
    return answer.body === CLOSED_WHILE_IDLE ? this.#once(method, path, bearer, content) : answer
  }

  #once(method: string, path: string, bearer: string, content?: object): Promise<Answer> {
    const form = content instanceof URLSearchParams
    const body = content && (form ? content.toString() : JSON.stringify(content))
    const type = form ? 'application/x-www-form-urlencoded' : 'application/json'
    const headers = {
      ...(bearer !== '' && { authorization: `Bearer ${bearer}` }),
      ...(body && {
        'content-type': type,
        'content-length': Buffer.byteLength(body),
      }),
    }
    return new Promise((resolve) => {
      const sentAtMs = performance.now()
      const end = (status: number, answeredAtMs: number, text: string) =>
        resolve({ status, sentAtMs, answeredAtMs, body: text })
      const failed = (error: NodeJS.ErrnoException) =>
        end(0, performance.now(), whyNot(error, sending.reusedSocket))
      const options = { agent: this.#agent, method, headers, timeout: GIVE_UP_MS }
      const sending = request(this.url + path, options, (response) => {
        // The headers are the decision; the body may take its time.
        const answeredAtMs = performance.now()
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          end(response.statusCode ?? 0, answeredAtMs, Buffer.concat(chunks).toString()),
        )
        response.on('error', failed)
      })
      sending.on('timeout', () => sending.destroy(new Error('no answer in time')))
      sending.on('error', failed)
      sending.end(body)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

const whyNot = ({ code, message }: NodeJS.ErrnoException, reusedSocket: boolean): string =>
  reusedSocket && code === 'ECONNRESET' ? CLOSED_WHILE_IDLE : (code ?? message)

/**
 * The operator API through one edge. Every call may be repeated, so what got no answer or a 503 is; rejects
 * on any other status but the one that was hoped for.
 */
export class Operator {
  /** Calls that had to be made again. */
  repeats = 0
  readonly #door: Door
  readonly #apiKey: string

  constructor(door: Door, apiKey: string) {
    this.#door = door
    this.#apiKey = apiKey
  }

  /** Once, whatever comes of it. */
  attempt(method: string, path: string, content?: object): Promise<Answer> {
    return this.#door.send(method, `/_session/v1${path}`, this.#apiKey, content)
  }

  async call(method: string, path: string, hopedFor: number, content?: object): Promise<Answer> {
    let answer = await this.attempt(method, path, content)
    for (let i = 1; i < MAX_CALLS && (answer.status === 503 || answer.status === 0); i++) {
      this.repeats++
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      answer = await this.attempt(method, path, content)
    }
    if (answer.status === hopedFor) return answer
    throw new Error(`${method} ${path}: ${answer.status} instead of ${hopedFor}: ${answer.body}`)
  }

  async createSession(input: object): Promise<{ readonly sid: string; readonly token: string }> {
    const { body } = await this.call('POST', '/sessions', 201, input)
    const { token, session } = JSON.parse(body) as { token: string; session: { sid: string } }
    return { token, sid: session.sid }
  }
}
