/**
 * The shape of the house: a file imports its own room or a lower floor, never up, never sideways, and there
 * is no cycle (type-only imports count). Every file says at its top what it is for.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const SRC = fileURLToPath(new URL('../../src', import.meta.url))
const FLOORS = [
  ['vocabulary'],
  ['foundation'],
  ['session'],
  ['gate', 'control'],
  ['app.ts'],
  ['index.ts'],
  // The client and the command line: nobody's floor, they only speak HTTP.
  ['client'],
]

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) =>
  /\.(?:ts|js)$/.test(file),
)
const text = (file: string) => readFileSync(join(SRC, file), 'utf8')
const roomOf = (file: string) => file.split('/')[0] ?? ''
const floorOf = (file: string) => FLOORS.findIndex((rooms) => rooms.includes(roomOf(file)))
const importsOf = (source: string, file: string) =>
  [...source.matchAll(/from '(\.[^']+)'/g)].map(([, path]) =>
    relative(SRC, join(SRC, dirname(file), path ?? '')),
  )

const upward = (graph: ReadonlyMap<string, readonly string[]>) =>
  [...graph].flatMap(([file, imports]) =>
    imports
      .filter((other) => roomOf(file) !== roomOf(other) && floorOf(other) >= floorOf(file))
      .map((other) => `${file} → ${other}`),
  )

function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>()
  const found: string[] = []
  const visit = (file: string, path: readonly string[]) => {
    if (path.includes(file)) found.push([...path.slice(path.indexOf(file)), file].join(' → '))
    if (done.has(file) || path.includes(file)) return
    for (const other of graph.get(file) ?? []) visit(other, [...path, file])
    done.add(file)
  }
  for (const file of graph.keys()) visit(file, [])
  return found
}

const house = new Map(files.map((file) => [file, importsOf(text(file), file)]))

it('gives every file a floor', () => {
  expect(files.filter((file) => floorOf(file) < 0)).toEqual([])
  expect(files.length).toBeGreaterThan(20)
})

it('has no import that goes up or sideways', () => {
  expect(upward(house)).toEqual([])
})

it('keeps the client apart: it imports nothing of the Worker', () => {
  const crossing = [...house].flatMap(([file, imports]) =>
    imports.filter(
      (other) => [file, other].map(roomOf).includes('client') && roomOf(file) !== roomOf(other),
    ),
  )
  expect(crossing).toEqual([])
})

it('has no import cycle', () => {
  expect(cycles(house)).toEqual([])
})

it('would notice an upward import and a cycle', () => {
  const bad = new Map([
    ['session/a.ts', ['gate/b.ts']],
    ['gate/b.ts', ['session/a.ts', 'control/c.ts']],
    ['control/c.ts', []],
  ])
  expect(upward(bad)).toEqual(['session/a.ts → gate/b.ts', 'gate/b.ts → control/c.ts'])
  expect(cycles(bad)).toEqual(['session/a.ts → gate/b.ts → session/a.ts'])
})

it('opens every file with what it is for and what it must never do', () => {
  const silent = files.filter(
    (file) => !/^(?:#!.*\n)?\/\*\*\n( \*.*\n){2,8}[\s\S]*? \*\//.test(text(file)),
  )
  expect(silent).toEqual([])
})

it('keeps the SDK in one file', () => {
  expect(files.filter((file) => /from '[^']*@upstash\/redis/.test(text(file)))).toEqual([
    'foundation/redis.ts',
  ])
})
