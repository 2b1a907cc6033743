/**
 * The configuration of one raw workerd, as its Cap'n Proto text. Pure.
 * Must never hold a value of a binding: secrets come through the environment of the process.
 */

export interface EdgeConfig {
  /** A file in the folder that `--import-path` names: Cap'n Proto embeds no other absolute path. */
  readonly module: string
  readonly compatibilityDate: string
  /** Text bindings; workerd reads the value of each from the environment variable of the same name. */
  readonly bindingNames: readonly string[]
  /**
   * A file beside the configuration: a Worker in the same process through which all goes that the edge fetches. The
   * network is its NETWORK.
   */
  readonly outbound?: string | undefined
  /** Has EDGE: what connects it to the `--debug-port` of another workerd. */
  readonly isFront?: boolean | undefined
}

/** The name of the socket, for `--socket-addr` and in what `--control-fd` reports. */
export const SOCKET = 'http'

/** Only ASCII goes in, so JSON's quoting is Cap'n Proto's. */
const quote = (text: string): string => {
  if (!/^[\x20-\x7e]*$/.test(text)) throw new Error(`not printable ASCII: ${JSON.stringify(text)}`)
  return JSON.stringify(text)
}

/** `private` in `allow` lets the Worker reach 127.0.0.1: the stand and the origin live there. */
export function capnpText(config: EdgeConfig): string {
  const { module, compatibilityDate, bindingNames, outbound, isFront } = config
  const bindings = bindingNames.map(
    (name) => `(name = ${quote(name)}, fromEnvironment = ${quote(name)})`,
  )
  if (isFront) bindings.push('(name = "EDGE", workerdDebugPort = void)')
  const between =
    outbound === undefined
      ? ''
      : `(name = "outbound", worker = (
      modules = [(name = "outbound.js", esModule = embed ${quote(outbound)})],
      compatibilityDate = ${quote(compatibilityDate)},
      bindings = [(name = "NETWORK", service = "network")],
    )),
    `
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "worker", worker = (
      modules = [(name = "worker.js", esModule = embed ${quote(`/${module}`)})],
      compatibilityDate = ${quote(compatibilityDate)},
      bindings = [${bindings.join(', ')}],
      globalOutbound = ${outbound === undefined ? '"network"' : '"outbound"'},
    )),
    ${between}(name = "network", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = ${quote(SOCKET)}, address = "127.0.0.1:0", http = (), service = "worker")],
);
`
}
