/**
 * The watch for secrets bites: it sees one in every form it travels in. Must never need the Worker.
 */
import { describe, expect, it } from 'vitest'
import { LeakWatch } from '../support/leaks.ts'

describe('the watch', () => {
  it.each([
    ['as it is', (s: string) => s],
    ['in base64', btoa],
    ['in base64 within more', (s: string) => btoa(`{"a":"${s}"}`)],
    [
      'in base64url within more',
      (s: string) => btoa(`ops:${s}!`).replaceAll('+', '-').replaceAll('/', '_'),
    ],
    ['URL-encoded', encodeURIComponent],
    ['in hex', (s: string) => [...s].map((c) => c.charCodeAt(0).toString(16)).join('')],
  ])('sees a secret %s', (_, form) => {
    const own = new LeakWatch()
    own.plant('thing', 'a+secret/9~?>\u007f')
    own.look('somewhere', `before ${form('a+secret/9~?>\u007f')} after`)
    expect(own.leaks).toEqual([{ secret: 'thing', where: 'somewhere' }])
  })
})
