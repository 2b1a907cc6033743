/**
 * The tables of a Markdown document, and the tests that their cells name. Must never run anything, nor take a
 * test that is skipped for one that is there.
 */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** A file of the repository, by its path from the top. */
export const textOf = (path: string): string => readFileSync(ROOT + path, 'utf8')

/** One row, its cells by the names in the table's head. */
export type Row = Readonly<Record<string, string>>

/** The rows of every table whose first column has this name, in the document's order. */
export function rowsOf(markdown: string, firstColumn: string): Row[] {
  const tables = markdown.match(/^\|.*\n\|(?:-+\|)+\n(?:\|.*\n?)*/gm) ?? []
  return tables.flatMap((table) => {
    const [head = [], , ...lines] = table.trim().split('\n').map(cellsOf)
    if (head[0] !== firstColumn) return []
    return lines.map((cells) => {
      if (cells.length !== head.length) throw new Error(`a row of ${cells.length}: ${cells[0]}`)
      return Object.fromEntries(head.map((name, at) => [name, cells[at] ?? '']))
    })
  })
}

const cellsOf = (line: string): string[] =>
  line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim())

/** A test named in a cell: `` `gate/x.test.ts` "its title" ``, its file below test/. */
export interface NamedTest {
  readonly file: string
  readonly title: string
}

/** The tests a cell names, parted by `;`. Throws on what it cannot read: a typing error is no test. */
export const testsIn = (cell: string): NamedTest[] =>
  cell === '' || cell === 'none'
    ? []
    : cell.split(/; (?=`)/).map((part) => {
        const [, file, title] = /^`([^`]+)` "(.+)"$/.exec(part) ?? []
        if (file === undefined || title === undefined) throw new Error(`no test: ${part}`)
        return { file, title }
      })

/** Null where the test is there, else what is missing. `read` is for the test of this function. */
export function missing({ file, title }: NamedTest, read = sourceOf): string | null {
  const source = read(file)
  if (source !== null && titlesIn(source).has(title)) return null
  const where = testFiles().filter((other) => titlesIn(read(other) ?? '').has(title))
  const hint = where.length === 0 ? '' : `; it is in ${where.join(', ')}`
  return (source === null ? `${file} is not there` : `${file} has no test "${title}"`) + hint
}

const testFiles = (): string[] =>
  globSync('**/*.test.ts', { cwd: `${ROOT}test`, exclude: ['**/node_modules/**'] })

const sourceOf = (file: string): string | null =>
  existsSync(`${ROOT}test/${file}`) ? textOf(`test/${file}`) : null

/** Titles as they are written: of `it('…'` and of `it.each(…)('…'`, but not of `it.skip` or `it.todo`. */
function titlesIn(source: string): Set<string> {
  const titles = source.matchAll(/(?:(?<![\w.])it\(|\)\()\s*(['"`])((?:(?!\1)[^\n])+)\1/g)
  return new Set([...titles].map(([, , title = '']) => title))
}
