// Guarantee: a tab that nobody looks at asks for nothing, and asks at once when somebody looks again. Its clock is in the test's hands.
import { describe, expect, onTestFinished, test } from 'vitest'
import { adminKey, openTestApi } from '../ground/api/open-test-api.ts'
import { BROWSER_TEST_MS, openBrowser, typeKey } from '../ground/browser/open-browser.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { runsHere } from '../ground/runs-here.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
const hide = (isHidden: boolean) =>
  `Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true });
   document.dispatchEvent(new Event('visibilitychange'))`

describe.runIf(await runsHere('chromium'))('a tab', () => {
  test(
    '[J2] asks every 2 s while it is seen, and for nothing while it is hidden',
    async () => {
      const api = await openTestApi('browser-hidden-tab', logger)
      onTestFinished(api.close)
      await api.call('POST', '/v1/instances', { body: { id: 'shop', name: 'Shop' } })
      const browser = await openBrowser()
      onTestFinished(browser.close)
      const page = await browser.open('about:blank')
      await page.clock.install()
      await page.goto(api.url)
      await typeKey(page, adminKey)
      await page.locator('.row').click()
      const asked = (path: string) => browser.addresses().filter(address => new URL(address).pathname.endsWith(path)).length
      await page.getByText('No message yet.').waitFor()
      const first = asked('/messages')
      await page.clock.runFor(2_000)
      await until('the messages to be asked for again', () => asked('/messages') > first)

      await page.evaluate(hide(true))
      const before = {
        all: browser.addresses().length,
        messages: asked('/messages'),
        codes: asked('/qr'),
        instances: asked('/instances'),
      }
      await page.clock.runFor(120_000)
      expect(browser.addresses().length).toBe(before.all)

      await page.evaluate(hide(false))
      await until(
        'all to be asked for at once',
        () => asked('/messages') > before.messages && asked('/qr') > before.codes && asked('/instances') > before.instances,
      )
      expect(browser.faults()).toEqual([])
    },
    BROWSER_TEST_MS,
  )
})
