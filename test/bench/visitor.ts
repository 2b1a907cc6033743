/**
 * What a visitor's browser sends: the headers of a Chrome navigation as the platform hands them on, with the
 * usual clutter of cookies. The same for every contender but for the credential itself.
 */

/** How a contender's visitor shows who he is. `%TOKEN%` is replaced by each of `tokens` in turn. */
export interface Visitor {
  /** More pairs for the Cookie header, as `name=value`. */
  readonly cookies: readonly string[]
  readonly authorization?: string
  readonly tokens?: readonly string[]
}

export const PATH = '/api/orders?page=2&sort=-placed_at'
/** Loopback: @cloudflare/workers-oauth-provider takes no other name without TLS. */
export const HOST = 'localhost'

const COOKIES = [
  '_ga=GA1.1.1203948576.1763971200',
  'theme=dark',
  'csrf=3f1c9a7be2d84c6f',
  '_ga_8QK1Z5=GS2.1.s1763971200$o4$g1$t1763971322$j60$l0$h0',
]

const HEADERS = {
  'cache-control': 'max-age=0',
  'sec-ch-ua': '"Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"',
  'sec-ch-ua-mobile': '?0',
  'sec-ch-ua-platform': '"Windows"',
  'upgrade-insecure-requests': '1',
  'user-agent':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  accept:
    'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8',
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-user': '?1',
  'sec-fetch-dest': 'document',
  referer: 'http://localhost/orders',
  'accept-encoding': 'gzip, deflate, br, zstd',
  'accept-language': 'en-GB,en;q=0.9,de;q=0.8',
  priority: 'u=0, i',
  'cf-connecting-ip': '203.0.113.7',
} as const

/** Ours stands in the middle, where a parser has to look for it. */
export function headersOf({ cookies, authorization }: Visitor): Record<string, string> {
  const all = [...COOKIES.slice(0, 2), ...cookies, ...COOKIES.slice(2)]
  return {
    host: HOST,
    ...HEADERS,
    cookie: all.join('; '),
    ...(authorization !== undefined && { authorization }),
  }
}
