/**
 * A Workers KV in memory, speaking the protocol of workerd's KV binding, in a workerd of its own: GET, PUT
 * and DELETE of a key, and an empty list. Must never be taken for the real one: it is faster, and knows no
 * expiry.
 */
const values = new Map<string, { readonly value: ArrayBuffer; readonly metadata: string | null }>()

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url)
    if (pathname === '/') return Response.json({ keys: [], list_complete: true })
    const key = decodeURIComponent(pathname.slice(1))
    if (request.method === 'PUT') {
      const metadata = request.headers.get('cf-kv-metadata')
      values.set(key, { value: await request.arrayBuffer(), metadata })
      return new Response(null)
    }
    if (request.method === 'DELETE')
      return new Response(null, { status: values.delete(key) ? 200 : 404 })
    const known = values.get(key)
    if (known === undefined) return new Response(null, { status: 404 })
    const headers = known.metadata === null ? {} : { 'cf-kv-metadata': known.metadata }
    return new Response(known.value, { headers })
  },
} satisfies ExportedHandler
