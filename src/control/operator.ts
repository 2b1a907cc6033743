/**
 * Who is calling the operator API: finds the one API key that was presented, and says what it may do.
 * Must never tell by its timing how much of a key was right, and never keep or log a presented key.
 */
import { sha256, utf8 } from '../foundation/encoding.ts'
import type { ApiKey, Scope } from '../vocabulary/config.ts'

/** The holder of an API key. */
export interface Operator {
  readonly id: string
  readonly scopes: readonly Scope[]
}

/**
 * credentials = "Bearer" 1*SP key; key = 1*VCHAR. Wider than the b64token of RFC 6750 section 2.1, so
 * that any printable key works. Two Authorization headers are joined with ", " and match nothing.
 */
const BEARER = /^Bearer +([\x21-\x7e]+) *$/i

/** The operator whose key stands in an `Authorization` header; null for none or a wrong one. */
export async function authenticate(
  authorization: string | null,
  apiKeys: readonly ApiKey[],
): Promise<Operator | null> {
  const presented = BEARER.exec(authorization ?? '')?.[1]
  return presented === undefined ? null : operatorOf(presented, apiKeys)
}

/** The operator who holds this key. Every configured key is compared, in constant time. */
export async function operatorOf(
  presented: string,
  apiKeys: readonly ApiKey[],
): Promise<Operator | null> {
  const digest = await sha256(utf8(presented))
  let operator: Operator | null = null
  for (const { id, sha256: expected, scopes } of apiKeys) {
    if (crypto.subtle.timingSafeEqual(digest, expected)) operator = { id, scopes }
  }
  return operator
}

/** Whether an operator may do what needs this scope. */
export const mayUse = (operator: Operator, scope: Scope): boolean => operator.scopes.includes(scope)
