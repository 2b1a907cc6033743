/**
 * What the person sees and is asked. Results go to stdout; words, questions and progress to stderr, so that
 * a pipe gets results only. Must never take silence, or the lack of a terminal, for a yes.
 */
import { createInterface } from 'node:readline/promises'
import { usage } from './exit.js'

/** Text from elsewhere must not steer the terminal. @param {unknown} value */
export const shown = (value) => {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text.replaceAll(/\p{Cc}/gu, '\ufffd')
}

/** @param {string} line */
export const say = (line) => void process.stderr.write(`${line}\n`)

/** @param {string} line */
export const print = (line) => void process.stdout.write(`${line}\n`)

/**
 * A document: raw with --json, else one line per member.
 * @param {object} document
 * @param {boolean} raw
 */
export function printDocument(document, raw) {
  if (raw) return print(JSON.stringify(document))
  const width = Math.max(...Object.keys(document).map((name) => name.length))
  for (const [name, value] of Object.entries(document)) {
    print(`${name.padEnd(width)}  ${value === null ? '-' : shown(value)}`)
  }
}

/**
 * Returns once the person has agreed, beforehand with --yes or now.
 * @param {string[]} loss what will go, line by line
 * @param {boolean} yes
 */
export async function confirm(loss, yes) {
  for (const line of loss) say(shown(line))
  if (yes) return
  if (!process.stdin.isTTY) throw usage('Nothing done: without a terminal this needs --yes.')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  // Ctrl-D closes without an answer, which would otherwise never come.
  const closed = new Promise((resolve) => lines.once('close', () => resolve('')))
  const answer = await Promise.race([lines.question('Go on? [y/N] '), closed])
  lines.close()
  if (!/^y(es)?$/i.test(String(answer).trim())) throw usage('Nothing done.')
}

/**
 * Shows that something goes on until `work` has settled.
 * @template T
 * @param {string} words
 * @param {Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withProgress(words, work) {
  const startedAt = performance.now()
  const { isTTY } = process.stderr
  const show = () => {
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    process.stderr.write(`${isTTY ? '\r' : ''}${words} ${seconds} s${isTTY ? '' : '\n'}`)
  }
  show()
  const timer = setInterval(show, isTTY ? 1000 : 5000)
  try {
    return await work
  } finally {
    clearInterval(timer)
    if (isTTY) say('')
  }
}
