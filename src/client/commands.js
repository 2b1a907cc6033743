/**
 * The commands, each by its name with the options it takes; those that end sessions stand in revoke.js.
 * Must never hold a command that help.js hides.
 */
import { tailEvents } from './events.js'
import { answerOf, EXIT, refusal, Stop, usage } from './exit.js'
import {
  ERASE_OPTIONS,
  erase,
  REVOKE_ONE_OPTIONS,
  REVOKE_OPTIONS,
  revoke,
  revokeOne,
} from './revoke.js'
import { confirm, print, printDocument, shown } from './terminal.js'

/** @typedef {import('./client.d.ts').OperatorClient} OperatorClient */
/** @typedef {import('./client.d.ts').Schemas} Schemas */
/** @typedef {import('./input.js').Input} Input */
/**
 * @typedef {object} Command
 * @property {import('./input.js').Options} options
 * @property {string | null} operand the option that may be given without its name
 * @property {(client: OperatorClient, input: Input) => Promise<void>} run
 */

const SUBJECT = /** @type {const} */ ({ subject: 'text' })
const SET = /** @type {const} */ ({
  ...SUBJECT,
  permission: 'list',
  'no-permissions': 'flag',
  claims: 'text',
  replace: 'flag',
  yes: 'flag',
})

/** @type {ReadonlyMap<string, Command>} */
export const COMMANDS = new Map([
  ['sessions list', { options: SUBJECT, operand: 'subject', run: listSessions }],
  ['sessions revoke', { options: REVOKE_ONE_OPTIONS, operand: 'session', run: revokeOne }],
  ['revoke', { options: REVOKE_OPTIONS, operand: null, run: revoke }],
  ['subjects get', { options: SUBJECT, operand: 'subject', run: getSubject }],
  ['subjects set', { options: SET, operand: 'subject', run: setSubject }],
  ['subjects enable', { options: SUBJECT, operand: 'subject', run: enable }],
  ['subjects disable', { options: { ...SUBJECT, yes: 'flag' }, operand: 'subject', run: disable }],
  ['subjects erase', { options: ERASE_OPTIONS, operand: 'subject', run: erase }],
  ['subjects export', { options: SUBJECT, operand: 'subject', run: exportSubject }],
  ['events tail', { options: { ...SUBJECT, after: 'text' }, operand: null, run: tail }],
  ['health', { options: {}, operand: null, run: health }],
])

/** @param {Input} input */
const pathOf = (input) => ({ path: { subject: input.required('subject') } })

/** @param {OperatorClient} client @param {Input} input */
async function listSessions(client, input) {
  const params = pathOf(input)
  const list = await answerOf(client.GET('/subjects/{subject}/sessions', { params }))
  if (input.flag('json')) return print(JSON.stringify(list))
  for (const { sid, created_at, expires_at, last_seen, device, labels } of list.sessions) {
    const seen = last_seen ? [last_seen.at, last_seen.ip, last_seen.country].filter(Boolean) : ['-']
    const marks = Object.entries(labels).map(([name, value]) => `${name}=${value}`)
    const words = [`since ${created_at}`, `until ${expires_at}`, `seen ${seen.join(' ')}`]
    print(shown([sid, ...words, device?.name ?? '', ...marks].filter(Boolean).join('  ')))
  }
}

/** @param {OperatorClient} client @param {Input} input */
async function getSubject(client, input) {
  const record = await answerOf(client.GET('/subjects/{subject}', { params: pathOf(input) }))
  printDocument(record, input.flag('json'))
}

/** @param {OperatorClient} client @param {Input} input */
async function setSubject(client, input) {
  const permissions = input.list('permission')
  const isNone = input.flag('no-permissions')
  if (isNone && permissions.length > 0) throw usage('Either --permission or --no-permissions.')
  const claims = claimsOf(input.text('claims'))
  const body = { ...((isNone || permissions.length > 0) && { permissions }), ...claims }
  const params = pathOf(input)
  if (!input.flag('replace')) {
    return printDocument(
      await answerOf(client.PATCH('/subjects/{subject}', { params, body })),
      input.flag('json'),
    )
  }
  await confirm(
    [`The record of ${params.path.subject} will be only: ${JSON.stringify(body)}`],
    input.flag('yes'),
  )
  printDocument(
    await answerOf(client.PUT('/subjects/{subject}', { params, body })),
    input.flag('json'),
  )
}

/** @param {string | undefined} text @returns {{ claims?: Record<string, unknown> }} */
function claimsOf(text) {
  if (text === undefined) return {}
  try {
    return { claims: JSON.parse(text) }
  } catch {
    throw usage('--claims is not JSON.')
  }
}

/** @param {OperatorClient} client @param {Input} input */
async function enable(client, input) {
  const call = { params: pathOf(input), body: { disabled: false } }
  printDocument(await answerOf(client.PATCH('/subjects/{subject}', call)), input.flag('json'))
}

/** @param {OperatorClient} client @param {Input} input */
async function disable(client, input) {
  const params = pathOf(input)
  await answerOf(client.GET('/subjects/{subject}', { params })).catch((error) => {
    if (!/^403 /.test(error.message)) throw error
  })
  const { subject } = params.path
  await confirm(
    [`${subject} can't log in any more, and every session will end.`],
    input.flag('yes'),
  )
  const call = { params, body: { disabled: true } }
  printDocument(await answerOf(client.PATCH('/subjects/{subject}', call)), input.flag('json'))
}

/** JSON in any case; the events whole, whatever the size of a page. @param {OperatorClient} client @param {Input} input */
async function exportSubject(client, input) {
  const params = pathOf(input)
  const whole = await answerOf(client.GET('/subjects/{subject}/export', { params }))
  let after = whole.events_next
  while (after !== null) {
    const query = { subject: params.path.subject, after, limit: '500' }
    const page = await answerOf(client.GET('/events', { params: { query } }))
    whole.events.push(...page.events)
    after = page.next
  }
  const document = { ...whole, events_next: null }
  print(JSON.stringify(document, null, input.flag('json') ? 0 : 2))
}

/** @param {OperatorClient} client @param {Input} input */
async function tail(client, input) {
  const subject = input.text('subject')
  const after = input.text('after')
  const query = { ...(subject !== undefined && { subject }), ...(after !== undefined && { after }) }
  await tailEvents(client, query, input.flag('json'))
}

/** A deployment that does not work says so in a document, too. @param {OperatorClient} client @param {Input} input */
async function health(client, input) {
  const { data, error, response } = await client.GET('/health')
  const found = data ?? error
  if (typeof found !== 'object' || typeof found.status !== 'string') {
    throw refusal(response.status, found)
  }
  printDocument(found, input.flag('json'))
  if (found.status !== 'ok') throw new Stop(EXIT.trouble, 'The deployment does not work.')
}
