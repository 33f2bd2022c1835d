// Guarantee: a tab that is left open over restarts goes on: it says that zaplog is away, keeps what it shows, asks for a key that is not
// taken any more, and offers to load a newer page.
import { describe, expect, onTestFinished, test } from 'vitest'
import { BROWSER_TEST_MS, keepPicture, openBrowser, typeKey } from '../ground/browser/open-browser.ts'
import { openShop } from '../ground/browser/open-shop.ts'
import { runsHere } from '../ground/runs-here.ts'

const keys = ['the-first-key-of-the-test', 'the-second-key-of-the-test'] as const

describe.runIf(await runsHere('chromium'))('tabs over a restart', () => {
  test(
    '[J2] [I1] say that zaplog is away, keep what they show, and go on with the key that is valid now, each with its own',
    async () => {
      const shop = await openShop()
      onTestFinished(shop.close)
      const { url } = await shop.start(keys[0])
      const browser = await openBrowser()
      onTestFinished(browser.close)

      const first = await browser.open(url)
      await typeKey(first, keys[0])
      await first.getByLabel('Name', { exact: true }).fill('Padaria')
      await first.getByRole('button', { name: 'Create', exact: true }).click()
      await first.getByRole('heading', { name: 'Padaria' }).waitFor()
      await first.locator('svg.qr').waitFor()
      await first.getByLabel('Filter').fill('padaria')

      const second = await first.context().newPage()
      await second.goto(url)
      await typeKey(second, keys[0])
      await second.getByRole('button', { name: 'Padaria' }).waitFor()

      await shop.kill()
      for (const page of [first, second]) await page.getByText('zaplog does not answer. This page goes on asking.').waitFor()
      await first.locator('svg.qr.stale').waitFor()
      await keepPicture(first, 'away')

      await shop.start(keys[1])
      for (const page of [first, second]) {
        await page.getByText('The key is not taken any more.').waitFor()
        expect(await page.getByRole('button', { name: 'Padaria' }).count()).toBe(1)
      }
      expect(await first.locator('svg.qr').count()).toBe(0)
      expect(await first.getByLabel('Filter').inputValue()).toBe('padaria')
      expect(await first.getByRole('heading', { name: 'Padaria' }).count()).toBe(1)
      await keepPicture(first, 'expired')

      await typeKey(first, keys[1])
      expect(await second.getByLabel('Administrator’s key').count()).toBe(1)
      await first.getByText('does not answer').waitFor({ state: 'detached' })
      await first.getByLabel('Name', { exact: true }).fill('Padaria Norte')
      await first.getByRole('button', { name: 'Create', exact: true }).click()
      await first.getByRole('heading', { name: 'Padaria Norte' }).waitFor()
      await typeKey(second, keys[1])
      await second.getByRole('button', { name: 'Padaria Norte' }).waitFor()

      await first.reload()
      await first.getByRole('heading', { name: 'Padaria Norte' }).waitFor()
      await first.getByRole('button', { name: 'Forget the key' }).click()
      await first.getByLabel('Administrator’s key').waitFor()
      expect(await first.locator('body').textContent()).not.toContain('Padaria')
      expect(await first.evaluate('JSON.stringify({ ...sessionStorage })')).toBe('{}')
      expect(browser.faults()).toEqual([])
      expect(browser.addresses().filter(address => keys.some(key => address.includes(key)))).toEqual([])
    },
    BROWSER_TEST_MS,
  )

  test(
    '[J2] an older page says that there is a newer one, and reloads to it where somebody wants that',
    async () => {
      const shop = await openShop()
      onTestFinished(shop.close)
      const { url } = await shop.start(keys[0])
      const browser = await openBrowser()
      onTestFinished(browser.close)
      const page = await browser.open('about:blank')
      const asOlder = async (route: import('playwright-core').Route) => {
        const response = await route.fetch()
        await route.fulfill({ response, body: (await response.text()).replace(/data-build="\w+"/, 'data-build="older"') })
      }
      await page.route(`${url}/`, asOlder, { times: 1 })
      await page.goto(url)
      await page.getByText('This page is an older one.').waitFor()
      await page.getByRole('button', { name: 'Reload' }).click()
      await page.getByText('This page is an older one.').waitFor({ state: 'detached' })
      expect(browser.faults()).toEqual([])
    },
    BROWSER_TEST_MS,
  )
})
