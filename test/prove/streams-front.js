/**
 * A door in front of an edge, as a data centre has them: visitors' connections end here, and what they ask goes on
 * over workerd's own RPC. Must never decide anything.
 */
export default {
  fetch: (request, { EDGE, EDGE_ADDRESS }) =>
    EDGE.connect(EDGE_ADDRESS).getEntrypoint('worker').fetch(request),
}
