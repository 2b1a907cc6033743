/**
 * Builds a Worker once, with wrangler itself, so that what the edges serve is what would be deployed.
 * Must never build into the working tree: the folder is temporary and goes with whoever asked for it.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** One ES module and the date of the platform it was written for: all that `serveEdge` needs. */
export interface WorkerBundle {
  /** Absolute. */
  readonly modulePath: string
  readonly compatibilityDate: string
}

export interface BuiltWorker extends WorkerBundle {
  /** Deletes what was built; call it when the last edge has stopped. */
  remove(): void
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Runs `wrangler deploy --dry-run` on a project's wrangler.toml: ours, or another Worker's to compare. */
export async function buildWorker(projectRoot: string = ROOT): Promise<BuiltWorker> {
  const outdir = mkdtempSync(join(tmpdir(), 'edge-build-'))
  const remove = () => rmSync(outdir, { recursive: true, force: true })
  const wrangler = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
  const words = ['deploy', '--dry-run', '--outdir', outdir]
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', NO_COLOR: '1' }
  try {
    await promisify(execFile)(process.execPath, [wrangler, ...words], { cwd: projectRoot, env })
    const modulePath = join(outdir, 'index.js')
    return { modulePath, compatibilityDate: compatibilityDateOf(projectRoot), remove }
  } catch (error) {
    remove()
    throw error
  }
}

function compatibilityDateOf(projectRoot: string): string {
  const settings = readFileSync(join(projectRoot, 'wrangler.toml'), 'utf8')
  const date = /^compatibility_date\s*=\s*"(\d{4}-\d{2}-\d{2})"/m.exec(settings)?.[1]
  if (date === undefined) throw new Error(`${projectRoot}/wrangler.toml: no compatibility_date`)
  return date
}
