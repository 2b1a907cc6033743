/**
 * Finds our cookie in a `Cookie` header, and takes it out with every other byte left as it was.
 * Must never parse what is not ours: other cookies may hold anything.
 *
 *   cookie-string = cookie-pair *( ";" SP cookie-pair )   (RFC 6265bis 4.2.1)
 *
 * Found in practice and read here too: blanks around name and value, of every kind that a parser behind us
 * may trim, and two headers joined by `, `.
 */

/** Where one occurrence of our cookie stands, from after its separator up to the next one. */
export interface CookieSpan {
  readonly start: number
  readonly end: number
  /** Trimmed, and without one pair of quotes around it. */
  readonly value: string
  /**
   * By the grammar it is something else, and only some parsers see it: it follows a comma, or its name
   * has a blank beside it that is neither space nor tab. So it counts as an occurrence, never as a
   * credential: another host of the site could plant it, which `__Host-` is there to prevent.
   */
  readonly isDoubtful: boolean
}

/** Every occurrence of the cookie with exactly this name, in order; most headers hold one, or none. */
export function cookieSpans(header: string, name: string): CookieSpan[] {
  const spans: CookieSpan[] = []
  for (let at = header.indexOf(name); at >= 0; at = header.indexOf(name, at + name.length)) {
    const start = blanksBefore(header, at)
    const separator = header[start - 1]
    const nameEnd = at + name.length
    const equals = blanksAfter(header, nameEnd)
    const standsAlone = start === 0 || separator === ';' || separator === ','
    if (!standsAlone || header[equals] !== '=') continue
    const end = nextSeparator(header, equals + 1)
    const value = header.slice(equals + 1, end).trim()
    const quoted = value.length > 1 && value.startsWith('"') && value.endsWith('"')
    spans.push({
      start,
      end,
      value: quoted ? value.slice(1, -1) : value,
      isDoubtful:
        separator === ',' || isOdd(header.slice(start, at)) || isOdd(header.slice(nameEnd, equals)),
    })
  }
  return spans
}

/**
 * The header without these, each taken out with one separator; null when nothing is left to send. The very same
 * string when there are none.
 */
export function withoutSpans(header: string, spans: readonly CookieSpan[]): string | null {
  if (spans.length === 0) return header
  let rest = ''
  let at = 0
  for (const span of spans) {
    if (span.start > at) {
      // Something stands before it: the separator before goes with it.
      rest += header.slice(at, span.start - 1)
      at = span.end
    } else {
      // Any other blank is the next cookie's own byte.
      at = blanksAfter(header, span.end + 1, isPlain)
    }
  }
  rest += header.slice(at)
  return /^[;,\s]*$/.test(rest) ? null : rest
}

const isBlank = (character: string | undefined): boolean => character?.trim() === ''

const isPlain = (character: string | undefined): boolean => character === ' ' || character === '\t'

/** Blanks of which not all are space or tab. */
const isOdd = (blanks: string): boolean => /[^ \t]/.test(blanks)

function blanksBefore(text: string, at: number): number {
  let start = at
  while (isBlank(text[start - 1])) start--
  return start
}

function blanksAfter(text: string, at: number, is = isBlank): number {
  let end = at
  while (is(text[end])) end++
  return end
}

const SEPARATOR = /[;,]/g

/** Our token holds neither `;` nor `,`, so either of them ends our cookie. */
function nextSeparator(text: string, from: number): number {
  SEPARATOR.lastIndex = from
  return SEPARATOR.test(text) ? SEPARATOR.lastIndex - 1 : text.length
}
