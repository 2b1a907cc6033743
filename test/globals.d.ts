/**
 * src is written for Workers. These are the things it takes from there that Node's types do not know, or
 * know under another name: with them, Node-side tests can import the parts of src that are not I/O.
 */
import type { webcrypto } from 'node:crypto'

declare global {
  type CryptoKey = webcrypto.CryptoKey

  interface Response {
    /** What was upgraded; in Node nothing is. */
    readonly webSocket?: unknown
  }
}

declare module 'node:crypto' {
  namespace webcrypto {
    interface SubtleCrypto {
      timingSafeEqual(a: ArrayBufferView | ArrayBuffer, b: ArrayBufferView | ArrayBuffer): boolean
    }
  }
}
