/**
 * The first policy that covers a path holds, and no trick with the path leads around it.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePolicies, policyFor } from '../../src/gate/policy-lookup.ts'
import { DEFAULT_POLICY, type Policy } from '../../src/vocabulary/policy.ts'

const policies = (...matches: string[]): Policy[] =>
  matches.map((match) => ({ ...DEFAULT_POLICY, match }))

/** The `match` of the policy that holds, or why none does. */
const lookUp = (matches: readonly string[], path: string, host = 'site.test'): string => {
  const result = policyFor(compilePolicies(policies(...matches)), host, path)
  return result.ok ? result.value.match : result.error
}
const none = DEFAULT_POLICY.match
const disagree = 'path_readings_disagree'

describe('policyFor', () => {
  it.each([
    // match, path, outcome
    ['/admin/*', '/admin', '/admin/*'],
    ['/admin/*', '/admin/', '/admin/*'],
    ['/admin/*', '/admin/a/b', '/admin/*'],
    ['/admin/*', '/administrator', none],
    ['/adm*', '/administrator', '/adm*'],
    ['/adm*', '/adm', '/adm*'],
    ['/admin', '/admin', '/admin'],
    ['/admin', '/admin/', none],
    ['/admin', '/admin/x', none],
    ['/*', '/', '/*'],
    ['/*', '/a/b', '/*'],
    ['/*', '/%61//b;c/../%2f', '/*'],
    ['/API/*', '/API/x', '/API/*'],
    ['/API/*', '/API', '/API/*'],
    ['/API/*', '/api/x', disagree],
    ['/api/*', '/API/x', disagree],
    ['/a', '/Unrelated', none],
    ['/admin/*', '//admin/x', disagree],
    ['/admin/*', '/admin%2Fx', disagree],
    ['/admin/*', '/%61dmin/x', disagree],
    ['/admin/*', '/admin;a/x', disagree],
    ['/admin/*', '/public/..%2fadmin', disagree],
    ['/admin/*', '/public/..;/admin', disagree],
    ['/admin/*', '/x\\..\\admin', disagree],
    ['/admin/*', '/%C1%A1dmin', disagree],
    ['/admin', '/admin%23', disagree],
    ['/admin', '/admin%3f.css', disagree],
    ['/ask', '/a\u017Fk', disagree],
    ['/files/*', '/files/a%2Fb', '/files/*'],
    ['/files/*', '/files/a//b', '/files/*'],
    ['/files/*', '/files/..%2Fb', disagree],
    ['/café/*', '/caf%c3%a9/x', '/café/*'],
    ['/caf%C3%A9', '/café', '/caf%C3%A9'],
    ['/CAFÉ', '/caf%c3%a9', disagree],
    ['/a%2fb', '/a%2Fb', '/a%2fb'],
    ['/a%2fb', '/a/b', '/a%2fb'],
    ['/a b', '/a%20b', '/a b'],
    ['/users/%40me', '/users/@me', '/users/%40me'],
    ['/users/%40me', '/users/%40me', '/users/%40me'],
    ['/100%25', '/100%25', '/100%25'],
    ['/a%2A', '/a*', '/a%2A'],
    ['/a%2A', '/ab', none],
    ['/*', '/a%00', 'path_control_character'],
    ['/*', '/a%250a', 'path_control_character'],
    ['/*', '/a\u007f', 'path_control_character'],
    // Double and deeper encodings, by what decodes once more.
    ['/admin/*', '/admin%252Fx', disagree],
    ['/admin/*', '/%2561dmin/x', disagree],
    ['/admin/*', '/%25252561dmin', disagree],
    ['/admin/*', '/x/%252e%252e/admin', disagree],
    // Dot segments: plain, encoded, with parameters, above the root, at the end.
    ['/admin/*', '/./admin/x', disagree],
    ['/admin/*', '/a/../../admin', disagree],
    ['/admin/*', '/%2e%2E/admin', disagree],
    ['/admin/*', '/.%2e;x/admin', disagree],
    ['/admin/*', '/admin/..', disagree],
    ['/admin/*', '/admin/.', '/admin/*'],
    ['/admin/*', '/admin/...', '/admin/*'],
    // Slashes the other way, and too many.
    ['/admin/*', '\\admin\\x', disagree],
    ['/admin/*', '/%5cadmin', disagree],
    ['/admin/*', '///admin', disagree],
    ['/admin/*', '/%2fadmin', disagree],
    // Parameters, fragments and queries that somebody cuts off.
    ['/admin/*', '/admin;/x', disagree],
    ['/admin/*', '/admin%3Bx=1', disagree],
    ['/admin/*', '/admin#x', disagree],
    ['/admin/*', '/admin%3Fx/y', disagree],
    // Bytes that some decoders take: overlong UTF-8, %u.
    ['/admin/*', '/%E0%81%A1dmin', disagree],
    ['/admin/*', '/%u0061dmin', disagree],
    ['/admin/*', '/x%c0%afadmin', none],
    ['/x/*', '/x%c0%afadmin', disagree],
    // Not tricks: what only looks like one.
    ['/admin/*', '/x%20y/admin', none],
    ['/admin/*', '/admin%20', none],
    ['/admin/*', '/admin./x', none],
    ['/admin/*', '/my-admin/x', none],
    ['/admin/*', '/100%', none],
    ['/admin/*', '/%zz', none],
  ])('%s for %s is %s', (match, path, outcome) => {
    expect(lookUp([match], path)).toBe(outcome)
  })

  it('takes the first match', () => {
    expect(lookUp(['/a/b', '/a/*', '/*'], '/a/b')).toBe('/a/b')
    expect(lookUp(['/a/*', '/a/b', '/*'], '/a/b')).toBe('/a/*')
    expect(lookUp(['/a/b', '/a/*', '/*'], '/c')).toBe('/*')
    expect(lookUp([], '/c')).toBe(none)
  })

  it.each([
    ['admin.test/*', '/x', 'admin.test', 'admin.test/*'],
    ['admin.test/*', '/x', 'ADMIN.test.', 'admin.test/*'],
    ['Admin.Test./*', '/x', 'admin.test', 'Admin.Test./*'],
    ['admin.test/*', '/x', 'admin.test:8787', 'admin.test/*'],
    ['admin.test:8787/*', '/x', 'admin.test.:8787', 'admin.test:8787/*'],
    ['admin.test:8787/*', '/x', 'admin.test', none],
    ['admin.test/*', '/x', 'other.test', none],
    ['admin.test/a/*', '/a', 'admin.test', 'admin.test/a/*'],
    ['[::1]:8787/*', '/x', '[::1]:8787', '[::1]:8787/*'],
    ['[::1]/*', '/x', '[::1]:8787', '[::1]/*'],
    ['bücher.test/*', '/x', 'xn--bcher-kva.test', 'bücher.test/*'],
    ['evil/*', '//evil/x', 'site.test', none],
    ['/*', '//evil/x', 'site.test', '/*'],
    ['admin.test/*', '/x', 'evil-admin.test', none],
    ['admin.test/*', '/x', 'admin.test.evil', none],
    ['admin.test/*', '/x', 'sub.admin.test', none],
    ['admin.test/*', '//other/x', 'admin.test', 'admin.test/*'],
    ['admin.test/a/*', '/a%2Fb', 'admin.test', disagree],
    ['admin.test/a/*', '/a%2Fb', 'site.test', none],
  ])('%s for %s on %s is %s', (match, path, host, outcome) => {
    expect(lookUp([match], path, host)).toBe(outcome)
  })

  it('refuses a pattern without a path', () => {
    expect(() => compilePolicies(policies('admin.test'))).toThrow('has no path')
  })

  it('never lets a spelling of a guarded path through as something else', () => {
    const guarded = compilePolicies(policies('/admin/*', '/*'))
    const escapeOf = (character: string, upper: boolean): string => {
      const hex = character.charCodeAt(0).toString(16).padStart(2, '0')
      return `%${upper ? hex.toUpperCase() : hex}`
    }
    const spelt = fc
      .tuple(
        fc.constantFrom('/', '//', '/./', '/x/../', '/x;y/../', '/%2e/', '\\', '/;v/'),
        fc.array(fc.constantFrom('plain', 'upper', 'escape', 'ESCAPE', 'twice'), {
          minLength: 5,
          maxLength: 5,
        }),
        fc.constantFrom('', '/', '/x', '%2Fx', ';a', ';a/x', '%3Bx', '%23', '%3F', '\\x', '%252Fx'),
      )
      .map(([before, ways, after]) => {
        const letters = [...'admin'].map((letter, index) => {
          const way = ways[index]
          if (way === 'upper') return letter.toUpperCase()
          if (way === 'escape') return escapeOf(letter, false)
          if (way === 'ESCAPE') return escapeOf(letter, true)
          if (way === 'twice') return escapeOf(letter, true).replace('%', '%25')
          return letter
        })
        return before + letters.join('') + after
      })
    fc.assert(
      fc.property(spelt, (path) => {
        const result = policyFor(guarded, 'site.test', path)
        if (result.ok) expect(result.value.match).toBe('/admin/*')
      }),
      { numRuns: 3000 },
    )
  })
})
