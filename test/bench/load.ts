/**
 * Load on one address from a fixed number of connections, for a fixed time: with wrk where it is installed,
 * else with a Node process that says the same. Must never count a refused request as served.
 */
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { headersOf, PATH, type Visitor } from './visitor.ts'

export interface LoadResult {
  readonly requests: number
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Answers other than 2xx and 3xx. */
  readonly refused: number
  readonly broken: number
}

export interface LoadOptions {
  readonly seconds: number
  readonly connections: number
}

/** `wrk`, or null where the Debian package of that name is not installed. */
export const generator: string | null = versionOfWrk()

function versionOfWrk(): string | null {
  try {
    // Its usage text comes with an exit code of its own.
    execFileSync('wrk', ['--version'], { stdio: 'pipe' })
    return 'wrk'
  } catch (error) {
    const { stdout } = error as { stdout?: Buffer }
    return stdout ? (/^wrk \S+/.exec(stdout.toString())?.[0] ?? null) : null
  }
}

/** A load that is running. */
export interface RunningLoad {
  readonly pid: number
  /** Rejects when anything but served requests came back: a benchmark of refusals would look fast. */
  readonly result: Promise<LoadResult>
}

/** The whole of it; rejects as `RunningLoad.result` does. */
export const load = (url: string, visitor: Visitor, options: LoadOptions): Promise<LoadResult> =>
  startLoad(url, visitor, options).result

export function startLoad(
  url: string,
  visitor: Visitor,
  { seconds, connections }: LoadOptions,
): RunningLoad {
  const folder = mkdtempSync(join(tmpdir(), 'bench-load-'))
  const file = join(folder, 'visitor')
  const headers = Object.entries(headersOf(visitor)).map(([name, value]) => `${name}: ${value}`)
  writeFileSync(file, [...headers, '', ...(visitor.tokens ?? [])].join('\n'))
  const wrkWords = [
    ...['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s'],
    ...['-s', fileURLToPath(new URL('wrk.lua', import.meta.url)), url, '--', file, PATH],
  ]
  const nodeWords = [
    fileURLToPath(new URL('generator.ts', import.meta.url)),
    ...[url, file, PATH, String(connections), String(seconds)],
  ]
  const running = generator
    ? promisify(execFile)('wrk', wrkWords)
    : promisify(execFile)(process.execPath, nodeWords)
  return { pid: running.child.pid ?? 0, result: resultOf(url, running, folder) }
}

/** One request of the load's kind, by itself; rejects unless it was served. */
export function askOnce(url: string, visitor: Visitor): Promise<void> {
  const { cookie = '', ...others } = headersOf(visitor)
  const headers = { ...others, cookie: cookie.replace('%TOKEN%', visitor.tokens?.[0] ?? '') }
  return new Promise((resolve, reject) => {
    const request = get(url + PATH, { headers }, (response) => {
      const { statusCode = 500 } = response
      if (statusCode >= 400) reject(new Error(`${url}: answered ${statusCode}`))
      response.resume().once('end', resolve)
    })
    request.once('error', reject)
  })
}

async function resultOf(
  url: string,
  running: Promise<{ readonly stdout: string }>,
  folder: string,
): Promise<LoadResult> {
  try {
    const { stdout } = await running
    const result = JSON.parse(/^JSON(.+)$/m.exec(stdout)?.[1] ?? 'null') as LoadResult | null
    if (result === null) throw new Error(`the load generator said: ${stdout}`)
    if (result.refused > 0 || result.broken > 0 || result.requests === 0) {
      throw new Error(`${url}: not all were served: ${JSON.stringify(result)}`)
    }
    return result
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
