/**
 * What workerd has and Node has not, where the code under test needs it. Import it first.
 * Must never be imported by anything that runs in workerd.
 */
import { timingSafeEqual } from 'node:crypto'

Object.defineProperty(Object.getPrototypeOf(crypto.subtle), 'timingSafeEqual', {
  value: (a: Uint8Array, b: Uint8Array) => timingSafeEqual(a, b),
  configurable: true,
})
