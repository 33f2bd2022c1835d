// Guarantee: what needs the key is opened from the page by who has typed it, as text that runs nothing; nobody is led to a refusal.
import { describe, expect, onTestFinished, test } from 'vitest'
import { adminKey, openTestApi } from '../ground/api/open-test-api.ts'
import { BROWSER_TEST_MS, openBrowser, typeKey } from '../ground/browser/open-browser.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { runsHere } from '../ground/runs-here.ts'

const logger = collectLogLines()

describe.runIf(await runsHere('chromium')).each(['/', '/docs'])('the frame of the page at %s', path => {
  test(
    '[J2] [I1] [I2] opens /openapi.json and /metrics with the key, which is in no address, and only names them without one',
    async () => {
      const api = await openTestApi('browser-keyed-files', logger)
      onTestFinished(api.close)
      const browser = await openBrowser()
      onTestFinished(browser.close)
      const page = await browser.open(`${api.url}${path}`)
      await page.getByText('/openapi.json', { exact: true }).waitFor()
      await page.getByText('/metrics', { exact: true }).waitFor()
      const linked = () => page.evaluate<string[]>("[...document.querySelectorAll('nav a')].map(one => one.href)")
      for (const address of await linked()) expect([address, (await fetch(address)).status]).toEqual([address, 200])

      await typeKey(page, adminKey)
      const open = async (name: string) => {
        const opened = page.waitForEvent('popup')
        await page.getByRole('button', { name, exact: true }).click()
        const tab = await opened
        await tab.waitForURL(/^blob:/)
        expect(await tab.evaluate('sessionStorage.length + String(window.opener)')).toBe('0null')
        return { text: String(await tab.locator('body').textContent()), type: await tab.evaluate('document.contentType') }
      }
      const description = await open('openapi.json')
      expect(JSON.parse(description.text)).toMatchObject({ openapi: expect.stringMatching(/^3\./) })
      const metrics = await open('Metrics')
      expect(metrics.text).toMatch(/^# HELP /)
      expect([description.type, metrics.type]).toEqual(['text/plain', 'text/plain'])
      for (const address of await linked()) expect([address, (await fetch(address)).status]).toEqual([address, 200])

      expect(browser.faults()).toEqual([])
      expect(browser.addresses().filter(address => address.includes(adminKey))).toEqual([])
    },
    BROWSER_TEST_MS,
  )
})
