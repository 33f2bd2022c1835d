// Guarantee: /docs is the whole API reference, drawn from /openapi.json by a library that keeps to the page's policy, and its try-out calls.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminKey, openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { BROWSER_TEST_MS, keepPicture, openBrowser, type TestBrowser, typeKey } from '../ground/browser/open-browser.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { runsHere } from '../ground/runs-here.ts'

const logger = collectLogLines()

/** Of every call and webhook: a long list has only those near the window in the page, so it is walked to its end. */
async function idsOfCalls(page: Page): Promise<string[]> {
  await page.locator('.opblock').first().waitFor()
  const seen = new Set<string>()
  for (let isAtEnd = false; !isAtEnd; ) {
    for (const id of await page.evaluate<string[]>("[...document.querySelectorAll('.opblock')].map(one => one.id)")) seen.add(id)
    isAtEnd = await page.evaluate<boolean>(`(async () => {
      const top = scrollY
      scrollBy({ top: innerHeight / 2, behavior: 'instant' })
      await new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))
      return scrollY === top
    })()`)
  }
  return [...seen]
}

describe.runIf(await runsHere('chromium'))('the page at /docs', () => {
  let api: TestApi
  let browser: TestBrowser
  beforeAll(async () => {
    api = await openTestApi('browser-reference', logger)
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser.close()
    await api.close()
  }, BROWSER_TEST_MS)

  test(
    '[J2] [L] [I2] has every call and webhook of /openapi.json, tries one out, and breaks no policy; the key is in no address and not shown',
    async () => {
      const page = await browser.open(`${api.url}/docs`)
      await typeKey(page, adminKey)
      type Described = { paths: Record<string, object>; webhooks: Record<string, object> }
      const { paths, webhooks } = (await api.call('GET', '/openapi.json')).json as Described
      const described = Object.values({ ...paths, ...webhooks }).flatMap(methods => Object.keys(methods))
      expect(await idsOfCalls(page)).toHaveLength(described.length)
      await keepPicture(page, 'reference')

      await page.getByPlaceholder('Filter by tag').fill('server')
      await page.locator('.operations-virtual').waitFor({ state: 'detached' })
      const version = page.locator('.opblock', { hasText: '/v1/version' })
      await version.locator('.opblock-summary-control').click()
      await version.getByRole('button', { name: 'Try it out' }).click()
      await version.getByRole('button', { name: 'Execute' }).click()
      await version.locator('.live-responses-table .response-col_status').getByText('200').waitFor()
      await version.getByText('"0.0.0-test"').first().waitFor()
      await page.emulateMedia({ colorScheme: 'dark' })
      await keepPicture(page, 'reference-dark')
      expect(await page.content()).not.toContain(adminKey)

      expect(browser.faults()).toEqual([])
      expect(browser.addresses().filter(one => one.includes(adminKey) || !/^(data:|http:\/\/127\.0\.0\.1:)/.test(one))).toEqual(
        [],
      )
    },
    BROWSER_TEST_MS,
  )

  test(
    '[J2] is reached from the page at / without the key being typed again, and its library is loaded here alone',
    async () => {
      const page = await browser.open(api.url)
      await typeKey(page, adminKey)
      const loaded = () => page.evaluate<string[]>("performance.getEntriesByType('resource').map(one => one.name)")
      expect((await loaded()).filter(name => name.includes('swagger'))).toEqual([])
      await page.getByRole('link', { name: 'API reference' }).click()
      await page.locator('.opblock').first().waitFor()
      expect((await loaded()).filter(name => name.includes('swagger'))).toHaveLength(1)
      expect(browser.faults()).toEqual([])
    },
    BROWSER_TEST_MS,
  )

  test(
    '[J2] says that it has to be loaded again where an update has taken away what draws it, and is drawn then',
    async () => {
      const page = await browser.open('about:blank')
      const library = (url: URL) => url.pathname.includes('swagger-ui-es-bundle')
      await page.route(library, route => route.fulfill({ status: 404, contentType: 'application/problem+json', body: '{}' }))
      await page.goto(`${api.url}/docs`)
      await typeKey(page, adminKey)
      await page.getByText('this page has to be loaded again').waitFor()
      expect(await page.locator('.opblock').count()).toBe(0)
      await page.unroute(library)
      await page.getByRole('button', { name: 'Reload' }).click()
      await page.locator('.opblock').first().waitFor()
      expect(await page.getByText('this page has to be loaded again').count()).toBe(0)
      expect(browser.faults()).toEqual([])
    },
    BROWSER_TEST_MS,
  )

  test(
    '[J2] is drawn once where its tab is hidden and seen again while what draws it comes',
    async () => {
      const page = await browser.open('about:blank')
      const held = Promise.withResolvers<void>()
      const asked = Promise.withResolvers<void>()
      await page.route(
        url => url.pathname.includes('swagger-ui-es-bundle'),
        async route => {
          asked.resolve()
          await held.promise
          await route.continue()
        },
      )
      await page.goto(`${api.url}/docs`)
      await typeKey(page, adminKey)
      await asked.promise
      await page.evaluate(`window.drawn = 0
        new MutationObserver(all => { for (const { addedNodes } of all) window.drawn += [...addedNodes].filter(one => one.matches?.('.swagger-ui')).length })
          .observe(document.querySelector('main'), { childList: true, subtree: true })`)
      const askedAgain = page.waitForResponse('**/openapi.json')
      for (const isHidden of [true, false])
        await page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true });
          document.dispatchEvent(new Event('visibilitychange'))`)
      await askedAgain
      held.resolve()
      await page.locator('.opblock').first().waitFor()
      expect(await page.evaluate('window.drawn')).toBe(1)
      expect(browser.faults()).toEqual([])
    },
    BROWSER_TEST_MS,
  )

  test(
    '[J2] follows the colours of the browser once, however often it is drawn',
    async () => {
      const page = await browser.open('about:blank')
      await page.addInitScript(`window.followed = 0
        const { addEventListener } = MediaQueryList.prototype
        MediaQueryList.prototype.addEventListener = function (...given) { window.followed++; addEventListener.apply(this, given) }`)
      await page.goto(`${api.url}/docs`)
      for (let drawn = 0; drawn < 2; drawn++) {
        await typeKey(page, adminKey)
        await page.locator('.opblock').first().waitFor()
        await page.getByRole('button', { name: 'Forget the key' }).click()
      }
      expect(await page.evaluate('window.followed')).toBe(1)
      await page.emulateMedia({ colorScheme: 'dark' })
      await page.locator('html.dark-mode').waitFor()
      expect(browser.faults()).toEqual([])
    },
    BROWSER_TEST_MS,
  )
})
