/**
 * Takes the input of a call apart: path parameters, query, body, each against the endpoint's schema.
 * Must never hand a handler anything a schema has not let through, and never guess what a broken
 * spelling was meant to be: "%ff" is no subject, whoever wrote it.
 */
import * as z from 'zod/mini'
import { err, ok, type Result } from '../vocabulary/result.ts'
import { type BodyTrouble, readJson } from './body.ts'
import { BASE_PATH, type Endpoint, type EndpointInput, type Schema } from './endpoint.ts'
import { readForm } from './form.ts'
import { type InputError, invalidInput, problem } from './problem.ts'
import { pointerTo, validate } from './validation.ts'

const noQuery = z.strictObject({})

/** A lone surrogate: percent-decoding never yields one, and no schema of ours lets one through. */
const UNDECODABLE = '\ud800'

/** The checked input, or the 413, 400 or 422 that answers it; 422 names all that is wrong at once. */
export async function readInput(
  request: Request,
  endpoint: Endpoint,
): Promise<Result<EndpointInput, Response>> {
  const body = await readBody(request, endpoint)
  if (!body.ok) return err(bodyProblem[body.error]())

  const url = new URL(request.url)
  const errors: InputError[] = []
  const checked = (schema: Schema | undefined, value: unknown): unknown => {
    if (!schema) return undefined
    const result = validate(schema, value)
    if (result.ok) return result.value
    errors.push(...result.error)
    return undefined
  }
  const input = {
    request,
    params: checked(endpoint.params, pathParameters(endpoint.path, url.pathname)),
    query:
      endpoint.scope && !endpoint.form && checked(endpoint.query ?? noQuery, queryOf(url, errors)),
    body: checked(endpoint.body, body.value),
  }
  return errors.length > 0 ? err(invalidInput(errors)) : ok(input)
}

async function readBody(
  request: Request,
  { body, form, bodyOptional }: Endpoint,
): Promise<Result<unknown, BodyTrouble>> {
  if (!body) return ok(undefined)
  return form ? readForm(request) : readJson(request, bodyOptional)
}

const bodyProblem = {
  content_too_large: () => problem('content_too_large', 'The body is larger than 64 KB.'),
  invalid_json: () =>
    problem(
      'invalid_json',
      'The body is not JSON in UTF-8, is nested too deeply, or has a field named __proto__.',
    ),
  invalid_form: () => problem('invalid_form', 'The body is no form, or says something twice.'),
}

/**
 * The parameters of a path, each percent-decoded once from the path as it came (RFC 3986 section 2.4).
 * Hono's own decoding is lenient: it reads `%ff` as the text "%ff", which is another subject.
 */
export function pathParameters(template: string, pathname: string): Record<string, string> {
  const segments = pathname.split('/')
  const names = `${BASE_PATH}${template}`.split('/')
  return Object.fromEntries(
    names.flatMap((name, at) =>
      name.startsWith(':') ? [[name.slice(1), percentDecoded(segments[at] ?? '')]] : [],
    ),
  )
}

function percentDecoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return UNDECODABLE
  }
}

/** The query by name; a name that comes twice says nothing. */
function queryOf(url: URL, errors: InputError[]): Record<string, string> {
  const names = new Set(url.searchParams.keys())
  for (const name of names) {
    if (url.searchParams.getAll(name).length === 1) continue
    errors.push({ pointer: pointerTo([name]), detail: 'Must be given once' })
  }
  return Object.fromEntries(url.searchParams)
}
