/**
 * A request as a sighting of its session: what the platform says of where it comes from, on a coarse grid, and
 * what client it is. Must never pass on a finer place than it has to, nor take what is missing for a place.
 */
import type { Place, Sighting } from '../session/sighting.ts'
import { PLACE_GRID_DEGREES, RELAY_NETWORKS } from '../vocabulary/signal.ts'
import { clientFamily } from './client-family.ts'

/** Cloudflare's country code for the Tor network: its exits are nobody's place. */
const TOR = 'T1'
/** Null for a network that is trusted: whatever comes through it is neither held for nor against anybody. */
export function sightingOf(
  { cf, headers }: Pick<Request, 'cf' | 'headers'>,
  trustedNetworks: ReadonlySet<number>,
  atMs: number,
): Sighting | null {
  const said = (cf ?? {}) as Partial<IncomingRequestCfProperties>
  const network = typeof said.asn === 'number' ? said.asn : null
  if (network !== null && trustedNetworks.has(network)) return null
  const country = said.country ?? null
  return {
    atMs,
    place: country === TOR ? null : placeFrom(said, network),
    country,
    network,
    client: clientFamily(headers.get('user-agent')),
  }
}

function placeFrom(
  { latitude, longitude, city }: Partial<IncomingRequestCfProperties>,
  network: number | null,
): Place | null {
  const north = degrees(latitude, 90)
  const east = degrees(longitude, 180)
  if (north === null || east === null) return null
  const isCoarse = !city || (network !== null && RELAY_NETWORKS.has(network))
  return { latitude: onGrid(north), longitude: onGrid(east), isCoarse }
}

/** The platform says it as text; Number('') would be the Gulf of Guinea. */
function degrees(text: unknown, most: number): number | null {
  if (typeof text !== 'string' || text.trim() === '') return null
  const value = Number(text)
  return Math.abs(value) <= most ? value : null
}

const onGrid = (value: number): number =>
  Math.round(value / PLACE_GRID_DEGREES) * PLACE_GRID_DEGREES
