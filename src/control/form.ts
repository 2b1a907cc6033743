/**
 * Reads the form of a token endpoint (RFC 6749 appendix B): bounded, UTF-8, every parameter once.
 * Must never choose between two values of one parameter: two parsers could choose differently.
 */
import { err, ok, type Result } from '../vocabulary/result.ts'
import { type BodyTrouble, readBounded } from './body.ts'

/**
 * The parameters by name. "Parameters sent without a value MUST be treated as if they were omitted"
 * (RFC 6749 section 3.2), and "MUST NOT be included more than once".
 */
export async function readForm(
  request: Request,
): Promise<Result<Readonly<Record<string, string>>, BodyTrouble>> {
  const bytes = await readBounded(request)
  if (bytes === null) return err('content_too_large')
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded') return err('invalid_form')
  const given = [...new URLSearchParams(new TextDecoder().decode(bytes))].filter(
    ([, value]) => value !== '',
  )
  const form = Object.fromEntries(given)
  return Object.keys(form).length === given.length ? ok(form) : err('invalid_form')
}
