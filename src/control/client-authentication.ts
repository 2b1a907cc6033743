/**
 * Client authentication of the OAuth endpoints: HTTP Basic with key id and key (RFC 6749 section 2.3.1),
 * or the key as a bearer token. Must never take a key under another key's id.
 */
import type { ApiKey } from '../vocabulary/config.ts'
import { authenticate, type Operator, operatorOf } from './operator.ts'

/** credentials = "Basic" 1*SP token68 (RFC 7617 section 2) */
const BASIC = /^Basic +([A-Za-z0-9+/]+=*) *$/i

/** The operator, or null. A header of neither scheme is no key. */
export async function authenticateClient(
  authorization: string | null,
  apiKeys: readonly ApiKey[],
): Promise<Operator | null> {
  const basic = BASIC.exec(authorization ?? '')?.[1]
  if (basic === undefined) return authenticate(authorization, apiKeys)
  const [id, key] = userPass(basic)
  const operator = key ? await operatorOf(key, apiKeys) : null
  return operator?.id === id ? operator : null
}

/** user-pass = user-id ":" password; each form-urlencoded before, as RFC 6749 asks and RFC 7617 does not. */
function userPass(encoded: string): readonly (string | null)[] {
  try {
    const pair = atob(encoded)
    const colon = pair.indexOf(':')
    return colon < 0 ? [] : [pair.slice(0, colon), pair.slice(colon + 1)].map(formDecoded)
  } catch {
    return []
  }
}

const formDecoded = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '))
