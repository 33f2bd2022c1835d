// Guarantee: a browser that keeps nothing for sites opens the page all the same, and has the key for as long as it stays on it.
import { describe, expect, onTestFinished, test } from 'vitest'
import { runsHere } from '../../infra/services/available.ts'
import { chromiumAvailable } from '../../infra/services/chromium.ts'
import { adminKey, openTestApi } from '../api/open-test-api.ts'
import { collectLogLines } from '../log-lines.ts'
import { BROWSER_TEST_MS, openBrowser, typeKey } from './open-browser.ts'

const logger = collectLogLines()
const refuse = ['sessionStorage', 'localStorage'].map(
  name => `Object.defineProperty(window, '${name}', { get: () => { throw new DOMException('denied', 'SecurityError') } })`,
)

describe.runIf(await runsHere(chromiumAvailable))('a browser without storage', () => {
  test(
    '[J2] opens the page and takes the key',
    async () => {
      const api = await openTestApi('browser-no-storage', logger)
      onTestFinished(api.close)
      const browser = await openBrowser()
      onTestFinished(browser.close)
      const page = await browser.open('about:blank')
      await page.addInitScript(refuse.join(';'))
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
