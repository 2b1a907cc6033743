/**
 * Follows the audit trail over server-sent events (WHATWG HTML 9.2) and resumes where it was cut.
 * Must never miss an event: the id of every frame counts, those without data too.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { EXIT, noAnswer, refusal, Stop } from './exit.js'
import { print, say, shown } from './terminal.js'

const RETRY_MS = 1000
/** In a row; after that whoever started this should know. */
const MAX_TROUBLES = 30

/** @typedef {{ id: string, data: string }} Frame */

/**
 * Never returns: ends with the process, or with a Stop.
 * @param {import('./client.d.ts').OperatorClient} client
 * @param {{ subject?: string, after?: string }} query
 * @param {boolean} raw
 */
export async function tailEvents(client, query, raw) {
  let last = query.after
  let troubles = 0
  let wasConnected = false
  for (;;) {
    try {
      for await (const frame of await open(client, query, last)) {
        wasConnected = true
        troubles = 0
        last = frame.id || last
        if (frame.data !== '') print(raw ? frame.data : line(JSON.parse(frame.data)))
      }
    } catch (error) {
      const stop = error instanceof Stop ? error : noAnswer(error)
      if (stop.code !== EXIT.trouble || !wasConnected || ++troubles > MAX_TROUBLES) throw stop
      say(`Interrupted; goes on${last ? ` after ${last}` : ''}.`)
    }
    await sleep(RETRY_MS)
  }
}

/**
 * @param {import('./client.d.ts').OperatorClient} client
 * @param {{ subject?: string }} query
 * @param {string | undefined} last
 */
async function open(client, { subject }, last) {
  const { data, error, response } = await client.GET('/events', {
    params: { query: subject === undefined ? {} : { subject } },
    headers: { accept: 'text/event-stream', ...(last && { 'last-event-id': last }) },
    parseAs: 'stream',
  })
  if (!response.ok || !data) throw refusal(response.status, error)
  return frames(data.pipeThrough(new TextDecoderStream()))
}

/**
 * The server ends every line with LF.
 * @param {ReadableStream<string>} stream
 * @returns {AsyncGenerator<Frame>}
 */
async function* frames(stream) {
  let text = ''
  for await (const part of stream) {
    text += part
    const whole = text.split('\n\n')
    text = whole.pop() ?? ''
    for (const frame of whole) yield { id: field(frame, 'id'), data: field(frame, 'data') }
  }
}

/** @param {string} frame @param {string} name */
const field = (frame, name) => new RegExp(`^${name}: (.*)$`, 'm').exec(frame)?.[1] ?? ''

/** @param {Record<string, unknown>} event */
const line = ({ id, at, type, subject, sid, initiator, operator, reason }) =>
  [
    `${at}  ${type}`,
    ...Object.entries({ subject, sid, initiator, operator, reason, id })
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => `${name}=${shown(value)}`),
  ].join('  ')
