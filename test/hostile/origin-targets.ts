/**
 * What the origin can say: session commands and caching. Each check asks: is it obeyed only where it was said, and
 * is what is somebody's kept from everybody else? Must never take the origin for an enemy, nor for a careful writer.
 */
import { visitorResponse } from '../../src/gate/origin-response.ts'
import { readSessionCommand } from '../../src/gate/session-command.ts'
import { ensure, headersFrom, type Target } from './target.ts'

const NAMES = ['establish', 'rotate', 'revoke', 'revoke-all']

const sessionCommand: Target = {
  name: 'Session-Command',
  pieces: [
    ...NAMES,
    ';',
    '; ',
    'subject',
    'permissions',
    '=',
    '"',
    '"user-42"',
    '"read write"',
    '%"',
    '%"f%c3%bc"',
    ',',
    ' ',
    '(',
    ')',
    '?1',
    ':YQ==:',
    '@1',
    '1.5',
    '*',
    '\\',
    'é',
    '\t',
    'a',
  ],
  seeds: [
    ...NAMES,
    'establish; subject="user-42"; permissions="read write"',
    'establish;subject=%"f%c3%bc%c3%9f"',
    'revoke, revoke-all',
    'establish; subject="a"; subject="b"',
    'revoke; subject="x"',
  ],
  check(input) {
    const headers = headersFrom([['session-command', input]])
    if (headers === null) return
    const header = headers.get('session-command') ?? ''
    const order = readSessionCommand(header)
    if (order === null) return
    ensure(NAMES.includes(order.name), 'an order that is none')
    ensure(header.trim().split(/[; ]/, 1)[0] === order.name, 'an order that was not given')
    ensure(!/^[^"]*,/.test(header), 'one order out of a list')
    if (order.name !== 'establish')
      return ensure(header.trim() === order.name, 'an order with more to it')
    ensure(/;\s*subject=/.test(header), 'a subject out of nothing')
    const { subject, permissions } = order
    ensure(
      [...subject].length <= 256 && !/[\p{Cc}\p{Cs}]/u.test(subject),
      'a subject that is no name',
    )
    ensure(
      permissions === null || permissions.every((one) => !one.includes(' ') && one !== ''),
      'nameless',
    )
  },
}

/** The origin's Cache-Control, to a request with a session. */
const cacheControl: Target = {
  name: 'Cache-Control',
  pieces: [
    'public',
    'private',
    'no-store',
    's-maxage=9',
    'max-age=1',
    ',',
    ', ',
    '=',
    '"',
    '\\',
    'private="a"',
    'PUBLIC',
    ' ',
    '""',
    ';',
  ],
  seeds: [
    'public, max-age=60',
    'private="set-cookie", public',
    's-maxage=1, "',
    'no-store',
    'a="\\", private',
  ],
  check(input) {
    const headers = headersFrom([['cache-control', input]])
    if (headers === null) return
    const { headers: out } = visitorResponse(new Response(null, { headers }), true, null)
    const said = out.get('cache-control') ?? ''
    // A quote that is left open: findings.test.ts has it by name.
    if (!/^(?:[^"]|"(?:[^"\\]|\\.)*")*$/.test(input)) return
    ensure(/(?:^|,)\s*(?:private|no-store)\s*(?:,|$)/i.test(said), 'shared caches may keep it')
  },
}

export const ORIGIN_TARGETS: readonly Target[] = [sessionCommand, cacheControl]
