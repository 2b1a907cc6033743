/**
 * Loads the code under test with one mutation: a copy of src in a directory of its own, patched, imported from
 * there. Must never touch src itself.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Code, DOOR, DOOR_TEXT, loadCode } from './code.ts'
import { MUTANTS, type Mutant } from './mutants.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** All that the deciding code imports. */
const ROOMS = ['session', 'foundation', 'vocabulary']

export async function loadMutant(name: string): Promise<Code> {
  const mutant = MUTANTS[name]
  if (mutant === undefined) throw new Error(`no mutant ${name}: ${Object.keys(MUTANTS).join(', ')}`)
  const home = mkdtempSync(join(tmpdir(), `mutant-${name}-`))
  try {
    const tree = join(home, 'src')
    for (const room of ROOMS) cpSync(join(ROOT, 'src', room), join(tree, room), { recursive: true })
    writeFileSync(join(home, 'package.json'), '{ "type": "module" }')
    symlinkSync(join(ROOT, 'node_modules'), join(home, 'node_modules'))
    writeFileSync(join(tree, DOOR), DOOR_TEXT)
    const path = join(tree, mutant.file)
    writeFileSync(path, mutated(readFileSync(path, 'utf8'), mutant))
    return await loadCode(tree)
  } finally {
    rmSync(home, { recursive: true })
  }
}

function mutated(source: string, { file, from, to }: Mutant): string {
  const parts = source.split(from)
  if (parts.length !== 2) {
    throw new Error(`${file}: "${from}" stands there ${parts.length - 1} times, not once`)
  }
  return parts.join(to)
}
