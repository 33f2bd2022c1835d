// A Chromium that opens our pages: what it complains of, and every address that it asked for, is kept.
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { findChromium } from '../../../infra/services/chromium.ts'

export type TestBrowser = {
  /** A tab of its own session. */
  open(url: string, options?: BrowserContextOptions): Promise<Page>
  /** What pages broke, their policy first, and what they threw; requests that a page expects to fail are none. */
  faults(): readonly string[]
  /** Of every request so far. */
  addresses(): readonly string[]
  close(): Promise<void>
}

/** For a whole test: a browser, a zaplog and its Postgres share two cores with other tests. */
export const BROWSER_TEST_MS = 180_000
const DEADLINE_MS = 60_000

const screenshots = fileURLToPath(new URL('../../browser/screenshots/', import.meta.url))

export async function openBrowser(): Promise<TestBrowser> {
  const executablePath = execFileSync('sh', ['-c', `command -v ${await findChromium()}`], { encoding: 'utf8' }).trim()
  const browser = await chromium.launch({ executablePath })
  const faults: string[] = []
  const addresses: string[] = []
  return {
    open: async (url, options = {}) => {
      const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1200, height: 900 }, ...options })
      context.setDefaultTimeout(DEADLINE_MS)
      context.on('console', message => {
        if (message.type() === 'error' && !isNetwork(message.text())) faults.push(message.text())
      })
      context.on('weberror', error => void faults.push(String(error.error())))
      context.on('request', request => void addresses.push(request.url()))
      const page = await context.newPage()
      await page.goto(url)
      return page
    },
    faults: () => faults,
    addresses: () => addresses,
    close: () => browser.close(),
  }
}

/** Chromium’s own word on an answer that is not 2xx, or none. */
const isNetwork = (text: string): boolean => text.startsWith('Failed to load resource:')

/** For people; git ignores them. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true })
  await page.screenshot({ path: `${screenshots}${name}.png` })
}

/** Types the key and waits until it is taken. */
export async function typeKey(page: Page, key: string): Promise<void> {
  await page.locator('#key').fill(key)
  await page.locator('#key').press('Enter')
  await page.locator('#key').waitFor({ state: 'detached' })
}
