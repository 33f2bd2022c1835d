// Guarantee: whoever has the key makes an instance on the page, pairs a phone by the code on it, and sees its messages come.
import { describe, expect, onTestFinished, test } from 'vitest'
import { qrPath } from '../../console/src/qr-path.ts'
import { text } from '../../simulator/accounts/content.ts'
import { BROWSER_TEST_MS, keepPicture, openBrowser, typeKey } from '../ground/browser/open-browser.ts'
import { openShop } from '../ground/browser/open-shop.ts'
import { runsHere } from '../ground/runs-here.ts'
import { until } from '../ground/until.ts'

describe.runIf(await runsHere('chromium'))('the page at /', () => {
  test(
    '[J1] [A1] [J2] [I1] pairs a phone by its code and shows what is written to it; the key is in no address',
    async () => {
      const shop = await openShop()
      onTestFinished(shop.close)
      const { simulator } = shop
      const zaplog = await shop.start('a-key-that-the-test-has-chosen')
      const browser = await openBrowser()
      onTestFinished(browser.close)

      const page = await browser.open(zaplog.url)
      await keepPicture(page, 'first-visit')
      for (const wrong of ['not-the-key', 'não é ✓']) {
        await page.getByLabel('Administrator’s key').fill(wrong)
        await page.getByRole('button', { name: 'Open' }).click()
        await page.getByText('That is not a key of this zaplog.').waitFor()
      }
      await typeKey(page, zaplog.key)

      await page.getByText('There is none yet.').waitFor()
      await page.getByLabel('Name', { exact: true }).fill('Loja <b>Centro</b>')
      await page.getByLabel('Take the messages from before it is linked, too').check()
      await page.getByRole('button', { name: 'Create', exact: true }).click()
      const chosen = page.getByRole('heading', { name: 'Loja <b>Centro</b>' })
      await chosen.waitFor()

      const id = await page.locator('dd code').textContent()
      expect((await zaplog.call('GET', `/v1/instances/${id}`)).body.settings).toEqual({ historySync: true })
      const codeOnPage = page.locator('svg.qr path')
      const qr = await until('the page to show the code that is pending', async () => {
        const { body } = await zaplog.call('GET', `/v1/instances/${id}/qr?wait=20`)
        const isShown = (await codeOnPage.count()) > 0 && (await codeOnPage.getAttribute('d')) === qrPath(String(body.qr)).path
        return isShown && String(body.qr)
      })
      await keepPicture(page, 'light')
      await page.emulateMedia({ colorScheme: 'dark' })
      await keepPicture(page, 'dark')
      await page.setViewportSize({ width: 360, height: 740 })
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360)
      await page.locator('.row').click()
      await until('the chosen instance to be in sight', () =>
        page.evaluate<boolean>("document.getElementById('chosen').getBoundingClientRect().top < 100"),
      )
      await keepPicture(page, 'phone')

      const device = await simulator.scanQr(qr, { pn: '5511900000001', name: 'Shop' })
      await page.getByRole('status').getByText('connected', { exact: true }).waitFor()
      expect(await page.locator('svg.qr').count()).toBe(0)
      await page.getByText('+5511900000001').first().waitFor()

      await until('the phone to be online', () => device.isOnline())
      const ana = simulator.contact({ pn: '5511900000002', name: 'Ana Souza' })
      await device.send(ana, text('Bom dia! <img src=x onerror=alert(1)>'))
      await page.getByText('Bom dia! <img src=x onerror=alert(1)>', { exact: true }).waitFor()
      await page.getByText('New messages: 1').waitFor({ state: 'attached' })
      await page.setViewportSize({ width: 1200, height: 900 })
      await page.getByLabel('Language').selectOption('pt')
      await page.getByRole('heading', { name: 'Últimas mensagens' }).waitFor()
      await keepPicture(page, 'portuguese')

      await zaplog.call('POST', `/v1/instances/${id}/logout`)
      await page.getByText('Nenhum código vem mais por si só.').waitFor()
      await page.getByRole('button', { name: 'Pedir um novo código' }).click()
      await codeOnPage.waitFor()

      expect(browser.faults()).toEqual([])
      expect(browser.addresses().length).toBeGreaterThan(5)
      expect(browser.addresses().filter(address => address.includes(zaplog.key) || !address.startsWith(zaplog.url))).toEqual([])
      expect(await page.evaluate('[JSON.stringify(localStorage), document.cookie, location.href].join()')).not.toContain(
        zaplog.key,
      )
    },
    BROWSER_TEST_MS,
  )
})
