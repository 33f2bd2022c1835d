// Guarantee: while zaplog answers that it cannot work, the page says so, steadily and why, doubts the code that it shows, and lets a new
// one be asked for again. Its clock is in the test's hands.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DatabaseError } from '../../src/database/database.ts'
import { taskOf } from '../../src/instances/instance-ids.ts'
import { openInstanceRows } from '../../src/instances/instance-rows.ts'
import { adminKey, openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { appendEvents, projectEvents } from '../ground/api/project-events.ts'
import { BROWSER_TEST_MS, keepPicture, openBrowser, type TestBrowser, typeKey } from '../ground/browser/open-browser.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { runsHere } from '../ground/runs-here.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines(['request.failed'])
/** What reading and what changing rejects with. */
const broken: { query: Error | null; transact: Error | null } = { query: null, transact: null }
const unreachable = new DatabaseError('unreachable', 'querying: connection refused')

describe.runIf(await runsHere('chromium'))('the page at /', () => {
  let api: TestApi
  let browser: TestBrowser
  let projection: { close(): Promise<void> }
  beforeAll(async () => {
    api = await openTestApi('browser-trouble', logger, {
      database: database => ({
        ...database,
        query: (sql, values) => (broken.query === null ? database.query(sql, values) : Promise.reject(broken.query)),
        transact: (work, signal) =>
          broken.transact === null ? database.transact(work, signal) : Promise.reject(broken.transact),
      }),
    })
    projection = await projectEvents(api, logger)
    browser = await openBrowser()
  }, BROWSER_TEST_MS)
  afterAll(async () => {
    await browser.close()
    await projection.close()
    await api.close()
  }, BROWSER_TEST_MS)

  const ownerOf = async (instanceId: string) => {
    const rows = openInstanceRows(api)
    return { rows, own: { instanceId, epoch: (await rows.takeEpoch(instanceId)).epoch } }
  }
  async function tell(instanceId: string, state: string) {
    const position = await appendEvents(api, [anEvent('instance.state-changed', { instanceId, state })])
    expect((await api.call('GET', `/v1/instances?waitFor=${position}`)).status).toBe(200)
  }
  async function choose(id: string) {
    const page = await browser.open('about:blank')
    await page.clock.install()
    await page.goto(api.url)
    await typeKey(page, adminKey)
    await page.locator('.row', { hasText: id }).click()
    return page
  }

  test(
    '[A1] [J1] says why no new code could be asked for, and lets it be asked for again',
    async () => {
      await api.call('POST', '/v1/instances', { body: { id: 'parked', name: 'parked' } })
      const { rows, own } = await ownerOf('parked')
      await tell('parked', 'closed')
      await rows.park(own, taskOf({ wanted: 'running', restartCount: 0 }))
      const page = await choose('parked')
      const again = page.getByRole('button', { name: 'Ask for a new code' })
      broken.transact = unreachable
      await again.click()
      await page.getByText('Refused: the database cannot be reached').waitFor()
      await page.clock.runFor(10_000)
      await page.getByText('Refused: the database cannot be reached').waitFor()
      broken.transact = null
      await again.click()
      await page.getByText('A new code was asked for').waitFor()
      await rows.showQr({ ...own, qr: '2@again', expiresAt: Date.now() + 60_000 })
      await page.clock.runFor(10_000)
      await page.locator('svg.qr').waitFor()
      expect(browser.faults()).toEqual([])
    },
    BROWSER_TEST_MS,
  )

  test(
    '[A1] [J2] says steadily that zaplog cannot work and why, and that the code may be over, until it can',
    async () => {
      await api.call('POST', '/v1/instances', { body: { id: 'shown', name: 'shown' } })
      const { rows, own } = await ownerOf('shown')
      await tell('shown', 'qr')
      await rows.showQr({ ...own, qr: '2@secret', expiresAt: Date.now() + 600_000 })
      const page = await choose('shown')
      await page.getByText('A code is shown.').waitFor()

      broken.query = unreachable
      await page.clock.runFor(3_000)
      await page.getByText('zaplog answers that it cannot work right now: the database cannot be reached').waitFor()
      await page.getByText('This code may be over').waitFor()
      expect(await page.evaluate("getComputedStyle(document.querySelector('svg.qr')).opacity")).toBe('0.25')
      await keepPicture(page, 'cannot-work')

      await page.evaluate(`window.gone = 0
        new MutationObserver(all => { for (const { removedNodes } of all) window.gone += removedNodes.length })
          .observe(document.querySelector('.notices'), { childList: true })`)
      const looks = () => browser.addresses().filter(address => address === `${api.url}/`).length
      const before = looks()
      // In steps, so that no answer has longer on the page's clock than the page waits for one.
      for (let step = 0; step < 5; step++) {
        const answered = page.waitForResponse(response => response.url().includes('/v1/instances?'))
        await page.clock.runFor(6_000)
        await answered
      }
      await until('the page itself to be asked for again', () => looks() > before + 1)
      expect(await page.evaluate('window.gone')).toBe(0)

      broken.query = new Error('nobody expected this')
      await page.clock.runFor(10_000)
      await page.getByText('the reason is in the log of the server').waitFor()

      broken.query = null
      await page.clock.runFor(10_000)
      await page.getByText('zaplog answers that').waitFor({ state: 'detached' })
      await page.getByText('A code is shown.').waitFor()
      expect(browser.faults()).toEqual([])
    },
    BROWSER_TEST_MS,
  )
})
