/**
 * Runs what a person would run, and ends it. Must never end a process it did not start: everything is
 * addressed by the group or the id it was started with.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface Running {
  readonly child: ChildProcess
  /** Standard output and error so far. */
  output(): string
  /** Resolves when the output says so; rejects when the process ends first, or too late. */
  says(pattern: RegExp, withinMs: number): Promise<void>
  /** Signals the whole group, as Ctrl-C does, and waits for the end of the first process. */
  end(signal: NodeJS.Signals): Promise<void>
}

/** Starts a command in a process group of its own. */
export function run(command: string, args: string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let output = ''
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  return {
    child,
    output: () => output,
    async says(pattern, withinMs) {
      const endsAt = performance.now() + withinMs
      while (!pattern.test(output)) {
        if (hasEnded()) throw new Error(`${command} ended: ${output}`)
        if (performance.now() > endsAt) throw new Error(`${command} said only: ${output}`)
        await sleep(50)
      }
    },
    async end(signal) {
      if (hasEnded() || child.pid === undefined) return
      process.kill(-child.pid, signal)
      const late = sleep(10_000, 'late', { ref: false })
      if ((await Promise.race([ended, late])) === 'late') {
        process.kill(-child.pid, 'SIGKILL')
        throw new Error(`${command} did not end on ${signal}: ${output}`)
      }
    },
  }
}

interface Process {
  readonly pid: number
  readonly parent: number
  readonly name: string
}

const processes = (): Process[] =>
  execFileSync('ps', ['-eo', 'pid=,ppid=,stat=,comm='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , state]) => !state?.startsWith('Z'))
    .map(([pid, parent, , name]) => ({
      pid: Number(pid),
      parent: Number(parent),
      name: name ?? '',
    }))

/** Everything that descends from a process, itself included. */
export function familyOf(pid: number): Process[] {
  const all = processes()
  const family = all.filter((process) => process.pid === pid)
  for (const member of family) {
    family.push(...all.filter(({ parent }) => parent === member.pid))
  }
  return family
}

/** Those of them that still run. */
export const survivors = (family: readonly Process[]): Process[] =>
  processes().filter(({ pid, name }) =>
    family.some((member) => member.pid === pid && member.name === name),
  )

/** The first of so many ports in a row that nobody listens on. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = 20_000 + Math.floor(Math.random() * 10_000)
    const ports = Array.from({ length: count }, (_, i) => first + i)
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return first
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
