/**
 * What the operator API takes and refuses, and where it says the fault lies.
 */
import { describe, expect, it } from 'vitest'
import { createSessionSchema, subjectSchema } from '../../src/control/schemas.ts'
import { pointerTo, validate } from '../../src/control/validation.ts'

const create = (fields: object) => validate(createSessionSchema, { subject: 'user-42', ...fields })
const faults = (fields: object) => {
  const result = create(fields)
  return result.ok ? [] : result.error.map(({ pointer }) => pointer)
}
const accepts = (fields: object) => expect(faults(fields)).toEqual([])
const many = (count: number) => Array.from({ length: count }, (_, n) => `p${n}`)

describe('a subject', () => {
  it.each(['a', '名前', 'a/b', '100%', ' ', 'x'.repeat(256), '😀'.repeat(256)])(
    'may be %j',
    (name) => expect(validate(subjectSchema, name).ok).toBe(true),
  )

  it.each([
    '',
    'x'.repeat(257),
    'a\u0000',
    'a\n',
    'a\u0085',
    '\ud800',
    'a\udc00b',
    '.',
    '..',
    7,
    null,
  ])('may not be %j', (name) => expect(validate(subjectSchema, name).ok).toBe(false))
})

describe('the body of POST /sessions', () => {
  it('needs nothing but a subject', () => {
    accepts({})
    expect(validate(createSessionSchema, {})).toEqual({
      ok: false,
      error: [{ pointer: '/subject', detail: 'Is missing' }],
    })
  })

  it.each([[[]], [null], ['text'], [7]])('is an object, not %j', (body) => {
    const result = validate(createSessionSchema, body)
    expect(result).toEqual({ ok: false, error: [{ pointer: '', detail: 'Must be an object' }] })
  })

  it('names every unknown field with a pointer of its own', () => {
    expect(faults({ permision: [], 'a/b': 1, 'a~b': 1, device: { os: 'x' } }).sort()).toEqual(
      ['/permision', '/a~1b', '/a~0b', '/device/os'].sort(),
    )
  })

  it('names all that is wrong at once', () => {
    expect(faults({ permissions: ['a', 7], lifetime_seconds: 0, acr: '' }).sort()).toEqual([
      '/acr',
      '/lifetime_seconds',
      '/permissions/1',
    ])
  })

  it('takes at most a hundred permissions, each once', () => {
    accepts({ permissions: many(100) })
    expect(faults({ permissions: many(101) })).toEqual(['/permissions'])
    expect(faults({ permissions: ['a', 'b', 'a', 'a'] })).toEqual([
      '/permissions/2',
      '/permissions/3',
    ])
    expect(faults({ permissions: ['x'.repeat(129), 'a\t'] })).toHaveLength(2)
  })

  it('takes claims of at most 4096 bytes as JSON, counted in UTF-8', () => {
    const room = 4096 - '{"c":""}'.length
    accepts({ claims: { c: 'x'.repeat(room) } })
    expect(faults({ claims: { c: 'x'.repeat(room + 1) } })).toEqual(['/claims'])
    expect(faults({ claims: { c: 'é'.repeat(room / 2 + 1) } })).toEqual(['/claims'])
    expect(faults({ claims: [] })).toEqual(['/claims'])
  })

  it('takes at most sixteen labels of plain names', () => {
    accepts({ labels: Object.fromEntries(many(16).map((key) => [key, 'v'])) })
    expect(faults({ labels: Object.fromEntries(many(17).map((key) => [key, 'v'])) })).toEqual([
      '/labels',
    ])
    expect(faults({ labels: { 'a b': 'v' } })).toEqual(['/labels/a b'])
    expect(faults({ labels: { a: '' } })).toEqual(['/labels/a'])
  })

  it.each([1, 31_536_000])('takes a lifetime of %d seconds', (lifetime_seconds) =>
    accepts({ lifetime_seconds, idle_seconds: 0 }),
  )

  it.each([0, -1, 1.5, 31_536_001, '60', null])('takes no lifetime of %j', (lifetime_seconds) =>
    expect(faults({ lifetime_seconds })).toEqual(['/lifetime_seconds']),
  )

  it.each([
    '2026-11-24T09:30:00Z',
    '2026-11-24T09:30:00.123Z',
    '2026-11-24T09:30:00.123456789+05:30',
    '2024-02-29T23:59:59-08:00',
  ])('takes %s for a time', (auth_time) => accepts({ auth_time }))

  it.each([
    '2026-02-29T00:00:00Z',
    '2026-11-24T24:00:00Z',
    '2026-11-24T09:30:00',
    '2026-11-24T09:30Z',
    '2026-11-24',
    'yesterday',
    1_764_000_000,
  ])('does not take %s for a time', (auth_time) =>
    expect(faults({ auth_time })).toEqual(['/auth_time']),
  )

  it('never repeats a value in an error', () => {
    const secret = 'hunter2\u0000'
    const result = create({
      subject: secret,
      acr: { secret },
      device: { ip: secret },
      amr: [secret],
    })
    expect(result.ok).toBe(false)
    expect(JSON.stringify(result)).not.toContain('hunter2')
  })

  it('says every fault in words', () => {
    const result = create({ amr: 'pwd', device: [], lifetime_seconds: 1.5, claims: 'x' })
    for (const { detail } of result.ok ? [] : result.error) expect(detail).toMatch(/^Must be /)
  })

  it('answers a body full of faults with a hundred of them', () => {
    expect(faults(Object.fromEntries(many(5000).map((name) => [name, 1])))).toHaveLength(100)
  })
})

it('escapes pointers as RFC 6901 section 3 says', () => {
  expect(pointerTo([])).toBe('')
  expect(pointerTo(['a/b', 'm~n', 0, ''])).toBe('/a~1b/m~0n/0/')
})
