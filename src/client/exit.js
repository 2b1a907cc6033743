/**
 * How a command ends: exit codes that scripts can go by, and what an answer of the API means for them.
 * Must never show more of a failed request than the API's own words: the request holds the key.
 */

/** Documented in help.js. */
export const EXIT = Object.freeze({ done: 0, refused: 1, usage: 2, trouble: 3 })

/** The end of a command that could not be done. */
export class Stop extends Error {
  /**
   * @param {number} code one of EXIT
   * @param {string} message for the person
   */
  constructor(code, message) {
    super(message)
    this.code = code
  }
}

/** @param {string} message */
export const usage = (message) => new Stop(EXIT.usage, message)

/**
 * The answer itself, or a Stop that says why there is none.
 * @template T
 * @param {Promise<{ data?: T, error?: unknown, response: Response }>} call
 * @returns {Promise<NonNullable<T>>}
 */
export async function answerOf(call) {
  const { data, error, response } = await call.catch((cause) => {
    throw noAnswer(cause)
  })
  if (response.ok && data !== undefined && data !== null) return data
  throw refusal(response.status, error)
}

/** @param {unknown} cause */
export function noAnswer(cause) {
  if (cause instanceof SyntaxError)
    return new Stop(EXIT.refused, 'The answer is no JSON: wrong URL?')
  const inner = cause instanceof Error ? cause.cause : undefined
  const code = inner instanceof Error && 'code' in inner ? ` (${inner.code})` : ''
  return new Stop(EXIT.trouble, `No answer${code}. What was asked may have been done; repeat it.`)
}

/**
 * A problem document (RFC 9457) in one or more lines.
 * @param {number} status
 * @param {unknown} body
 */
export function refusal(status, body) {
  const problem = typeof body === 'object' && body !== null ? body : {}
  const { code, detail, errors } = /** @type {Record<string, unknown>} */ (problem)
  const lines = [`${status}${code ? ` ${code}` : ''}${detail ? `: ${detail}` : ''}`]
  for (const error of Array.isArray(errors) ? errors : []) {
    lines.push(`  ${error.pointer}: ${error.detail}`)
  }
  if (code === undefined && status < 500) lines.push('  Not the operator API: wrong URL?')
  return new Stop(status >= 500 || status === 429 ? EXIT.trouble : EXIT.refused, lines.join('\n'))
}
