/**
 * Parsers of other people, as plain as can be: what an entry may be taken for by whoever comes after us. The checks
 * compare with these. Must never import anything of src.
 */

/**
 * Values of a cookie by one who splits at `;` and trims space and tab, by one who trims whatever is blank, and by one
 * who takes the header for two at a comma.
 */
export function cookieValues(header: string, name: string): Record<Reader, string[]> {
  const pairs = (separator: RegExp, trimmed: (text: string) => string) =>
    header.split(separator).flatMap((pair) => {
      const equals = pair.indexOf('=')
      return equals >= 0 && trimmed(pair.slice(0, equals)) === name
        ? [trimmed(pair.slice(equals + 1))]
        : []
    })
  const strictly = (text: string) => text.replace(/^[ \t]+|[ \t]+$/g, '')
  const widely = (text: string) => text.trim()
  return {
    strict: pairs(/;/, strictly),
    plain: pairs(/;/, widely),
    joined: pairs(/[;,]/, widely),
  }
}

type Reader = 'strict' | 'plain' | 'joined'

const decodeAll = (path: string): string => {
  let current = path
  for (let i = 0; i < 3; i++) {
    try {
      current = decodeURIComponent(current)
    } catch {
      return current.replace(/%([0-7][0-9a-f])/gi, (_, hex) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      )
    }
  }
  return current
}

/** What the data may be looked up by: the path as sent, and as parsers of several habits read it. */
export function pathsSeen(path: string): string[] {
  const decodedOnce = path.replace(/%([0-7][0-9a-f])/gi, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  const all = [path, decodedOnce, decodeAll(path)].flatMap((read) => {
    const slashes = read.replaceAll('\\', '/')
    const bare = slashes.replace(/[?#].*$/s, '')
    const plain = bare.replace(/;[^/]*/g, '')
    return [read, slashes, bare, plain, withoutDots(plain), withoutDots(bare)]
  })
  return [...new Set(all.flatMap((read) => [read, read.replace(/\/+/g, '/')]))]
}

function withoutDots(path: string): string {
  const kept: string[] = []
  for (const segment of path.replace(/\/+/g, '/').split('/')) {
    if (segment === '..') {
      if (kept.length > 1) kept.pop()
    } else if (segment !== '.') kept.push(segment)
  }
  return kept.join('/')
}

/** How an application reads a header's name: CGI and its heirs fold all but letters and digits. */
export const folded = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '-')
