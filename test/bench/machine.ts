/**
 * What a benchmark ran on, and with what. Must never guess a version: it is read from what is installed.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './bundle.ts'
import { generator } from './load.ts'

const PACKAGES = [
  'workerd',
  'jose',
  'hono',
  '@upstash/redis',
  '@cloudflare/workers-oauth-provider',
  'better-auth',
]

const versionOf = (name: string): string => {
  const manifest = readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

function commit(): string {
  const git = (...words: string[]) =>
    execFileSync('git', words, { cwd: ROOT, stdio: 'pipe' }).toString().trim()
  try {
    const isChanged = git('status', '--short', 'src') !== ''
    return `commit ${git('rev-parse', '--short', 'HEAD')}${isChanged ? ', with changes in src' : ''}`
  } catch {
    return 'not from a git checkout'
  }
}

/** What tells one machine's figures from another's. */
export const hardware = (): string =>
  `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Linux ${release()}`

/** One line each, for a report. */
export function machine(): readonly string[] {
  return [
    `Machine: ${hardware()}, ${Math.round(totalmem() / 2 ** 30)} GB`,
    `Versions: ${PACKAGES.map((name) => `${name} ${versionOf(name)}`).join(', ')}`,
    `Load: ${generator ?? 'the Node generator (wrk was not installed)'}; Node ${process.version}`,
    `Load average of the last 15 minutes, at the end: ${loadavg()[2]?.toFixed(1)}`,
    `Ours: ${commit()}`,
    `Date: ${new Date().toISOString().slice(0, 10)}`,
  ]
}
