/**
 * A wall clock of one edge's own that can be set while it runs. Debian's libfaketime can't do it: workerd hangs
 * as soon as it is preloaded (0.9.10, both variants). So a shim of our own is compiled where there is a `cc`.
 * Must never touch the clock of anything but the process it is preloaded into.
 */
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface SteppableClock {
  /** For the process whose clock it is. */
  readonly environment: Readonly<Record<string, string>>
  /** So far from the true time, from now on. */
  set(offsetMs: number): void
  remove(): void
}

/** null: there is no C compiler here (or no Linux), so no clock can be stepped. */
export function steppableClock(): SteppableClock | null {
  if (process.platform !== 'linux') return null
  const folder = mkdtempSync(join(tmpdir(), 'edge-clock-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  const library = join(folder, 'clock.so')
  const file = join(folder, 'offset')
  const source = fileURLToPath(new URL('fault-clock.c', import.meta.url))
  try {
    execFileSync('cc', ['-O2', '-shared', '-fPIC', '-o', library, source], { stdio: 'ignore' })
  } catch {
    remove()
    return null
  }
  const set = (offsetMs: number) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(offsetMs))
    const open = openSync(file, 'a+')
    closeSync(open)
    const writable = openSync(file, 'r+')
    writeSync(writable, bytes, 0, bytes.length, 0)
    closeSync(writable)
  }
  set(0)
  return { environment: { LD_PRELOAD: library, CLOCK_OFFSET_FILE: file }, set, remove }
}
