/**
 * The security documents keep up with the tests: every requirement of the standards has a row, every row an
 * answer, and every test that a row names is there under that title. What the tests show is theirs to run.
 */
import { describe, expect, it } from 'vitest'
import { missing, type Row, rowsOf, testsIn, textOf } from './document-tables.ts'

/** V7 whole, V3.3, V9: ids of OWASP ASVS 5.0. */
const ASVS = {
  '7.1': 3,
  '7.2': 4,
  '7.3': 2,
  '7.4': 5,
  '7.5': 3,
  '7.6': 2,
  '3.3': 5,
  '9.1': 3,
  '9.2': 4,
}
/** NIST SP 800-63B-4, section 5; the numbers are ours. */
const NIST = { '5.1': 20, '5.1.1': 8, '5.1.2': 1, '5.2': 6, '5.3': 2 }
const PUBLIC_CASES = [
  'GHSA-vjrc-mh2v-45x6',
  'GHSA-5hvv-m4w4-gf6v',
  'GHSA-7x63-xv5r-3p2x',
  'GHSA-pxq7-h93f-9jrg',
  'oathkeeper #743',
  'better-auth #11073',
  'Keycloak CVE-2026-8922',
  'connect-redis #328',
  'Curity’s Worker: bearer',
  'Curity’s Worker: cookie',
  'Curity’s Worker: logs',
  'Curity’s Worker: 503',
  'Curity’s Worker: cost',
  'Curity’s Worker: encoding',
]
const THREATS = [
  'Leaked store',
  'Leaked sealing key',
  'Leaked API key',
  'Leaked assertion key',
  'Malicious',
  'Origin reachable',
  'Replay',
  'fixation',
  'CSRF',
  'Cache poisoning',
  'Timing',
  'Leaks by log',
]

const KEPT = ['subject:', 'sessions:', 'seen:', 'sightings:', 'events', 'feed', 'made:', 'epochs']

const document = (name: string) => textOf(`test/security/${name}.md`)
const asvs = rowsOf(document('asvs'), 'id')
const nist = rowsOf(document('nist-800-63b-4'), 'id')
const cases = rowsOf(document('public-cases'), 'case')
const threats = rowsOf(document('threat-model'), 'threat')
const kept = rowsOf(document('privacy'), 'kept')
const statements = rowsOf(document('privacy'), 'statement')

const unknownTests = (rows: readonly Row[]) =>
  rows
    .flatMap((row) => testsIn(row['shown by'] ?? ''))
    .map((test) => missing(test))
    .filter((problem) => problem !== null)

const numbered = (sections: Readonly<Record<string, number>>, separator: string) =>
  Object.entries(sections).flatMap(([section, count]) =>
    Array.from({ length: count }, (_, at) => `${section}${separator}${at + 1}`),
  )

describe.each([
  ['asvs.md', asvs, numbered(ASVS, '.')],
  ['nist-800-63b-4.md', nist, numbered(NIST, '-')],
])('%s', (_, rows, ids) => {
  it('has every requirement once', () => {
    expect(rows.map(({ id }) => id)).toEqual(ids)
  })

  it('has a reason for every answer, and a test for what is said to be met', () => {
    const empty = rows.filter(({ met = '', how = '', 'shown by': shown = '' }) => {
      const needsTest = met === 'yes' || met === 'with you'
      const isAnswer = needsTest || met === 'you' || met === 'no'
      return !isAnswer || how === '' || (needsTest ? shown === '' : how.length < 30)
    })
    expect(empty.map(({ id }) => id)).toEqual([])
  })

  it('names tests that are there', () => {
    expect(unknownTests(rows)).toEqual([])
  })
})

describe('public-cases.md', () => {
  it('has every case, each with what was wrong and how its test was seen to fail', () => {
    const names = cases.map((row) => row.case)
    expect(PUBLIC_CASES.filter((name) => !names.includes(name))).toEqual([])
    expect(cases.filter((row) => Object.values(row).includes(''))).toEqual([])
  })

  it('names tests that are there', () => {
    expect(cases.flatMap((row) => testsIn(row['shown by'] ?? '')).length).toBeGreaterThan(20)
    expect(unknownTests(cases)).toEqual([])
  })
})

describe('threat-model.md', () => {
  it('has every threat, says what does not stop it, and names a test or says none', () => {
    const names = threats.map(({ threat = '' }) => threat)
    expect(THREATS.filter((name) => !names.some((threat) => threat.includes(name)))).toEqual([])
    expect(threats.filter((row) => Object.values(row).includes(''))).toEqual([])
  })

  it('names tests that are there', () => {
    expect(unknownTests(threats)).toEqual([])
  })
})

describe('privacy.md', () => {
  it('has every key of the store, and says of each what holds, why, until when, and what erasure does', () => {
    const missed = KEPT.filter((key) => !kept.some((row) => row.kept?.startsWith(`\`${key}`)))
    expect(missed).toEqual([])
    expect(kept.filter((row) => Object.values(row).includes(''))).toEqual([])
  })

  it('has a test for every statement', () => {
    const shown = statements.map((row) => testsIn(row['shown by'] ?? '').length)
    expect(shown.length).toBeGreaterThan(5)
    expect(shown).not.toContain(0)
  })

  it('names tests that are there', () => {
    expect(unknownTests([...kept, ...statements])).toEqual([])
  })
})

describe('what checks them', () => {
  const read = (file: string) =>
    file === 'a.test.ts'
      ? "it('one', () => {})\nit.each([\n  1,\n])(\n  'two %s', () => {})\nit.skip('three', () => {})\nexpect('four')"
      : null

  it('would notice a test that is gone, renamed or skipped, and a file that is gone', () => {
    const problemWith = (file: string, title: string) => missing({ file, title }, read)
    expect(problemWith('a.test.ts', 'one')).toBeNull()
    expect(problemWith('a.test.ts', 'two %s')).toBeNull()
    for (const title of ['one more', 'three', 'four']) {
      expect(problemWith('a.test.ts', title)).toBe(`a.test.ts has no test "${title}"`)
    }
    expect(problemWith('b.test.ts', 'one')).toBe('b.test.ts is not there')
  })

  it('would notice a cell that is no reference, and a row that is too short', () => {
    expect(() => testsIn('a.test.ts one')).toThrow()
    expect(() => rowsOf('| id | b |\n|---|---|\n| 1 |\n', 'id')).toThrow()
    expect(rowsOf('| id | b |\n|---|---|\n| 1 | 2 |\n', 'id')).toEqual([{ id: '1', b: '2' }])
  })
})
