/**
 * The origin of idle WebSockets as a Worker in the process of the edge: an open one costs no file of the system on
 * that side. Everything else the edge fetches goes on to the network. Must never answer for another host, and never
 * close a WebSocket first.
 */
const HOST = 'origin.inside'

let open = 0

export default {
  fetch(request, { NETWORK }) {
    const { hostname, pathname } = new URL(request.url)
    if (hostname !== HOST) return NETWORK.fetch(request)
    if (pathname === '/open') return new Response(String(open))
    if (request.headers.get('upgrade') === null) return new Response(null, { status: 404 })
    const { 0: edge, 1: here } = new WebSocketPair()
    open++
    here.addEventListener('close', () => {
      open--
      here.close()
    })
    here.accept()
    return new Response(null, { status: 101, webSocket: edge })
  },
}
