/**
 * A refusal of the control plane in the words of OAuth: RFC 6749 section 5.2 (`error`, as
 * application/json), which RFC 7662 section 2.3 and RFC 7009 section 2.2.1 ask for. The members of the
 * problem stay beside it. Must never be used for endpoints that are not OAuth's.
 */
const WORDS: Readonly<Record<string, string>> = {
  invalid_api_key: 'invalid_client',
  insufficient_scope: 'insufficient_scope',
  session_store_unavailable: 'temporarily_unavailable',
  insufficient_storage: 'server_error',
  internal_error: 'server_error',
}

/** Everything else is wrong with the request itself. */
const INVALID_REQUEST = 'invalid_request'

/** The same answer if it is no problem. Input that is not as described is 400 here, not 422. */
export async function inOAuthWords(response: Response): Promise<Response> {
  if (response.headers.get('content-type') !== 'application/problem+json') return response
  const problem = (await response.json()) as { code: string; detail: string; status: number }
  const isInput = response.status === 422
  const status = isInput ? 400 : response.status
  const headers = new Headers(response.headers)
  headers.set('content-type', 'application/json')
  const challenge = headers.get('www-authenticate')
  if (status === 401) headers.set('www-authenticate', `${challenge}, Basic realm="operators"`)
  const error = WORDS[problem.code] ?? INVALID_REQUEST
  const body = { error, error_description: problem.detail, ...problem, status }
  return Response.json(body, { status, headers })
}
