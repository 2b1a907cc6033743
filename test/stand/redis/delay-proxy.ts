/**
 * The line between a replica and its primary: what the primary sends arrives exactly `lagMs`
 * later, in order; while partitioned nothing passes in either direction, and nothing is lost.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A chunk on its way, or the end of the connection that comes after it. */
interface Parcel {
  sentAt: number
  deliver(): void
}

export class DelayProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #target = 0
  #lagMs = 0
  #partitioned = false
  /** From the primary: subject to lag and partition. */
  #down: Parcel[] = []
  /** From the replica: held by a partition only. */
  #up: (() => void)[] = []
  #timer: NodeJS.Timeout | undefined

  private constructor() {
    this.#server = createServer((replica) => this.#join(replica))
  }

  static async listen(): Promise<DelayProxy> {
    const proxy = new DelayProxy()
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject)
      proxy.#server.listen(0, '127.0.0.1', resolve)
    })
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Cuts the line to the former primary: what was under way is lost. */
  setTarget(port: number): void {
    this.#target = port
    this.#cut()
  }

  setLag(lagMs: number): void {
    this.#lagMs = lagMs
    this.#deliver()
  }

  partition(): void {
    this.#deliver()
    this.#partitioned = true
  }

  heal(): void {
    this.#partitioned = false
    for (const send of this.#up.splice(0)) send()
    this.#deliver()
  }

  #join(replica: Socket): void {
    const primary = connect(this.#target, '127.0.0.1')
    for (const socket of [replica, primary]) {
      socket.setNoDelay(true)
      this.#sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => this.#sockets.delete(socket))
    }
    replica.on('data', (chunk) => this.#send(() => primary.write(chunk)))
    replica.on('close', () => primary.destroy())
    primary.on('data', (chunk) => this.#receive(() => replica.write(chunk)))
    primary.on('close', () => this.#receive(() => replica.destroy()))
  }

  #send(deliver: () => void): void {
    if (this.#partitioned) this.#up.push(deliver)
    else deliver()
  }

  #receive(deliver: () => void): void {
    this.#down.push({ sentAt: performance.now(), deliver })
    this.#deliver()
  }

  #deliver(): void {
    clearTimeout(this.#timer)
    if (this.#partitioned) return
    const arrived = performance.now() - this.#lagMs
    while (this.#down[0] !== undefined && this.#down[0].sentAt <= arrived) {
      this.#down.shift()?.deliver()
    }
    const [next] = this.#down
    if (next === undefined) return
    this.#timer = setTimeout(() => this.#deliver(), Math.max(0, next.sentAt - arrived))
  }

  #cut(): void {
    this.#down = []
    this.#up = []
    for (const socket of this.#sockets) {
      // Its close must not be queued behind bytes that no longer exist.
      socket.removeAllListeners('close')
      socket.destroy()
    }
    this.#sockets.clear()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#cut()
    this.#server.close()
  }
}
