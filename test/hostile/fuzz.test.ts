/**
 * The fuzzer in small: some thousands of inputs over every entry, the same ones each time. And it bites: a check
 * that is wrong about one input in ten thousand is found, and made again by its recipe.
 */
import { describe, expect, it } from 'vitest'
import { Fuzzer, tryInput } from './fuzzer.ts'
import { inputOf } from './inputs.ts'
import { ensure, type Target } from './target.ts'
import { TARGETS } from './targets.ts'

const SIZE = 250

describe('hostile input', () => {
  it.each([...TARGETS])(
    'lets nobody in and breaks nothing: $name',
    {
      timeout: 60_000,
    },
    async (target) => {
      const fuzzer = new Fuzzer(target, null)
      for (const seed of [1, 2]) await fuzzer.batch(seed, SIZE)
      expect(fuzzer.found).toEqual([])
      expect(fuzzer.inputs).toBe(2 * SIZE)
    },
  )

  it.each([...TARGETS])('has honest seeds that pass: $name', async (target) => {
    for (const seed of target.seeds)
      expect([seed, await tryInput(target, seed)]).toEqual([seed, null])
  })
})

describe('the fuzzer', () => {
  const target: Target = {
    name: 'broken',
    pieces: ['a', 'b', '=', ';'],
    seeds: ['a=b'],
    check: (input) => ensure(!/;b=.*;/s.test(input), 'as it should not be'),
  }

  it('finds what is wrong, and makes it again from its recipe', async () => {
    const fuzzer = new Fuzzer(target, null)
    for (let seed = 0; seed < 8; seed++) await fuzzer.batch(seed)
    const [found] = fuzzer.found
    expect(found).toMatchObject({ target: 'broken', what: 'Finding: as it should not be' })
    expect(inputOf(target, found?.recipe ?? [])).toBe(found?.input)
  })

  it('takes endless work for a finding', async () => {
    const slow: Target = {
      ...target,
      check: () => {
        const before = process.cpuUsage()
        while (process.cpuUsage(before).user < 150_000);
      },
    }
    expect(await tryInput(slow, 'a')).toMatch(/^took \d+ ms/)
  })
})
