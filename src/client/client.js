/**
 * The typed client of the operator API: openapi-fetch, set up for one deployment. Plain JavaScript, so that it
 * runs from a clone on Node 20, in a Worker or in a browser build; its types are in client.d.ts.
 * Must never send the key where it could be read on the way, nor follow a redirect with it.
 */
import createClient from 'openapi-fetch'

const BASE_PATH = '/_session/v1'
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/** @type {typeof import('./client.d.ts').operatorClient} */
export function operatorClient({ url, key, fetch = globalThis.fetch }) {
  const { protocol, hostname, origin } = new URL(url)
  if (protocol !== 'https:' && !(protocol === 'http:' && LOOPBACK.includes(hostname))) {
    throw new TypeError('The URL must be https, or http on this machine')
  }
  // A header that can't be built would be reported by fetch with its value in the message.
  if (!/^[\x21-\x7e]+$/.test(key)) throw new TypeError('The key must be visible ASCII')
  return createClient({
    baseUrl: origin + BASE_PATH,
    headers: { authorization: `Bearer ${key}` },
    redirect: 'manual',
    fetch: (request) => fetch(request),
  })
}
