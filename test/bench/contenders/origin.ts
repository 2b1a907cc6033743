/**
 * The origin of all contenders: one fixed answer, in a workerd of its own, so that it is not what limits
 * them. Must never read the request: its cost must be the same for everybody.
 * CACHE_CONTROL is what it says to caches.
 */
interface OriginEnv {
  readonly CACHE_CONTROL: string
}

const BODY = JSON.stringify({
  orders: Array.from({ length: 12 }, (_, i) => ({
    id: `order-${1000 + i}`,
    status: 'shipped',
    total: { currency: 'EUR', amount: '49.90' },
    placed_at: '2026-11-01T12:00:00.000Z',
  })),
})

const HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  etag: '"5f2b-1a9"',
  vary: 'accept-encoding, cookie',
  'x-request-id': '0b0b3b52-30e5-4b51-9be2-7d4ddf1d0f3e',
}

export default {
  fetch: (_, env) =>
    new Response(BODY, { headers: { ...HEADERS, 'cache-control': env.CACHE_CONTROL } }),
} satisfies ExportedHandler<OriginEnv>
