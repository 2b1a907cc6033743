/**
 * What an origin says in `Session-Command`, read whole or not at all (a structured field item, RFC 9651).
 * Pure. Must never guess: what is not one of the commands, with the parameters it takes and no other, is none.
 *
 *   establish; subject="user-42"; permissions="read write"  |  rotate  |  revoke  |  revoke-all
 */
import { DisplayString, type Item, parseItem, Token } from 'structured-headers'
import { arePermissions, isSubject } from '../foundation/names.ts'
import { MAX_SESSION_COMMAND_BYTES } from '../vocabulary/limits.ts'
import type { SessionCommand } from '../vocabulary/policy.ts'

/** A command understood whole. */
export type Order =
  | {
      readonly name: 'establish'
      readonly subject: string
      /** null: the subject's stay as they are. */
      readonly permissions: readonly string[] | null
    }
  | { readonly name: Exclude<SessionCommand, 'establish'> }

/** Structured fields are ASCII; the parser would take some of what is not for something else. */
const ASCII = /^[\x20-\x7e]*$/

/** The parameters that `establish` takes. */
const PARAMETERS: ReadonlySet<string> = new Set(['subject', 'permissions'])

/**
 * The order in a header's value; null for whatever is not one. Two headers arrive joined by a comma, which
 * makes a list, and so no order either. @see RFC 9651 section 4.2.3
 */
export function readSessionCommand(header: string): Order | null {
  if (header.length > MAX_SESSION_COMMAND_BYTES || !ASCII.test(header)) return null
  const item = itemIn(header)
  if (item === null) return null
  const [value, parameters] = item
  const name = value instanceof Token ? value.toString() : null
  switch (name) {
    case 'establish':
      return establishWith(parameters)
    case 'rotate':
    case 'revoke':
    case 'revoke-all':
      return parameters.size === 0 ? { name } : null
    default:
      return null
  }
}

function establishWith(parameters: Item[1]): Order | null {
  for (const name of parameters.keys()) if (!PARAMETERS.has(name)) return null
  const subject = textOf(parameters.get('subject'))
  if (subject === null || !isSubject(subject)) return null
  if (!parameters.has('permissions')) return { name: 'establish', subject, permissions: null }
  const said = textOf(parameters.get('permissions'))
  if (said === null) return null
  // "" is a person without permissions; two spaces, or one at an end, would make a nameless one.
  const permissions = said === '' ? [] : said.split(' ')
  return arePermissions(permissions) ? { name: 'establish', subject, permissions } : null
}

/** A String, or a Display String for what is not ASCII (sections 3.3.3 and 3.3.8). */
function textOf(value: Item[0] | undefined): string | null {
  if (value instanceof DisplayString) return value.toString()
  return typeof value === 'string' ? value : null
}

function itemIn(header: string): Item | null {
  try {
    return parseItem(header)
  } catch {
    return null
  }
}
