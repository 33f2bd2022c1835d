// Guarantee: a browser that keeps nothing for sites, or nothing more, opens the page all the same, and has the key for as long as it stays on it.
import { describe, expect, onTestFinished, test } from 'vitest'
import { adminKey, openTestApi } from '../ground/api/open-test-api.ts'
import { BROWSER_TEST_MS, openBrowser, typeKey } from '../ground/browser/open-browser.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { runsHere } from '../ground/runs-here.ts'

const logger = collectLogLines()
const areas = ['sessionStorage', 'localStorage']
const refuse = areas.map(
  name => `Object.defineProperty(window, '${name}', { get: () => { throw new DOMException('denied', 'SecurityError') } })`,
)
/** To the last character. */
const fill = areas.map(
  name => `for (let size = 2 ** 21, at = 0; size >= 1; at++)
    try { ${name}.setItem('filled-' + at, 'x'.repeat(size)) } catch { size /= 2 }`,
)

describe.runIf(await runsHere('chromium'))('a browser with storage', () => {
  test.each([
    ['refused', refuse],
    ['full', fill],
  ])(
    '[J2] that is %s opens the page and takes the key',
    async (_, scripts) => {
      const api = await openTestApi('browser-no-storage', logger)
      onTestFinished(api.close)
      const browser = await openBrowser()
      onTestFinished(browser.close)
      const page = await browser.open('about:blank')
      await page.addInitScript(scripts.join(';'))
      await page.goto(api.url)
      await typeKey(page, adminKey)
      await page.getByText('There is none yet.').waitFor()
      await page.getByLabel('Language').selectOption('pt')
      await page.getByText('Ainda não há nenhuma.').waitFor()
      expect(browser.faults()).toEqual([])
    },
    BROWSER_TEST_MS,
  )
})
