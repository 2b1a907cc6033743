/**
 * The table of changes an operator can make, with what each leaves true of every session of the person.
 * A new call of the API is a new row here; a row must never expect more than design 8 promises.
 */
import type { Operator } from './door.ts'
import { ADMIN_ROUTES, PLAIN_ROUTES, type Route } from './routes.ts'

/** Whom a change is about; nobody else touches them during a trial. */
export interface Person {
  readonly subject: string
  readonly sessions: readonly { readonly sid: string; readonly token: string }[]
}

/** What is true of a session. */
export interface Standing {
  readonly alive: boolean
  readonly admin: boolean
}

export interface Kind {
  readonly name: string
  readonly sessions: number
  readonly admin: boolean
  readonly routes: readonly Route[]
  /** One call, acknowledged when this resolves. */
  change(operator: Operator, person: Person): Promise<unknown>
  /** Of the n-th session, once the change is true. */
  after(index: number): Standing
}

const DEAD: Standing = { alive: false, admin: false }
const READER: Standing = { alive: true, admin: false }
const ADMIN: Standing = { alive: true, admin: true }

const sidOf = ({ sessions }: Person, index: number): string => sessions[index]?.sid ?? ''
const replacePermissions = (operator: Operator, { subject }: Person, permissions: string[]) =>
  operator.call('POST', '/sessions', 201, { subject, permissions })

/** Ends every session; two of them, so that it is seen to be all. */
const ending = (name: string, change: Kind['change']): Kind => ({
  name,
  sessions: 2,
  admin: false,
  routes: PLAIN_ROUTES,
  change,
  after: () => DEAD,
})

/** Ends the first session only. */
const endingOne = (name: string, change: Kind['change']): Kind => ({
  ...ending(name, change),
  after: (index) => (index === 0 ? DEAD : READER),
})

const taking = (name: string, change: Kind['change']): Kind => ({
  name,
  sessions: 2,
  admin: true,
  routes: ADMIN_ROUTES,
  change,
  after: () => READER,
})

const giving = (name: string, change: Kind['change']): Kind => ({
  ...taking(name, change),
  admin: false,
  after: () => ADMIN,
})

export const KINDS: readonly Kind[] = [
  endingOne('revoke one session', (operator, person) =>
    operator.call('DELETE', `/sessions/${sidOf(person, 0)}`, 200),
  ),
  endingOne('revoke a named session', (operator, person) =>
    operator.call('POST', '/revocations', 200, { sessions: [sidOf(person, 0)] }),
  ),
  endingOne('revoke a token (RFC 7009)', (operator, { sessions }) =>
    operator.call('POST', '/revoke', 200, new URLSearchParams({ token: sessions[0]?.token ?? '' })),
  ),
  ending('log out everywhere', (operator, { subject }) =>
    operator.call('DELETE', `/subjects/${subject}/sessions`, 200),
  ),
  {
    ...ending('log out everywhere else', (operator, person) => {
      const path = `/subjects/${person.subject}/sessions?except=${sidOf(person, 0)}`
      return operator.call('DELETE', path, 200)
    }),
    sessions: 3,
    after: (index) => (index === 0 ? READER : DEAD),
  },
  ending('revoke a named subject', (operator, { subject }) =>
    operator.call('POST', '/revocations', 200, { subjects: [subject] }),
  ),
  ending('revoke by label', (operator, { subject }) =>
    operator.call('POST', '/revocations', 200, { labels: { person: subject } }),
  ),
  ending('disable a subject', (operator, { subject }) =>
    operator.call('PATCH', `/subjects/${subject}`, 200, { disabled: true }),
  ),
  ending('erase a subject', (operator, { subject }) =>
    operator.call('DELETE', `/subjects/${subject}`, 200),
  ),
  taking('take a permission at login', (operator, person) =>
    replacePermissions(operator, person, ['read']),
  ),
  taking('take a permission', (operator, { subject }) =>
    operator.call('PATCH', `/subjects/${subject}`, 200, { permissions: ['read'] }),
  ),
  giving('give a permission at login', (operator, person) =>
    replacePermissions(operator, person, ['read', 'admin']),
  ),
  giving('give a permission', (operator, { subject }) =>
    operator.call('PATCH', `/subjects/${subject}`, 200, { permissions: ['read', 'admin'] }),
  ),
]

/** What is true before any change. */
export const before = ({ admin }: Kind): Standing => (admin ? ADMIN : READER)

/** Nothing happens to these people, all run long: every refusal of theirs is a false one. */
export const LEFT_ALONE: Kind = {
  name: 'left alone',
  sessions: 4,
  admin: false,
  routes: PLAIN_ROUTES,
  change: async () => undefined,
  after: () => READER,
}
