/**
 * `npm run check:origin -- https://example.com/account --origin 203.0.113.7`: can the origin be reached past the
 * Worker? Asks the site first, which must want a session there, then each address of the origin, without a
 * statement of ours and with a forged one. Exit codes: 0 shut, 1 open, 2 not known.
 * Must never call an origin shut that it could not ask: it sees what this machine can reach, and says so.
 */
import { isIP, isIPv6 } from 'node:net'
import { parseArgs } from 'node:util'
import { type Answer, ask, type Door, FORGED_IDENTITY } from './probe.ts'

const USAGE = `usage: npm run check:origin -- <URL of a page that needs a session> --origin <address[:port]> …

  --origin      the address in the DNS record, or the host of ORIGIN_URL; may be given more than once
  --timeout-ms  how long to wait for each answer (5000)`

/** Asks all there is to ask, tells it line by line, and returns the exit code. */
export async function check(
  args: readonly string[],
  say: (line: string) => void,
): Promise<0 | 1 | 2> {
  const asked = parse(args)
  if (asked === null) {
    say(USAGE)
    return 2
  }
  const { site, doors, deadlineMs } = asked
  const front = await ask(site, doorOf(site), {}, deadlineMs)
  say(`${site.href}  ${said(front)}`)
  if (front.kind !== 'worker') {
    say('The site itself must ask for a session there (401), or the rest would mean nothing.')
    return 2
  }

  const answers: Answer[] = []
  for (const door of doors) {
    for (const [what, headers] of [
      ['no statement', {}],
      ['a forged one', FORGED_IDENTITY],
    ] as const) {
      const answer = await ask(site, door, headers, deadlineMs)
      answers.push(answer)
      say(`${nameOf(door)}${what}: ${said(answer)}`)
    }
  }
  return verdict(answers, say)
}

function verdict(answers: readonly Answer[], say: (line: string) => void): 0 | 1 | 2 {
  const some = (kind: Answer['kind']) => answers.some((answer) => answer.kind === kind)
  if (some('open')) {
    say('OPEN: the origin serves this page to whoever asks its address.')
    return 1
  }
  if (some('worker')) {
    say('NOT KNOWN: at one of these addresses the Worker answers; name the origin’s own.')
    return 2
  }
  if (some('unclear')) {
    say('NOT KNOWN: something answers there; look at what it is, or ask for another page.')
    return 2
  }
  say(
    some('refused')
      ? 'SHUT, as far as this machine can see: it can be reached, and lets nobody in without a statement.'
      : 'SHUT, as far as this machine can see: nothing answers past the Worker.',
  )
  return 0
}

function said(answer: Answer): string {
  if (answer.kind === 'closed') return `nothing answers (${answer.why})`
  const meaning = {
    refused: 'refused',
    open: 'LET IN',
    unclear: 'not clear',
    worker: 'the Worker asks for a session',
  }[answer.kind]
  return `${answer.status ?? 'no status:'} ${meaning}`
}

interface Asked {
  readonly site: URL
  readonly doors: readonly Door[]
  readonly deadlineMs: number
}

function parse(args: readonly string[]): Asked | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        origin: { type: 'string', multiple: true, default: [] },
        'timeout-ms': { type: 'string', default: '5000' },
      },
    })
    const site = new URL(positionals[0] ?? '')
    const deadlineMs = Number(values['timeout-ms'])
    const doors = values.origin.flatMap((origin) => doorsAt(origin, site))
    const isUsable =
      positionals.length === 1 &&
      /^https?:$/.test(site.protocol) &&
      doors.length > 0 &&
      Number.isInteger(deadlineMs) &&
      deadlineMs > 0
    return isUsable ? { site, doors, deadlineMs } : null
  } catch {
    return null
  }
}

/**
 * All doors of an origin. Without a port the two that the web uses: what is shut on one is often open on the
 * other. An origin with a name of its own may serve the page under that one too, as ORIGIN_URL asks for it.
 */
function doorsAt(origin: string, site: URL): Door[] {
  const { hostname, host, port, pathname } = new URL(
    `x://${isIPv6(origin) ? `[${origin}]` : origin}/`,
  )
  if (hostname === '' || pathname !== '/') throw new Error('no address')
  const address = withoutBrackets(hostname)
  const hosts = isIP(address) === 0 && host !== site.host ? [site.host, host] : [site.host]
  return hosts.flatMap((name) =>
    [true, false].map((tls) => ({ address, port: portOf(port, tls), tls, host: name })),
  )
}

function doorOf({ hostname, host, port, protocol }: URL): Door {
  const tls = protocol === 'https:'
  return { address: withoutBrackets(hostname), port: portOf(port, tls), tls, host }
}

const withoutBrackets = (hostname: string): string => hostname.replace(/^\[|\]$/g, '')
const portOf = (port: string, tls: boolean): number =>
  port === '' ? (tls ? 443 : 80) : Number(port)
const nameOf = ({ address, port, tls, host }: Door): string =>
  `${isIPv6(address) ? `[${address}]` : address}:${port}  ${tls ? 'https' : 'http'} as ${host}, `

if (import.meta.main) process.exitCode = await check(process.argv.slice(2), console.log)
