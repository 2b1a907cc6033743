/**
 * An origin in Node that checks the assertion. Needs `npm install jose`.
 * ISSUER=https://example.com/_session AUDIENCE=origin PORT=3000 node server.mjs
 */
import { createServer } from 'node:http'
import { createRemoteJWKSet, jwtVerify } from 'jose'

const { ISSUER, AUDIENCE = 'origin', PORT = '3000' } = process.env

// Kept for ten minutes; a key id it does not know makes it ask again, at most every 30 seconds.
const keys = createRemoteJWKSet(new URL(`${ISSUER}/.well-known/jwks.json`))

/** Who is calling; null: nobody that we know. */
export async function callerOf(request) {
  const assertion = request.headers['session-assertion']
  if (assertion === undefined) return null
  try {
    const { payload } = await jwtVerify(assertion, keys, {
      issuer: ISSUER,
      audience: AUDIENCE,
      typ: 'session-assertion+jwt',
      algorithms: ['ES256', 'EdDSA'],
      clockTolerance: 5,
      // Checks `iat` too: none is older than an hour, or from the future.
      maxTokenAge: 3600,
      requiredClaims: ['exp', 'sub', 'sid'],
    })
    return { subject: payload.sub, permissions: payload.permissions }
  } catch (error) {
    console.error(`refused: ${error.code}`)
    return null
  }
}

createServer(async (request, response) => {
  const caller = await callerOf(request)
  response.writeHead(caller ? 200 : 401, { 'content-type': 'application/json' })
  response.end(JSON.stringify(caller))
}).listen(Number(PORT), '127.0.0.1')
