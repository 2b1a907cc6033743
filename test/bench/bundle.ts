/**
 * Builds what the benchmark runs: our Worker as wrangler would deploy it, and the contenders with the same
 * bundler and the same settings. Must never build into the working tree.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import type { WorkerBundle } from '../edges/build.ts'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const COMPATIBILITY_DATE = /^compatibility_date = "(.+)"/m.exec(
  readFileSync(join(ROOT, 'wrangler.toml'), 'utf8'),
)?.[1]

/** A folder for bundles; gone when this process ends. */
export function bundleFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface BundleOptions {
  /** Names in a CPU profile are only worth reading without it. */
  readonly minify?: boolean
  /** Numbers of src/vocabulary/limits.ts to build with other values: a variant that forgets, or never does. */
  readonly limits?: Readonly<Record<string, number>>
}

/** One ES module from a file relative to the repository's root, as wrangler bundles it. */
export async function bundle(
  folder: string,
  name: string,
  entry: string,
  { minify = true, limits = {} }: BundleOptions = {},
): Promise<WorkerBundle> {
  const modulePath = join(folder, `${name}.js`)
  await build({
    entryPoints: [join(ROOT, entry)],
    outfile: modulePath,
    bundle: true,
    minify,
    format: 'esm',
    target: 'es2024',
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['node:*', 'cloudflare:*'],
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [withLimits(limits)],
    logLevel: 'error',
  })
  return { modulePath, compatibilityDate: COMPATIBILITY_DATE ?? '' }
}

function withLimits(limits: Readonly<Record<string, number>>): Plugin {
  return {
    name: 'limits',
    setup({ onLoad }) {
      if (Object.keys(limits).length === 0) return
      onLoad({ filter: /src\/vocabulary\/limits\.ts$/ }, ({ path }) => {
        let contents = readFileSync(path, 'utf8')
        for (const [name, value] of Object.entries(limits)) {
          const line = new RegExp(`^export const ${name} = .+$`, 'm')
          if (!line.test(contents)) throw new Error(`limits.ts: no ${name}`)
          contents = contents.replace(line, `export const ${name} = ${value}`)
        }
        return { contents, loader: 'ts' }
      })
    },
  }
}
