/**
 * Few packages, each pinned, locked by hash, and with a reason in test/security/supply-chain.md; nothing runs at
 * install that is not listed there. Must never reach out: whether a version is known to be bad is npm audit's.
 */
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { type Row, rowsOf, textOf } from './document-tables.ts'

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly allowScripts?: Readonly<Record<string, boolean>>
}
interface Lock {
  readonly packages: Readonly<Record<string, Locked>>
}
interface Locked {
  readonly version?: string
  readonly integrity?: string
  readonly resolved?: string
  readonly license?: string
  readonly hasInstallScript?: boolean
  readonly dev?: boolean
  readonly optional?: boolean
}

const manifestOf = (folder: string) => JSON.parse(textOf(`${folder}package.json`)) as Manifest
const lockOf = (folder: string) => JSON.parse(textOf(`${folder}package-lock.json`)) as Lock
const named = ({ dependencies = {}, devDependencies = {} }: Manifest) => ({
  ...dependencies,
  ...devDependencies,
})

/** The packages that code of the Worker's bundle comes from. */
async function bundled(): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: fileURLToPath(new URL('../../', import.meta.url)),
    entryPoints: ['src/index.ts'],
    bundle: true,
    metafile: true,
    write: false,
    format: 'esm',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'browser'],
  })
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs))
  const names = inputs.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? '')
  return [...new Set(names)].filter((name) => name !== '').sort()
}

const FOLDERS = ['', 'test/support/openapi-types/']
const documentText = textOf('test/security/supply-chain.md')
const rows = rowsOf(documentText, 'package').map(
  (row): Row => ({ ...row, package: row.package?.replaceAll('`', '') ?? '' }),
)
const reviewed = rows.filter((row) => 'what for' in row)
const scripts = rows.filter((row) => 'what its script does' in row)

describe('dependencies', () => {
  it('each have a row that says what they are for, and no row is left over', () => {
    const all = FOLDERS.flatMap((folder) => Object.keys(named(manifestOf(folder))))
    expect(reviewed.map((row) => row.package).sort()).toEqual(all.sort())
    expect(reviewed.filter((row) => Object.values(row).includes(''))).toEqual([])
  })

  it('reach the Worker or the client only as dependencies, all others as devDependencies', () => {
    const shipped = reviewed.filter((row) => /^(?:Worker|client)$/.test(row.where ?? ''))
    expect(shipped.map((row) => row.package).sort()).toEqual(
      Object.keys(manifestOf('').dependencies ?? {}).sort(),
    )
  })

  it.each(FOLDERS)('are pinned exactly, here and in the lock, by hash (./%s)', (folder) => {
    const manifest = named(manifestOf(folder))
    const { packages } = lockOf(folder)
    const loose = Object.entries(manifest).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
    expect(loose).toEqual([])
    const astray = Object.entries(manifest).filter(
      ([name, version]) => packages[`node_modules/${name}`]?.version !== version,
    )
    expect(astray).toEqual([])
    const installed = Object.entries(packages).filter(([path]) => path !== '')
    expect(installed.length).toBeGreaterThan(10)
    const unlocked = installed.filter(
      ([, { integrity = '', resolved }]) =>
        !integrity.startsWith('sha512-') || (resolved !== undefined && !/^https:/.test(resolved)),
    )
    expect(unlocked.map(([path]) => path)).toEqual([])
  })

  it('bring to the Worker and the client what the document says, and nothing else', () => {
    const locked = Object.entries(lockOf('').packages)
    const transitive = locked
      .filter(([path, { dev, optional }]) => path !== '' && !dev && !optional)
      .map(([path]) => path.replace('node_modules/', ''))
      .filter((name) => !(name in (manifestOf('').dependencies ?? {})))
    const brought = [...documentText.matchAll(/brings `([^`]+)`/g)].map(([, name]) => name)
    expect(transitive.sort()).toEqual(brought.sort())
  })

  it('in the Worker’s bundle are those whose row says so, and no other', async () => {
    const rowsOfWorker = reviewed.filter((row) => row.where === 'Worker')
    expect(await bundled()).toEqual(rowsOfWorker.map((row) => row.package).sort())
  })

  it('that reach the Worker or the client are all under the MIT licence', () => {
    const reaching = Object.entries(lockOf('').packages).filter(
      ([path, { dev, optional }]) => path !== '' && !dev && !optional,
    )
    expect(reaching.filter(([, { license }]) => license !== 'MIT')).toEqual([])
  })

  it('run at install only what is allowed and listed', () => {
    const withScript = FOLDERS.flatMap((folder) =>
      Object.entries(lockOf(folder).packages)
        .filter(([, { hasInstallScript }]) => hasInstallScript)
        .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)),
    )
    const { allowScripts = {} } = manifestOf('')
    expect(withScript.sort()).toEqual(scripts.map((row) => row.package).sort())
    expect(
      Object.keys(allowScripts)
        .filter((name) => allowScripts[name])
        .sort(),
    ).toEqual(withScript)
  })
})
