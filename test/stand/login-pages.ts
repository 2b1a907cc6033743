/**
 * A site with a login, as small as it can be: it believes every name, keeps no session and sees no token. Who is
 * there it reads from `Session-Subject`, and logs people in and out with `Session-Command`, and with nothing else.
 * Must never send anybody to another site, nor show a name as markup.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { DisplayString, serializeItem, Token } from 'structured-headers'

/** The Worker's rules for these pages, beside its default that every other page needs a session. */
export const LOGIN_POLICIES = [
  { match: '/login', access: 'optional', session_commands: ['establish'] },
  { match: '/logout', access: 'optional', session_commands: ['revoke', 'revoke-all'] },
]
/** Where the Worker sends people without a session. */
export const LOGIN_URL = '/login'

type Page = (request: IncomingMessage, response: ServerResponse) => Promise<void>

const PAGES: ReadonlyMap<string, Page> = new Map([
  ['GET /login', showLogin],
  ['POST /login', logIn],
  ['GET /account', showAccount],
  ['POST /logout', logOut],
])

/** The page a request is for; null: none of these. */
export const pageFor = ({ method, url = '/' }: IncomingMessage): Page | null =>
  PAGES.get(`${method} ${url.split('?', 1)[0]}`) ?? null

async function showLogin(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = urlOf(request)
  const returnTo = safeReturn(url.searchParams.get('return_to'), url)
  show(
    response,
    'Log in',
    `<form method="post" action="/login">
      <label>Your name <input name="name" required maxlength="64" autofocus></label>
      <input type="hidden" name="return_to" value="${escaped(returnTo)}">
      <button>Log in</button>
    </form>
    <p>This demo believes every name. A real site would ask for a password or a passkey here.</p>`,
  )
}

async function logIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const form = new URLSearchParams(await text(request))
  const name = form.get('name')?.trim() ?? ''
  if (name === '') return redirect(response, LOGIN_URL)
  response.setHeader('session-command', establish(name))
  redirect(response, safeReturn(form.get('return_to'), urlOf(request)))
}

/** `establish; subject="…"`; a name that is not ASCII goes as a Display String (RFC 9651 3.3.8). */
const establish = (name: string): string => {
  const subject = /^[\x20-\x7e]*$/.test(name) ? name : new DisplayString(name)
  return serializeItem([new Token('establish'), new Map([['subject', subject]])])
}

async function showAccount(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const subject = decodeURIComponent(String(request.headers['session-subject'] ?? ''))
  show(
    response,
    'Your account',
    `<p>You are <strong id="subject">${escaped(subject)}</strong>.</p>
    <form method="post" action="/logout"><button id="logout">Log out</button></form>
    <form method="post" action="/logout">
      <button id="everywhere" name="everywhere" value="yes">Log out everywhere</button>
    </form>`,
  )
}

async function logOut(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const everywhere = new URLSearchParams(await text(request)).has('everywhere')
  response.setHeader('session-command', everywhere ? 'revoke-all' : 'revoke')
  redirect(response, LOGIN_URL)
}

/**
 * A place on this very site, whole, so that it cannot be taken for another host's (`//evil.test`); the account
 * where what was asked for is on another site, or is nothing at all.
 */
function safeReturn(asked: string | null, here: URL): string {
  const url = asked === null ? null : URL.parse(asked, here.href)
  return url?.origin === here.origin ? url.href : new URL('/account', here).href
}

/** The address the visitor sees: the Worker says it, and takes off what anybody else says. */
function urlOf({ url = '/', headers }: IncomingMessage): URL {
  const host = headers['x-forwarded-host'] ?? headers.host ?? 'localhost'
  return new URL(`${headers['x-forwarded-proto'] ?? 'http'}://${host}${url}`)
}

const redirect = (response: ServerResponse, location: string): void => {
  response.writeHead(303, { location }).end()
}

/** `no-store`: after a logout the back button must have nothing to show. */
function show(response: ServerResponse, title: string, body: string): void {
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
  })
  response.end(`<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>${escaped(title)}</title></head>
  <body><h1>${escaped(title)}</h1>${body}</body>
</html>
`)
}

const escaped = (plain: string): string =>
  plain.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
