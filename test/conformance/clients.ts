/**
 * What the conformance tests share: the Worker, and calls as a standard OAuth client makes them.
 * Must never help a test along: nothing here reads or repairs an answer.
 */
import { ALL_KEY, API, onlyKey, SITE, startWorker } from '../support/worker.ts'

export const ISSUER = `${SITE}/_session`
export const METADATA = `${SITE}/.well-known/oauth-authorization-server/_session`
export const BOUND_MS = 100
/** The id of ALL_KEY in API_KEYS. */
export const CLIENT = { id: 'test-key-all', key: ALL_KEY }

export const worker = await startWorker({ MAX_STALENESS_MS: BOUND_MS })

export const basic = (id: string, key: string): string =>
  `Basic ${btoa(`${encodeURIComponent(id)}:${encodeURIComponent(key)}`)}`
export const bearer = (key: string): string => `Bearer ${key}`
export const only = (scope: Parameters<typeof onlyKey>[0]): string => bearer(onlyKey(scope))

/** A POST to one of the two OAuth endpoints, as section 2.1 of both RFCs has it. */
export const post = (
  path: '/introspect' | '/revoke',
  form: string | Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = { authorization: bearer(ALL_KEY) },
): Promise<Response> =>
  worker.send(
    new Request(SITE + API + path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    }),
  )

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
export const jsonOf = async (response: Response): Promise<any> => response.json()

export const elapse = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms))
