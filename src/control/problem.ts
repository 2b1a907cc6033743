/**
 * How the control plane answers: JSON, and problem details (RFC 9457) for refusals.
 * Nothing of the control plane may be stored (`Cache-Control: no-store`), and no refusal may carry a
 * key, a token or what an exception said.
 */
import { RETRY_AFTER_SECONDS } from '../vocabulary/limits.ts'

/** One thing that is wrong with the input. */
export interface InputError {
  /** RFC 6901, into the body; a path or query parameter is named as if it were a member of it. */
  readonly pointer: string
  readonly detail: string
}

/** Every refusal of the operator API. */
export type ProblemCode = keyof typeof PROBLEMS

const PROBLEMS = {
  invalid_json: [400, 'Bad Request'],
  invalid_form: [400, 'Bad Request'],
  invalid_api_key: [401, 'Unauthorized'],
  insufficient_scope: [403, 'Forbidden'],
  not_found: [404, 'Not Found'],
  method_not_allowed: [405, 'Method Not Allowed'],
  subject_disabled: [409, 'Conflict'],
  content_too_large: [413, 'Content Too Large'],
  invalid_input: [422, 'Unprocessable Content'],
  misconfigured: [500, 'Internal Server Error'],
  internal_error: [500, 'Internal Server Error'],
  session_store_unavailable: [503, 'Service Unavailable'],
  insufficient_storage: [507, 'Insufficient Storage'],
} as const

/** A success: JSON that is never stored. */
export const json = (status: number, body: unknown, headers?: Record<string, string>): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
  })

/**
 * A refusal. `type` stays about:blank, so `title` is the status phrase (RFC 9457 section 4.2.1);
 * programs go by `code`, and `instance` is what the log calls this occurrence.
 */
export function problem(
  code: ProblemCode,
  detail: string,
  extra: {
    readonly headers?: Record<string, string>
    readonly errors?: readonly InputError[]
    readonly instance?: string
    /** Members of this kind of problem only (RFC 9457 section 3.2). */
    readonly members?: Readonly<Record<string, unknown>>
  } = {},
): Response {
  const [status, title] = PROBLEMS[code]
  const { headers, errors, members, instance = newInstance() } = extra
  return json(
    status,
    {
      type: 'about:blank',
      title,
      status,
      code,
      detail,
      instance,
      ...(errors && { errors }),
      ...members,
    },
    { 'content-type': 'application/problem+json', ...headers },
  )
}

/** A name for one occurrence of a problem, the same in the answer and in the log. */
export const newInstance = (): string => `urn:uuid:${crypto.randomUUID()}`

/** 422 with everything that is wrong. */
export const invalidInput = (errors: readonly InputError[]): Response =>
  problem('invalid_input', 'The input is not as described.', { errors })

/** 404 for a session that is not alive, or an id that is none; the two are not told apart. */
export const noSuchSession = (): Response =>
  problem('not_found', 'There is no live session with this id.')

/** 503: the outcome is unknown, and every operation is safe to repeat. */
export const storeUnavailable = (): Response =>
  problem('session_store_unavailable', 'The session store gave no usable answer. Try again.', {
    headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
  })
