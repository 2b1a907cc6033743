/**
 * What the person typed, read once and strictly. Must never echo a value of an unknown option: it may be a key.
 */
import { parseArgs } from 'node:util'
import { usage } from './exit.js'

/** Options by how they are read. */
const GENERAL = /** @type {const} */ ({ url: 'text', json: 'flag' })
const PARSE = /** @type {const} */ ({
  text: { type: 'string' },
  list: { type: 'string', multiple: true },
  flag: { type: 'boolean' },
})

/** @typedef {Readonly<Record<string, 'text' | 'list' | 'flag'>>} Options */

/** One command's input. Whatever was given is not empty. */
export class Input {
  /**
   * @param {string[]} words what follows the command
   * @param {Options} options which it takes, besides --url and --json
   * @param {string | null} operand the option that may be given without its name
   */
  constructor(words, options, operand) {
    if (words.some((word) => /^--key\b/.test(word))) {
      throw usage('Never a key as an argument: set EDGE_SESSION_KEY.')
    }
    const { values, positionals } = parse(words, { ...GENERAL, ...options })
    const [first] = positionals
    if (operand !== null && positionals.length === 1 && values[operand] === undefined) {
      values[operand] = first
    } else if (first !== undefined) {
      throw usage('There is a word too many; see --help.')
    }
    if (Object.values(values).flat().includes('')) throw usage('An option is empty.')
    this.values = values
  }

  /** @param {string} name */
  text(name) {
    const value = this.values[name]
    return typeof value === 'string' ? value : undefined
  }

  /** @param {string} name */
  required(name) {
    const value = this.text(name)
    if (value === undefined) throw usage(`--${name} is missing.`)
    return value
  }

  /** @param {string} name @returns {string[]} */
  list(name) {
    const value = this.values[name]
    return Array.isArray(value) ? value.map(String) : []
  }

  /** @param {string} name */
  flag(name) {
    return this.values[name] === true
  }
}

/**
 * @param {string[]} words
 * @param {Options} known
 */
function parse(words, known) {
  const options = Object.fromEntries(
    Object.entries(known).map(([name, kind]) => [name, PARSE[kind]]),
  )
  try {
    return parseArgs({ args: words, options, allowPositionals: true, strict: true })
  } catch (error) {
    const [first = 'What was typed is not understood'] = String(
      error instanceof Error ? error.message : error,
    ).split('. ')
    throw usage(`${first}; see --help.`)
  }
}
