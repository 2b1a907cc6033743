/**
 * What must never be told: secrets that were planted, looked for in every text that leaves the Worker, in the
 * forms in which a secret travels. Pure but for its memory. Must never repeat a secret when it reports one.
 */

export type Tolerance = 'never' | 'owner-only'

/** Where a secret was seen, and of which kind it is. */
export interface Leak {
  readonly secret: string
  readonly where: string
}

const base64 = (text: string): string =>
  btoa(String.fromCharCode(...new TextEncoder().encode(text)))

/**
 * As it is, in base64 and base64url at each of the three alignments a longer text can give it (without the
 * characters that its neighbours change), URL-encoded, and in hex.
 */
export function formsOf(secret: string): string[] {
  const aligned = ['', 'x', 'xx'].map((before) => {
    const whole = base64(before + secret).replace(/=+$/, '')
    const from = before === '' ? 0 : before.length + 1
    return whole.slice(from, -1)
  })
  const hex = [...new TextEncoder().encode(secret)]
    .map((b) => b.toString(16).padStart(2, '0'))
    .join('')
  const encoded = encodeURIComponent(secret)
  const urlSafe = aligned.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))
  return [...new Set([secret, encoded, encoded.toLowerCase(), ...aligned, ...urlSafe, hex])]
}

/** Shorter ones would be found in any text. */
const LEAST_CHARACTERS = 8
/** Tokens are made by the thousand, and each text is searched for all that are remembered. */
const MOST_TOKENS = 30

export class LeakWatch {
  readonly leaks: Leak[] = []
  looked = 0
  readonly #secrets = new Map<string, { kind: string; forms: string[] }>()
  /** The latest. */
  readonly #tokens = new Map<string, { kind: string; forms: string[] }>()

  /** `owner-only`: may go to whom it belongs in an answer (a token, once), but never into a log or an error. */
  plant(kind: string, secret: string, tolerance: Tolerance = 'never'): void {
    if (secret.length < LEAST_CHARACTERS) throw new Error(`${kind}: too short to look for`)
    const held = tolerance === 'never' ? this.#secrets : this.#tokens
    if (held.has(secret)) return
    held.set(secret, { kind, forms: formsOf(secret) })
    const [oldest] = this.#tokens.keys()
    if (this.#tokens.size > MOST_TOKENS && oldest !== undefined) this.#tokens.delete(oldest)
  }

  /** `forOwner`: an answer that may tell a person or an operator their own. */
  look(where: string, text: string, forOwner = false): void {
    this.looked++
    const sought = forOwner ? [this.#secrets] : [this.#secrets, this.#tokens]
    for (const { kind, forms } of sought.flatMap((held) => [...held.values()])) {
      if (forms.some((form) => text.includes(form))) this.leaks.push({ secret: kind, where })
    }
  }

  /** Headers and, of an error, the body. Other bodies are the origin's or the operator's own. */
  async lookAtAnswer(where: string, response: Response): Promise<void> {
    const lines = [...response.headers].map(([name, value]) => `${name}: ${value}`)
    const isCookie = (line: string) => line.startsWith('set-cookie:')
    this.look(`${where}: headers`, lines.filter((line) => !isCookie(line)).join('\n'))
    this.look(`${where}: set-cookie`, lines.filter(isCookie).join('\n'), true)
    if (response.headers.get('content-type')?.includes('problem+json')) {
      this.look(`${where}: error body`, await response.clone().text())
    }
  }

  /** A log is for everybody who operates the Worker: nothing is theirs. Returns what undoes it. */
  listenTo(target: Pick<Console, 'info' | 'warn' | 'error' | 'log'>): () => void {
    const names = ['info', 'warn', 'error', 'log'] as const
    const own = names.map((name) => target[name])
    for (const [at, name] of names.entries()) {
      target[name] = (...said: unknown[]) => {
        this.look('log', said.map(String).join(' '))
        own[at]?.apply(target, said)
      }
    }
    return () => {
      for (const [at, name] of names.entries()) target[name] = own[at] as Console[typeof name]
    }
  }
}
