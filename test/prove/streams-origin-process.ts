/**
 * The origin of streams as a process of its own, for more sockets than one process may hold: says where it is
 * in one line of JSON and lives until its standard input closes. Must never outlive whoever started it.
 */
import { startStreamsOrigin } from './streams-origin.ts'

const origin = await startStreamsOrigin()
console.log(JSON.stringify({ url: origin.url }))
process.stdin.resume()
process.stdin.once('end', () => process.exit(0))
