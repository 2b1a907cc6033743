/**
 * Finds our cookie in a `Cookie` header, and takes it out with every other byte left as it was.
 * Must never parse what is not ours: other cookies may hold anything.
 *
 *   cookie-string = cookie-pair *( ";" SP cookie-pair )   (RFC 6265bis 4.2.1)
 *
 * Found in practice and read here too: blanks around name and value, and two headers joined by `, `.
 */

/** Where one occurrence of our cookie stands, from after its separator up to the next one. */
export interface CookieSpan {
  readonly start: number
  readonly end: number
  /** Trimmed, and without one pair of quotes around it. */
  readonly value: string
  /**
   * It follows a comma: by the grammar it is part of the value before it, and only a parser that
   * takes the header for two sees it. So it counts as an occurrence, never as a credential:
   * another host of the site could plant it, which `__Host-` is there to prevent.
   */
  readonly afterComma: boolean
}

/** Every occurrence of the cookie with exactly this name, in order. */
export function cookieSpans(header: string, name: string): CookieSpan[] {
  const spans: CookieSpan[] = []
  for (let at = header.indexOf(name); at >= 0; at = header.indexOf(name, at + name.length)) {
    const start = blanksBefore(header, at)
    const separator = header[start - 1]
    const equals = blanksAfter(header, at + name.length)
    const standsAlone = start === 0 || separator === ';' || separator === ','
    if (!standsAlone || header[equals] !== '=') continue
    const end = nextSeparator(header, equals + 1)
    const value = header.slice(equals + 1, end).trim()
    const quoted = value.length > 1 && value.startsWith('"') && value.endsWith('"')
    spans.push({
      start,
      end,
      value: quoted ? value.slice(1, -1) : value,
      afterComma: separator === ',',
    })
  }
  return spans
}

/**
 * The header without any cookie of this name, each taken out with one separator; null when nothing
 * is left to send. The very same string when there was none.
 */
export function withoutCookie(header: string, name: string): string | null {
  const spans = cookieSpans(header, name)
  if (spans.length === 0) return header
  let rest = ''
  let at = 0
  for (const span of spans) {
    if (span.start > at) {
      // Something stands before it: the separator before goes with it.
      rest += header.slice(at, span.start - 1)
      at = span.end
    } else {
      at = blanksAfter(header, span.end + 1)
    }
  }
  rest += header.slice(at)
  return /^[;,\s]*$/.test(rest) ? null : rest
}

const isBlank = (character: string | undefined): boolean => character === ' ' || character === '\t'

function blanksBefore(text: string, at: number): number {
  let start = at
  while (isBlank(text[start - 1])) start--
  return start
}

function blanksAfter(text: string, at: number): number {
  let end = at
  while (isBlank(text[end])) end++
  return end
}

/** Our token holds neither `;` nor `,`, so either of them ends our cookie. */
function nextSeparator(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === ';' || text[at] === ',') return at
  }
  return text.length
}
