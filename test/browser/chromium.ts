/**
 * The machine's own Chromium, headless, for tests that need a real browser. Must never download one, nor
 * pass over its absence: a walk that was not taken shows nothing.
 */
import { execFileSync } from 'node:child_process'
import puppeteer, { type Browser } from 'puppeteer-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

/** Starts it with a profile of its own, which goes with it. */
export function startChromium(): Promise<Browser> {
  return puppeteer.launch({
    executablePath: findChromium(),
    headless: true,
    // Chromium's sandbox refuses to run as root, which is what containers run tests as.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })
}

function findChromium(): string {
  const { CHROMIUM } = process.env
  if (CHROMIUM !== undefined) return CHROMIUM
  for (const name of NAMES) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8' }).trim()
    } catch {
      // Not this one.
    }
  }
  throw new Error(
    `No Chromium was found (${NAMES.join(', ')}). Install one, on Debian with ` +
      '"apt-get install -y chromium", or name one: CHROMIUM=/path/to/chrome npm run test:browser',
  )
}
