// Guarantee: 500 instances are found and drawn a page at a time, and what strangers wrote is text, however long and whatever is in it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminKey, openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { appendEvents, projectEvents } from '../ground/api/project-events.ts'
import { BROWSER_TEST_MS, keepPicture, openBrowser, type TestBrowser, typeKey } from '../ground/browser/open-browser.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { runsHere } from '../ground/runs-here.ts'

const logger = collectLogLines()
const hostile = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>{{version}} &lt;b&gt; "'\u202Etxet`
const long = `${'palavra '.repeat(7_500)}`.slice(0, 60_000)

describe.runIf(await runsHere('chromium'))('the page at /', () => {
  let api: TestApi
  let browser: TestBrowser
  let projection: { close(): Promise<void> }
  beforeAll(async () => {
    api = await openTestApi('browser-much', logger)
    projection = await projectEvents(api, logger)
    browser = await openBrowser()
    const create = (number: number) => api.call('POST', '/v1/instances', { body: { id: `i${number}`, name: `Loja ${number}` } })
    for (let number = 0; number < 500; number += 20)
      await Promise.all(Array.from({ length: 20 }, (_, more) => create(number + more)))
  }, 120_000)
  afterAll(async () => {
    await browser.close()
    await projection.close()
    await api.close()
  }, BROWSER_TEST_MS)

  test(
    '[J1] [A2] shows 50 of 500 instances at a time, turns pages, and finds any of them',
    async () => {
      const page = await browser.open(api.url)
      await typeKey(page, adminKey)
      await page.getByText('1–50 of 500').waitFor()
      const rows = page.locator('.row')
      expect(await rows.count()).toBe(50)
      await page.getByRole('button', { name: 'Next' }).click()
      await page.getByText('51–100 of 500').waitFor()
      expect(await rows.count()).toBe(50)
      await page.getByLabel('Filter').fill('loja 437')
      await page.getByText('1–1 of 1').waitFor()
      await rows.click()
      await page.getByRole('heading', { name: 'Loja 437' }).waitFor()
      await page.getByLabel('Filter').fill('nobody is called so')
      await page.getByText('None fits.').waitFor()
      expect(await page.getByRole('heading', { name: 'Loja 437' }).count()).toBe(1)
      expect(browser.faults()).toEqual([])
    },
    BROWSER_TEST_MS,
  )

  test(
    '[J1] [I3] shows a name and messages as the text that they are, and 60,000 characters when somebody wants them',
    async () => {
      await api.call('POST', '/v1/instances', { body: { id: 'hostile', name: hostile } })
      const written = [hostile, long].map(text =>
        anEvent('message.received', { instanceId: 'hostile', text, senderName: hostile }),
      )
      await api.call('GET', `/v1/instances?waitFor=${await appendEvents(api, written)}`)
      const page = await browser.open(api.url)
      await typeKey(page, adminKey)
      await page.getByLabel('Filter').fill('hostile')
      await page.locator('.row').click()
      await page.locator('.message').nth(1).waitFor()
      const [longest, shortest] = [page.locator('.text').nth(0), page.locator('.text').nth(1)]
      expect(await shortest.textContent()).toBe(hostile)
      expect(await page.locator('#chosen-heading').textContent()).toBe(hostile)
      expect((await longest.textContent())?.length).toBeLessThan(1_100)
      await page.getByRole('button', { name: 'Show all 60,000 characters' }).click()
      expect(await longest.textContent()).toBe(long)
      expect(
        await page.evaluate('[window.hacked, document.images.length, document.querySelectorAll("main script").length].join()'),
      ).toBe(',0,0')
      await keepPicture(page, 'hostile')
      expect(browser.faults()).toEqual([])
    },
    BROWSER_TEST_MS,
  )

  test(
    '[J2] is used by keyboard alone: every stop is seen, named, and in reading order',
    async () => {
      const page = await browser.open(api.url)
      const stops: string[] = []
      const next = async () => {
        await page.keyboard.press('Tab')
        const at = await page.evaluate<{ name: string; isSeen: boolean }>(focused)
        expect(at).toMatchObject({ name: expect.stringMatching(/\S/), isSeen: true })
        stops.push(at.name)
        return at.name
      }
      const goTo = async (name: RegExp) => {
        for (let tries = 0; tries < 80; tries++) if (name.test(await next())) return
        throw new Error(`no stop is called ${name}: ${stops.join(', ')}`)
      }
      await goTo(/^Administrator’s key/)
      await page.keyboard.type(adminKey)
      await page.keyboard.press('Enter')
      await page.getByText('1–50 of').waitFor()
      await goTo(/^Filter/)
      await page.keyboard.type('loja 12 ')
      await page.getByText(/1–\d+ of \d\d?$/).waitFor()
      await goTo(/^Loja 12/)
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: /^Loja 12/ }).waitFor()
      expect(stops.slice(0, 3)).toEqual(['Skip to content', 'zaplog', 'API reference'])
    },
    BROWSER_TEST_MS,
  )
})

/** What has the focus: its name as it is told to people, and whether the focus can be seen. */
const focused = `(() => {
  const at = document.activeElement
  const { outlineStyle, outlineWidth } = getComputedStyle(at)
  const name = at.labels?.[0]?.textContent || at.textContent
  return { name, isSeen: outlineStyle !== 'none' && outlineWidth !== '0px' }
})()`
