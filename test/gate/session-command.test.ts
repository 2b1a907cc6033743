/**
 * What an origin says is read as RFC 9651 says, whole or not at all.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readSessionCommand } from '../../src/gate/session-command.ts'

const establish = (subject: string, permissions: readonly string[] | null = null) => ({
  name: 'establish',
  subject,
  permissions,
})
/** A String of RFC 9651 3.3.3. */
const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`
/** A Display String of RFC 9651 3.3.8. */
const displayed = (text: string) =>
  `%"${[...new TextEncoder().encode(text)]
    .map((byte) =>
      byte < 0x20 || byte > 0x7e || byte === 0x25 || byte === 0x22
        ? `%${byte.toString(16).padStart(2, '0')}`
        : String.fromCharCode(byte),
    )
    .join('')}"`

describe('a command', () => {
  it.each([
    ['rotate', { name: 'rotate' }],
    ['revoke', { name: 'revoke' }],
    ['revoke-all', { name: 'revoke-all' }],
    ['  revoke  ', { name: 'revoke' }],
    ['establish; subject="user-42"', establish('user-42')],
    ['establish;subject="user-42";permissions=""', establish('user-42', [])],
    [
      'establish; subject="user-42"; permissions="read write"',
      establish('user-42', ['read', 'write']),
    ],
    [
      'establish;  permissions="write read";  subject="user-42"',
      establish('user-42', ['write', 'read']),
    ],
    ['establish; subject="a \\"b\\" \\\\ c"', establish('a "b" \\ c')],
    ['establish; subject=%"Zo%c3%ab"; permissions=%"%c3%bc"', establish('Zoë', ['ü'])],
    // "Parameters … with the same key: the last one" (RFC 9651 4.2.3.2).
    ['establish; subject="a"; subject="b"', establish('b')],
  ])('is read from %s', (header, order) => {
    expect(readSessionCommand(header)).toEqual(order)
  })

  it('says any subject and permission the operator API takes', () => {
    const text = (max: number, unit: fc.Arbitrary<string> = fc.string({ unit: 'grapheme' })) =>
      fc
        .array(unit, { minLength: 1, maxLength: max })
        .map((parts) => parts.join(''))
        .filter((value) => new RegExp(`^[^\\p{Cc}\\p{Cs}]{1,${max}}$`, 'u').test(value))
    const subject = text(256).filter((value) => !/^\.\.?$/.test(value))
    const permission = text(128).filter((value) => !value.includes(' '))
    fc.assert(
      fc.property(
        subject,
        fc.uniqueArray(permission, { minLength: 1, maxLength: 10 }),
        (name, permissions) => {
          const say = (value: string) =>
            /^[\x20-\x7e]*$/.test(value) ? quoted(value) : displayed(value)
          const header = `establish; subject=${say(name)}; permissions=${say(permissions.join(' '))}`
          expect(readSessionCommand(header)).toEqual(establish(name, permissions))
        },
      ),
    )
  })
})

describe('no command at all', () => {
  const long = (length: number) => 'x'.repeat(length)
  const many = (count: number) => Array.from({ length: count }, (_, at) => `p${at}`).join(' ')

  it('is at the edge of what is taken', () => {
    expect(readSessionCommand(`establish; subject="${long(256)}"`)).not.toBeNull()
    expect(readSessionCommand(`establish; subject="a"; permissions="${many(100)}"`)).not.toBeNull()
    expect(readSessionCommand(`establish; subject="a"; permissions="${long(128)}"`)).not.toBeNull()
  })

  it.each([
    ['nothing', ''],
    ['an unknown name', 'destroy'],
    ['another case', 'Revoke'],
    ['a string for a token', '"revoke"'],
    ['a part of a name', 'revoke-'],
    ['a list, as of two headers', 'revoke, revoke'],
    ['two logins, as of two headers', 'establish; subject="a", establish; subject="b"'],
    ['an inner list', '(revoke)'],
    ['a dictionary', 'command=revoke'],
    ['two words', 'revoke all'],
    ['a parameter it does not take', 'revoke; subject="a"'],
    ['a flag it does not take', 'rotate; now'],
    ['no subject', 'establish'],
    ['only permissions', 'establish; permissions="read"'],
    ['an unknown parameter', 'establish; subject="a"; lifetime=60'],
    ['an empty subject', 'establish; subject=""'],
    ['a dot as a subject', 'establish; subject=".."'],
    ['a token for a subject', 'establish; subject=user-42'],
    ['a number for a subject', 'establish; subject=42'],
    ['a flag for a subject', 'establish; subject'],
    ['bytes for a subject', 'establish; subject=:dXNlci00Mg==:'],
    ['a subject that is too long', `establish; subject="${long(257)}"`],
    ['a control character in a subject', 'establish; subject=%"a%0ab"'],
    ['half a surrogate in a subject', 'establish; subject=%"%ed%a0%80"'],
    ['upper case hex', 'establish; subject=%"%C3%AB"'],
    ['a quote too few', 'establish; subject="a'],
    ['a quote too many', 'establish; subject="a"b"'],
    ['a wrong escape', 'establish; subject="a\\n"'],
    ['what is not ASCII', 'establish; subject="Zoë"'],
    ['what is not even Latin 1', 'establish; subject=%"\u0141"'],
    ['a tab', 'establish;\tsubject="a"'],
    ['a space before a semicolon', 'establish ; subject="a"'],
    ['a parameter in upper case', 'establish; Subject="a"'],
    ['a token for permissions', 'establish; subject="a"; permissions=read'],
    ['a list of permissions', 'establish; subject="a"; permissions=("read")'],
    ['two spaces between permissions', 'establish; subject="a"; permissions="read  write"'],
    ['a space at the end', 'establish; subject="a"; permissions="read "'],
    ['a permission twice', 'establish; subject="a"; permissions="read read"'],
    ['a permission that is too long', `establish; subject="a"; permissions="${long(129)}"`],
    ['too many permissions', `establish; subject="a"; permissions="${many(101)}"`],
    ['a header that is too long', `revoke${' '.repeat(16 * 1024)}`],
  ])('is %s', (_, header) => {
    expect(readSessionCommand(header)).toBeNull()
  })

  it('is an exception: whatever the header, it is an order or null', () => {
    const piece = fc.constantFrom(
      ...['establish', 'revoke', ';', ' ', 'subject', '=', '"', 'a', '\\', '%', ',', '(', ':', '@'],
    )
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const order = readSessionCommand(pieces.join(''))
        if (order?.name === 'establish') expect(order.subject).not.toBe('')
      }),
      { numRuns: 2000 },
    )
  })
})
