/**
 * Every reading of a path is found: by table, and by parsers written independently of the code.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readPath } from '../../src/gate/path-readings.ts'
import { MAX_PATH_BYTES, MAX_PATH_READINGS } from '../../src/vocabulary/limits.ts'
import vectors from '../vectors/paths.json' with { type: 'json' }

const readingsOf = (path: string): readonly string[] => {
  const result = readPath(path)
  if (!result.ok) throw new Error(result.error)
  return result.value
}

/** Pieces of which trick paths are made. */
const trickPath = fc
  .array(
    fc.constantFrom(
      ...['/', '//', '.', '..', '/../', '/./', ';', ';a', '\\', '%2F', '%2f', '%5C', '%2e', '%2E'],
      ...[
        '%252F',
        '%25',
        '2F',
        '%3B',
        '%23',
        '%3F',
        '%61',
        'a',
        'A',
        'b',
        '%C3%A9',
        '%C0%AF',
        '%u002f',
      ],
    ),
    { maxLength: 7 },
  )
  .map((pieces) => `/${pieces.join('')}`)

describe('readPath', () => {
  it.each(vectors.paths.filter(({ readings }) => readings))('reads $path', ({ path, readings }) => {
    expect([...readingsOf(path)].sort()).toEqual([...(readings ?? [])].sort())
  })

  it.each(vectors.paths.filter(({ error }) => error))('refuses $path', ({ path, error }) => {
    expect(readPath(path)).toEqual({ ok: false, error })
  })

  it('has the path itself first', () => {
    expect(readingsOf('/a%2fb//c')[0]).toBe('/a%2Fb//c')
  })

  it('refuses a path that is too long, and takes the longest allowed', () => {
    expect(readPath(`/${'a'.repeat(MAX_PATH_BYTES)}`).ok).toBe(false)
    expect(readPath(`/${'a'.repeat(MAX_PATH_BYTES - 1)}`).ok).toBe(true)
  })

  it('is bounded, and refuses rather than leaves out', () => {
    fc.assert(
      fc.property(trickPath, (path) => {
        const result = readPath(path)
        if (result.ok) expect(result.value.length).toBeLessThanOrEqual(MAX_PATH_READINGS)
        else expect(result.error).toBe('path_too_many_readings')
      }),
    )
  })

  it('holds what any chain of parsers makes of it', () => {
    const decode = (path: string): string => {
      try {
        return decodeURIComponent(path)
      } catch {
        return path
      }
    }
    // WHATWG URL, as browsers and Node do it: backslashes, encoded dots, case of nothing else.
    const whatwg = (path: string): string => new URL(`http://h${path}`).pathname
    const parsers = [
      decode,
      (path: string) => path.split('\\').join('/'),
      (path: string) => path.split(/\/+/).join('/'),
      (path: string) => path.split(';')[0] ?? '',
      (path: string) => path.split(/[?#]/)[0] ?? '',
      (path: string) =>
        path
          .split('/')
          .map((segment) => segment.split(';')[0])
          .join('/'),
      whatwg,
    ]
    const chain = fc.array(fc.constantFrom(...parsers), { maxLength: 4 })
    const canonical = (path: string) =>
      path.replace(/%[0-9a-f]{2}/gi, (hex) => hex.toUpperCase()).replaceAll('%C3%A9', 'é')
    fc.assert(
      fc.property(trickPath, chain, (path, steps) => {
        const result = readPath(path)
        if (!result.ok) return
        const read = steps.reduce((current, step) => step(current), path)
        expect(result.value).toContain(canonical(read))
      }),
      { numRuns: 5000 },
    )
  })

  it('refuses every control character, however often it is encoded', () => {
    const control = fc.oneof(fc.integer({ min: 0, max: 0x1f }), fc.constant(0x7f))
    fc.assert(
      fc.property(control, fc.integer({ min: 0, max: 5 }), fc.webPath(), (code, times, path) => {
        const hex = code.toString(16).padStart(2, '0')
        const encoded = times === 0 ? String.fromCharCode(code) : `%${'25'.repeat(times - 1)}${hex}`
        expect(readPath(`/x${encoded}${path}`).ok).toBe(false)
      }),
    )
  })
})
