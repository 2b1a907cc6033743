/**
 * One JSON line per thing worth an operator's attention (Workers Logs reads JSON lines).
 * Must never be handed a token, cookie, key or store argument; exceptions lose their message here,
 * because a message may quote its input.
 */
export interface LogEntry {
  readonly level: 'info' | 'warn' | 'error'
  readonly code: string
  readonly [detail: string]: unknown
}

export type Log = (entry: LogEntry) => void

/** Writes to the console, which is where Workers take logs from. */
export const log: Log = (entry) => console[entry.level](JSON.stringify(entry))

/** What may be told of an exception: its name and where it was, not what it said. */
export function describeException(exception: unknown): { name: string; frames: readonly string[] } {
  if (!(exception instanceof Error)) return { name: typeof exception, frames: [] }
  const { stack = '', message } = exception
  // A message may itself hold lines that look like frames, so what it said is cut off first.
  const saidAt = stack.indexOf(message)
  const trace = saidAt < 0 ? '' : stack.slice(saidAt + message.length)
  const frames = trace.split('\n').filter((line) => /^\s+at /.test(line))
  return { name: exception.name, frames: frames.map((line) => line.trim()).slice(0, 12) }
}
