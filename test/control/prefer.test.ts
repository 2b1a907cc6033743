/**
 * The `Prefer` header of RFC 7240, as far as it asks to wait.
 */
import { expect, it } from 'vitest'
import { waitPreference } from '../../src/control/prefer.ts'

const unlimited = { atMostMs: Number.POSITIVE_INFINITY }

it.each([
  'wait',
  'WAIT',
  ' wait ',
  'wait=""',
  'respond-async, wait',
  'respond-async,wait,handling=lenient',
  'foo; bar, wait; baz=1',
  'note="a, b; wait=3", wait',
  'return=minimal , , wait',
])('hears an unlimited wait in %j', (header) => {
  expect(waitPreference(header)).toEqual(unlimited)
})

it.each([
  ['wait=10', 10_000],
  ['wait = 10', 10_000],
  ['wait="10"', 10_000],
  ['respond-async, wait=10; x=1', 10_000],
  ['wait=0', 0],
  ['wait=1, wait=99', 1000],
])('hears the limit in %j', (header, atMostMs) => {
  expect(waitPreference(header)).toEqual({ atMostMs })
})

it.each([
  null,
  '',
  'waiting',
  'await',
  'respond-async; wait',
  'note="wait"',
  'note="x\\", wait"',
  'wait=soon',
  'wait=-1',
  'wait=1.5',
  'wait=9999999999',
  'wait wait',
])('hears none in %j', (header) => {
  expect(waitPreference(header)).toBeNull()
})
