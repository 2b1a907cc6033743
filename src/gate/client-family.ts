/**
 * The family of the client behind a `User-Agent`: which browser, whatever its version, or what a program calls
 * itself. Not from `Sec-CH-UA`: only some browsers send it, not on plain HTTP and not when they open a WebSocket,
 * so one and the same browser would seem to change. Must never keep more of the header than that one word.
 */

/** The first that occurs names it: all of them call themselves Mozilla, and most Chrome or Safari too. */
const FAMILIES: readonly (readonly [name: string, marks: RegExp])[] = [
  ['edge', /\bEdg(?:e|A|iOS)?\//],
  ['opera', /\b(?:OPR|OPT|OPX|Opera)\//],
  ['samsung', /\bSamsungBrowser\//],
  ['yandex', /\bYaBrowser\//],
  ['firefox', /\b(?:Firefox|FxiOS|Focus)\//],
  ['chrome', /\b(?:Chrome|CriOS|Chromium|HeadlessChrome)\//],
  ['safari', /\bSafari\//],
]

/** product = token ["/" product-version] (RFC 9110 10.1.5) */
const PRODUCT = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,24}(?=$|[/ ])/

/** Longer ones are not read: a family is told at the front. */
const MAX_READ_CHARACTERS = 512

/** Null where it says nothing, or nothing that is known. */
export function clientFamily(userAgent: string | null): string | null {
  const said = userAgent?.slice(0, MAX_READ_CHARACTERS) ?? ''
  for (const [name, marks] of FAMILIES) if (marks.test(said)) return name
  const [product] = PRODUCT.exec(said) ?? []
  return product === undefined || product === 'Mozilla' ? null : product.toLowerCase()
}
