/**
 * The README as data: its fenced blocks, its commands, its tables. Must never run anything.
 */
import { readFileSync } from 'node:fs'
import { ROOT } from './processes.ts'

export interface Block {
  readonly language: string
  readonly text: string
  /** Of its last line, counted from 1. */
  readonly lastLine: number
}

export const README = readFileSync(`${ROOT}README.md`, 'utf8')

/** Fenced code blocks, in order. */
export function blocks(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)\n```$/gm)].map((match) => ({
    language: match[1] ?? '',
    text: match[2] ?? '',
    lastLine: markdown.slice(0, match.index + match[0].length).split('\n').length - 1,
  }))
}

/** The commands of a shell block; a line that ends in a backslash goes on in the next. */
export const commandsOf = ({ text }: Block): string[] =>
  text
    .replaceAll('\\\n', '\0')
    .split('\n')
    .map((line) => line.replaceAll('\0', '\\\n'))

/** The cells of each row of the table below a heading, code marks taken off; without the head. */
export function table(markdown: string, heading: string): string[][] {
  const [, section = ''] = markdown.split(`\n## ${heading}\n`)
  return (section.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')),
    )
}

/** `[[vars.POLICIES]]` of a TOML block whose values are all JSON, too. */
export function tomlPolicies(text: string): Record<string, unknown>[] {
  return text
    .split('[[vars.POLICIES]]\n')
    .slice(1)
    .map((rule) =>
      Object.fromEntries(
        rule
          .trim()
          .split('\n')
          .map((line) => {
            const [, name = '', value = ''] = /^(\w+) = (.+)$/.exec(line) ?? []
            return [name, JSON.parse(value)]
          }),
      ),
    )
}
