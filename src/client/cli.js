#!/usr/bin/env node
/**
 * `npx edge-session`: operates a deployment from the command line, for scripts and for the person at three in
 * the morning. Must never print the key, nor end anything that was not agreed to.
 */
import { operatorClient } from './client.js'
import { COMMANDS } from './commands.js'
import { EXIT, noAnswer, Stop, usage } from './exit.js'
import { HELP } from './help.js'
import { Input } from './input.js'
import { print, say } from './terminal.js'

/** @param {string[]} words @returns {Promise<void>} */
async function main(words) {
  if (words.includes('--help') || words.includes('-h')) return print(HELP)
  const [first = '', second = ''] = words
  const name = COMMANDS.has(first) ? first : `${first} ${second}`
  const command = COMMANDS.get(name)
  if (!command) throw usage('There is no such command; see --help.')
  const input = new Input(words.slice(name.split(' ').length), command.options, command.operand)
  await command.run(clientOf(input), input)
}

/** @param {Input} input */
function clientOf(input) {
  const { EDGE_SESSION_URL, EDGE_SESSION_KEY: key } = process.env
  const url = input.text('url') ?? EDGE_SESSION_URL
  if (!url) throw usage('EDGE_SESSION_URL is not set, and there is no --url.')
  if (!key) throw usage('EDGE_SESSION_KEY is not set.')
  try {
    return operatorClient({ url, key })
  } catch (error) {
    throw usage(`${error instanceof Error ? error.message : error}.`)
  }
}

// `| head` has seen enough.
process.stdout.on('error', () => process.exit(EXIT.done))

try {
  await main(process.argv.slice(2))
} catch (error) {
  const stop = error instanceof Stop ? error : noAnswer(error)
  say(stop.message)
  process.exitCode = stop.code
}
