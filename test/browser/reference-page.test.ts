/**
 * The API reference page as a person sees it, in a real browser: the pinned viewer passes its hash and works
 * under the page's own Content-Security-Policy. The CDN is played by the very file of the npm package.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser, HTTPRequest, Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import document from '../../src/control/openapi.json' with { type: 'json' }
import { type BuiltWorker, buildWorker } from '../edges/build.ts'
import { type Edge, serveEdge } from '../edges/serve.ts'
import { makeSecrets } from '../stand/dev-vars.ts'
import { startChromium } from './chromium.ts'

const CDN = 'https://cdn.jsdelivr.net/npm/'

let folder: string
let worker: BuiltWorker
let edge: Edge
let browser: Browser
/** The viewer's file, as the npm package of that name and version has it. */
let viewer: Buffer

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reference-'))
  worker = await buildWorker()
  // The page and the description need no store.
  edge = await serveEdge(worker, { vars: (await makeSecrets('http://127.0.0.1:9', 'none')).vars })
  const [, name = '', path = ''] =
    /"https:\/\/cdn\.jsdelivr\.net\/npm\/([^/"]+)\/([^"]+)"/.exec(
      await (await fetch(`${edge.url}/_session/`)).text(),
    ) ?? []
  viewer = await fileOfPackage(name, path)
  browser = await startChromium()
})

afterAll(async () => {
  await browser?.close()
  await edge?.stop()
  worker?.remove()
  rmSync(folder, { recursive: true, force: true })
})

/** Its whole tree would be 160 MB, so only the package itself is fetched; the page's hash is its lock. */
async function fileOfPackage(name: string, path: string): Promise<Buffer> {
  const run = promisify(execFile)
  const words = ['pack', name, '--prefer-offline', '--silent', '--pack-destination', folder]
  const { stdout } = await run('npm', words, { cwd: folder })
  await run('tar', ['xzf', join(folder, stdout.trim()), '-C', folder])
  return readFileSync(join(folder, 'package', path))
}

/** The page with `script` as the viewer; what the browser complained of, and what it asked for. */
async function openPage(script: Buffer): Promise<{ page: Page; said: string[]; asked: string[] }> {
  const page = await browser.newPage()
  const said: string[] = []
  const asked: string[] = []
  page.on('console', (message) => said.push(message.text()))
  page.on('pageerror', (error) => said.push(String(error)))
  await page.setRequestInterception(true)
  page.on('request', (request: HTTPRequest) => {
    asked.push(request.url())
    if (!request.url().startsWith(CDN)) return void request.continue()
    const headers = { 'access-control-allow-origin': '*' }
    const contentType = 'application/javascript'
    void request.respond({ status: 200, headers, contentType, body: script })
  })
  await page.goto(`${edge.url}/_session/`, { waitUntil: 'networkidle0' })
  return { page, said, asked }
}

/** What a person could read on it, its shadow trees' styles left out. */
const textOf = (page: Page) =>
  page.evaluate(
    'document.querySelector("rapi-doc").shadowRoot?.querySelector(".body")?.innerText ?? ""',
  ) as Promise<string>

it('shows every operation, with nothing blocked and nobody else asked', async () => {
  const { page, said, asked } = await openPage(viewer)
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
  expect(operations.length).toBeGreaterThan(15)
  await expect.poll(() => textOf(page), { timeout: 15_000 }).toContain(operations.at(-1)?.summary)
  const text = await textOf(page)
  expect(
    operations.map(({ summary }) => summary).filter((summary) => !text.includes(summary)),
  ).toEqual([])
  expect(said).toEqual([])
  const own = new RegExp(`^(?:data:|${CDN}|${edge.url}/(?:_session/|favicon[.]ico$))`)
  expect(asked.filter((url) => !own.test(url))).toEqual([])
})

it('does not run a viewer that is not the pinned one', async () => {
  const { page, said } = await openPage(Buffer.concat([viewer, Buffer.from('\n')]))
  expect(await textOf(page)).toBe('')
  expect(said.join()).toMatch(/integrity/)
})
