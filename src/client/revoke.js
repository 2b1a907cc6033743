/**
 * The commands that end sessions. Each says what will go before it asks.
 * Must never end anything but what it has named.
 */
import { answerOf, EXIT, Stop, usage } from './exit.js'
import { confirm, printDocument, say, withProgress } from './terminal.js'

/** @typedef {import('./client.d.ts').OperatorClient} OperatorClient */
/** @typedef {import('./client.d.ts').Schemas} Schemas */
/** @typedef {import('./input.js').Input} Input */

const ENDING = /** @type {const} */ ({ wait: 'flag', yes: 'flag' })
export const REVOKE_OPTIONS = /** @type {const} */ ({
  ...ENDING,
  subject: 'list',
  session: 'list',
  except: 'text',
  label: 'text',
  all: 'flag',
  'issued-before': 'text',
  reason: 'text',
})
export const REVOKE_ONE_OPTIONS = /** @type {const} */ ({ ...ENDING, session: 'text' })
export const ERASE_OPTIONS = /** @type {const} */ ({ ...ENDING, subject: 'text' })

/** `revoke`. @param {OperatorClient} client @param {Input} input */
export async function revoke(client, input) {
  const body = selection(input)
  const [subject = ''] = body.subjects ?? []
  const except = input.text('except')
  if (except === undefined) {
    await confirm(await lossOf(client, body), input.flag('yes'))
    return end(input, (headers) => client.POST('/revocations', { body, headers }))
  }
  if (body.subjects?.length !== 1 || body.reason !== undefined) {
    throw usage('--except goes with one --subject, and without --reason.')
  }
  await confirm(await sessionsOf(client, subject, except), input.flag('yes'))
  const params = { path: { subject }, query: { except } }
  return end(input, (headers) => client.DELETE('/subjects/{subject}/sessions', { params, headers }))
}

/** `sessions revoke`. @param {OperatorClient} client @param {Input} input */
export async function revokeOne(client, input) {
  const params = { path: { sid: input.required('session') } }
  const session = await unlessForbidden(answerOf(client.GET('/sessions/{sid}', { params })))
  const loss = session
    ? ['This session will end:', brief(session)]
    : [`Will end: ${params.path.sid}`]
  await confirm(loss, input.flag('yes'))
  return end(input, (headers) => client.DELETE('/sessions/{sid}', { params, headers }))
}

/** `subjects erase`. @param {OperatorClient} client @param {Input} input */
export async function erase(client, input) {
  const subject = input.required('subject')
  const sessions = await sessionsOf(client, subject)
  const loss = [
    `The record of ${subject}, and where it was last seen, will be erased.`,
    ...sessions,
  ]
  await confirm(loss, input.flag('yes'))
  const params = { path: { subject } }
  return end(input, (headers) => client.DELETE('/subjects/{subject}', { params, headers }))
}

/**
 * The body of POST /revocations: exactly one selector.
 * @param {Input} input
 * @returns {Schemas['Revocation']}
 */
function selection(input) {
  const subjects = input.list('subject')
  const sessions = input.list('session')
  const label = input.text('label')
  const before = input.text('issued-before')
  const reason = input.text('reason')
  const given = [subjects.length > 0, sessions.length > 0, label !== undefined, input.flag('all')]
  if (given.filter(Boolean).length !== 1) {
    throw usage('Exactly one of --subject, --session, --label and --all says what ends.')
  }
  const at = label?.indexOf('=') ?? -1
  if (label !== undefined && at < 1) throw usage('--label is NAME=VALUE.')
  if (before !== undefined && subjects.length + sessions.length > 0) {
    throw usage('--issued-before goes with --label or --all.')
  }
  return {
    ...(subjects.length > 0 && { subjects }),
    ...(sessions.length > 0 && { sessions }),
    ...(label !== undefined && { labels: { [label.slice(0, at)]: label.slice(at + 1) } }),
    ...(input.flag('all') && { all: true }),
    ...(before !== undefined && { issued_before: before }),
    ...(reason !== undefined && { reason }),
  }
}

/** @param {OperatorClient} client @param {Schemas['Revocation']} body */
async function lossOf(client, body) {
  const { subjects, sessions, labels, issued_before } = body
  const [only] = subjects ?? []
  if (subjects?.length === 1 && only !== undefined) return sessionsOf(client, only)
  const dryRun = { ...body, dry_run: true }
  const tried = await answerOf(client.POST('/revocations', { body: dryRun }))
  const count = 'dry_run' in tried ? tried.sessions_matched : null
  if (subjects) return [`${count} sessions of ${subjects.length} subjects will end:`, ...subjects]
  if (sessions) return [`${count} of these sessions are alive and will end:`, ...sessions]
  const [label] = Object.entries(labels ?? {})
  const which = label ? `labelled ${label.join('=')}` : 'OF EVERYBODY'
  return [`Every session ${which} begun before ${issued_before ?? 'now'} will end (not counted).`]
}

/** @param {OperatorClient} client @param {string} subject @param {string} [except] */
async function sessionsOf(client, subject, except) {
  const params = { path: { subject } }
  const list = await unlessForbidden(
    answerOf(client.GET('/subjects/{subject}/sessions', { params })),
  )
  const kept = except === undefined ? '' : ` except ${except}`
  if (!list) return [`Every session of ${subject}${kept} will end (this key may not list them).`]
  const ending = list.sessions.filter(({ sid }) => sid !== except)
  if (except !== undefined && ending.length === list.sessions.length) {
    say('The session to keep is not among them.')
  }
  return [`${ending.length} sessions of ${subject}${kept} will end:`, ...ending.map(brief)]
}

/** @param {Schemas['Session']} session */
const brief = ({ sid, created_at, device, last_seen }) =>
  `  ${sid}  since ${created_at}  ${device?.name ?? device?.user_agent ?? last_seen?.ip ?? ''}`

/**
 * A key may end sessions and not look at them; null then.
 * @template T
 * @param {Promise<T>} answer
 * @returns {Promise<T | null>}
 */
const unlessForbidden = (answer) =>
  answer.catch((error) => {
    if (error instanceof Stop && /^403 insufficient_scope\b/.test(error.message)) return null
    throw error
  })

/**
 * Does it, waits where asked to, prints the receipt.
 * @param {Input} input
 * @param {(headers: Record<string, string>) => Promise<{ data?: object, error?: unknown, response: Response }>} act
 */
async function end(input, act) {
  const wait = input.flag('wait')
  const answer = answerOf(act(wait ? { prefer: 'wait' } : {}))
  const receipt = wait ? await withProgress('Until every edge enforces it:', answer) : await answer
  printDocument(receipt, input.flag('json'))
  if (wait && !('enforced' in receipt && receipt.enforced)) {
    throw new Stop(EXIT.trouble, 'Acknowledged, and not yet enforced everywhere.')
  }
}
