/**
 * A person and a browser at the demo of `npm start`: a login made of nothing but `Session-Command` logs in, keeps
 * out, leads back, and leaves nothing behind. A real Chromium, as only a browser knows what its back button shows.
 */

import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { freePorts, ROOT, type Running, run } from '../blackbox/processes.ts'
import { startChromium } from './chromium.ts'

const COOKIE = '__Host-session'

let demo: Running
let door: string
let browser: Browser
let page: Page

beforeAll(async () => {
  browser = await startChromium()
  const port = await freePorts(3)
  demo = run('npm', ['start'], { PORT: String(port) })
  await demo.says(/Ctrl-C stops all of it/, 60_000)
  door = `http://127.0.0.1:${port}`
})

afterAll(async () => {
  await browser?.close()
  await demo?.end('SIGINT')
})

beforeEach(async () => {
  page = await (await browser.createBrowserContext()).newPage()
})

afterEach(() => page.browserContext().close())

const uniqueName = () => `Zoë "${crypto.randomUUID()}" <b>`
const bodyText = () => page.$eval('body', (body) => body.innerText)
const subjectShown = () => page.$eval('#subject', (element) => element.textContent)
const cookies = () => page.browserContext().cookies()
const isLoginPage = () => new URL(page.url()).pathname === '/login'
const returnTo = () => new URL(page.url()).searchParams.get('return_to')

/** Clicks something that leads to another page. */
async function follow(selector: string): Promise<void> {
  await Promise.all([page.waitForNavigation(), page.click(selector)])
}

async function logInAs(name: string): Promise<void> {
  await page.type('[name=name]', name)
  await follow('button')
}

/** What the operator does, from elsewhere; true once it holds at every edge. */
async function revokeFromTheApi(subject: string): Promise<unknown> {
  const [, key] = /^# API_KEY=(\S+)$/m.exec(readFileSync(`${ROOT}.dev.vars`, 'utf8')) ?? []
  const path = `/_session/v1/subjects/${encodeURIComponent(subject)}/sessions`
  const response = await fetch(door + path, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${key}`, prefer: 'wait' },
  })
  const { sessions_revoked, enforced } = (await response.json()) as Record<string, unknown>
  return { sessions_revoked, enforced }
}

it('log in, see the page, log out: the back button shows nothing', async () => {
  const name = uniqueName()
  await page.goto(`${door}/account`)
  expect(isLoginPage()).toBe(true)
  await logInAs(name)
  expect(page.url()).toBe(`${door}/account`)
  expect(await subjectShown()).toBe(name)
  expect(await cookies()).toMatchObject([
    { name: COOKIE, httpOnly: true, secure: true, sameSite: 'Lax', path: '/' },
  ])
  // A page that does not ask for `no-store`, as most do not.
  await page.goto(`${door}/private`)
  expect(await bodyText()).toContain(encodeURIComponent(name))
  await page.goto(`${door}/account`)
  await follow('#logout')
  expect(isLoginPage()).toBe(true)
  expect(await cookies()).toEqual([])
  for (const behind of ['/account', '/private', '/account']) {
    await page.goBack()
    expect(isLoginPage(), behind).toBe(true)
    expect(returnTo()).toBe(door + behind)
    expect(await bodyText()).not.toContain(name)
  }
  await page.goto(`${door}/account`)
  expect(isLoginPage()).toBe(true)
})

it('while logged in the back button goes back: it is the logout that empties it', async () => {
  const name = uniqueName()
  await page.goto(`${door}/account`)
  await logInAs(name)
  await page.goto(`${door}/private`)
  await page.goBack()
  expect(await subjectShown()).toBe(name)
})

it('log in, revoke from the API: the next click leads to the login page, and it leads back', async () => {
  const name = uniqueName()
  const target = `${door}/account?tab=1&q=%20%26`
  await page.goto(target)
  await logInAs(name)
  expect(page.url()).toBe(target)
  expect(await revokeFromTheApi(name)).toEqual({ sessions_revoked: 1, enforced: true })
  await page.$eval('body', (body) => {
    body.innerHTML = '<a href="">next</a>'
  })
  await follow('a')
  expect(isLoginPage()).toBe(true)
  expect(returnTo()).toBe(target)
  expect(await cookies()).toEqual([])
  await logInAs(name)
  expect(page.url()).toBe(target)
  expect(await subjectShown()).toBe(name)
})

it('log out everywhere: the other browser is out as well', async () => {
  const name = uniqueName()
  const other = await (await browser.createBrowserContext()).newPage()
  const here = page
  for (page of [here, other]) {
    await page.goto(`${door}/account`)
    await logInAs(name)
  }
  page = here
  await follow('#everywhere')
  expect(await cookies()).toEqual([])
  // The bound, at an edge that knew the other session.
  await expect
    .poll(async () => new URL((await other.goto(`${door}/account`))?.url() ?? '').pathname, {
      interval: 200,
      timeout: 5000,
    })
    .toBe('/login')
  await other.browserContext().close()
})

it('log in as somebody else: the first session is over', async () => {
  const [first, second] = [uniqueName(), uniqueName()]
  await page.goto(`${door}/account`)
  await logInAs(first)
  await page.goto(`${door}/login`)
  await logInAs(second)
  expect(await subjectShown()).toBe(second)
  expect(await revokeFromTheApi(first)).toEqual({ sessions_revoked: 0, enforced: true })
})

it.each([
  'https://evil.test/',
  '//evil.test/',
  '/\\evil.test/',
  'javascript:alert(1)',
  'http://127.0.0.1:1/',
])('a login never leads to another site: %s', async (asked) => {
  await page.goto(`${door}/login?return_to=${encodeURIComponent(asked)}`)
  await logInAs(uniqueName())
  expect(page.url()).toBe(`${door}/account`)
})
