/**
 * Reading a body: what is too large, what is not JSON, and what only looks like it.
 */
import { expect, it } from 'vitest'
import { readJson } from '../../src/control/body.ts'
import { MAX_API_BODY_BYTES } from '../../src/vocabulary/limits.ts'

const post = (body: BodyInit, headers: HeadersInit = {}) =>
  readJson(new Request('https://h.test/', { method: 'POST', body, headers }))
const refused = (error: string) => ({ ok: false, error })
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

it('reads JSON, at most 64 KB of it', async () => {
  expect(await post('{"a":[1,"é"]}')).toEqual({ ok: true, value: { a: [1, 'é'] } })
  const largest = `"${'x'.repeat(MAX_API_BODY_BYTES - 2)}"`
  expect(await post(largest)).toMatchObject({ ok: true })
  expect(await post(`${largest} `)).toEqual(refused('content_too_large'))
})

it('counts what arrives when no length was announced, and stops there', async () => {
  let pulled = 0
  const endless = new ReadableStream({
    pull(controller) {
      pulled++
      controller.enqueue(new Uint8Array(8192))
    },
  })
  expect(await post(endless)).toEqual(refused('content_too_large'))
  expect(pulled).toBeLessThan(20)
})

it.each(['', ' ', '{', "{'a':1}", '{"a":1,}', 'undefined', '{"a":1} x', '\u00a0{}'])(
  'takes %j for no JSON',
  async (text) => expect(await post(text)).toEqual(refused('invalid_json')),
)

it('takes bytes that are no UTF-8 for no JSON', async () => {
  expect(await post(new Uint8Array([0x22, 0xff, 0x22]))).toEqual(refused('invalid_json'))
})

it('takes no __proto__, in any spelling and at any depth', async () => {
  expect(await post('{"__proto__":{}}')).toEqual(refused('invalid_json'))
  expect(await post('{"labels":[{"\\u005f_proto__":"x"}]}')).toEqual(refused('invalid_json'))
  expect(await post('["__proto__"]')).toMatchObject({ ok: true })
})

it('takes no JSON that would exhaust a stack', async () => {
  expect(await post(nested(32))).toMatchObject({ ok: true })
  expect(await post(nested(33))).toEqual(refused('invalid_json'))
  expect(await post(nested(30_000))).toEqual(refused('invalid_json'))
})
