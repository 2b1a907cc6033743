/**
 * Reads the `wait` preference of a request (RFC 7240). Pure.
 * A preference must never make a request fail: what can't be read was not said.
 */

/** What `Prefer: wait` asks: nothing, as long as it takes, or at most some seconds. */
export type WaitPreference = { readonly atMostMs: number } | null

/**
 * RFC 7240 section 2, with the quoted-string of RFC 9110 section 5.6.4:
 *   Prefer     = 1#preference
 *   preference = token [ BWS "=" BWS word ] *( OWS ";" [ OWS parameter ] )
 *   word       = token / quoted-string
 */
const PREFERENCE = /(?:[^,;"]|"(?:[^"\\]|\\.)*")+|[,;]/g
const NAME_AND_WORD =
  /^\s*([!#$%&'*+.^_`|~\w-]+)\s*(?:=\s*(?:([!#$%&'*+.^_`|~\w-]*)|"((?:[^"\\]|\\.)*)")\s*)?$/

/**
 * The `wait` preference in a `Prefer` header. The first one counts (section 2). Without a value it
 * sets no limit; with one it is the most that the client waits (section 4.3), and a value that is no
 * number of seconds is ignored.
 */
export function waitPreference(header: string | null): WaitPreference {
  let isParameter = false
  for (const [part] of (header ?? '').matchAll(PREFERENCE)) {
    if (part === ',' || part === ';') {
      isParameter = part === ';'
      continue
    }
    const [, name, token, quoted] = NAME_AND_WORD.exec(part) ?? []
    if (isParameter || name?.toLowerCase() !== 'wait') continue
    // `wait=""` is the same as `wait` (section 2).
    const seconds = token ?? quoted ?? ''
    if (seconds === '') return { atMostMs: Number.POSITIVE_INFINITY }
    return /^\d{1,9}$/.test(seconds) ? { atMostMs: Number(seconds) * 1000 } : null
  }
  return null
}
