/**
 * Types of the one class that redis.ts takes from inside @upstash/redis 1.39.0 (its own declarations do not
 * name the file). Must never say more than what redis.ts uses.
 */
declare module '*/chunk-4WQYU7T6.mjs' {
  export class HttpClient {
    constructor(config: {
      baseUrl: string
      headers: Readonly<Record<string, string>>
      readYourWrites: boolean
      responseEncoding: false
      retry: { retries: number; backoff: (attempt: number) => number }
    })
    request(request: {
      path: readonly string[]
      body: unknown
      signal: () => AbortSignal
    }): Promise<unknown>
  }
}
