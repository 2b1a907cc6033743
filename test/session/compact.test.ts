/** Sharing and cutting loose change where a value is held, never what it is. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ownText, shared } from '../../src/session/compact.ts'

describe('compact values', () => {
  it('are equal to what they stand for, keys like __proto__ and half surrogates too', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.string()), (labels) => {
        expect(Object.entries(shared(labels))).toEqual(Object.entries(labels))
      }),
      { numRuns: 30 },
    )
    const odd = JSON.parse('{"__proto__": "x", "a": "\\ud800"}') as Record<string, string>
    expect(Object.entries(shared(odd))).toEqual([
      ['__proto__', 'x'],
      ['a', '\ud800'],
    ])
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => ownText(text) === text),
      {
        numRuns: 30,
      },
    )
  })

  it('are one for all who have them alike, and never another’s', () => {
    expect(shared(['read', 'write'])).toBe(shared(['read', 'write']))
    expect(shared(['read', 'write'])).not.toEqual(shared(['write', 'read']))
    expect(shared({ a: '1', b: '2' })).not.toBe(shared({ b: '2', a: '1' }))
  })

  it('are right past any number of distinct ones', () => {
    for (let i = 0; i < 3000; i++) expect(shared([`role-${i}`])).toEqual([`role-${i}`])
  })
})
