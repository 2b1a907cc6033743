/**
 * What a process used so far, as Linux accounts for it. Must never be read for a process with threads that
 * come and go: what an ended thread used is not in the sum (workerd keeps its threads).
 */
import { readdirSync, readFileSync } from 'node:fs'

/**
 * CPU time in microseconds, user and system: what utime + stime in /proc/<pid>/stat round to 10 ms,
 * in nanoseconds from the scheduler, thread by thread.
 */
export function cpuMicros(pid: number): number {
  const nanos = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  )
  return nanos.reduce((sum, each) => sum + each, 0) / 1000
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}

/** Bytes that a process has handed to the kernel, to sockets and files alike. */
export function bytesWritten(pid: number): number {
  const io = readFileSync(`/proc/${pid}/io`, 'utf8')
  return Number(/^wchar: (\d+)$/m.exec(io)?.[1] ?? 0)
}
