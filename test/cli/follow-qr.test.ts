// Guarantee: whoever waits for a phone asks zaplog about once a second, whatever it answers, and is told each new state once.
import { rmSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { alwaysJson, alwaysProblem, KEY } from '../ground/cli/refused.ts'
import { runVerb } from '../ground/cli/run-verb.ts'
import { openLoopbackServer } from '../ground/loopback-server.ts'
import { makeDataDir } from '../ground/scenarios/zaplog-process.ts'

const shop = { id: 'shop', name: 'Shop', stateAt: '2026-11-21T08:00:00.000Z', phone: '5511900000001', reasonText: null }
const reconnecting = (reasonText: string) => ({ ...shop, state: 'reconnecting', reasonText })
const open = { ...shop, state: 'open' }

/** Shows the next state at each look, and refuses its code at once with the slug; `looks` are the times of the looks, in ms. */
async function openStandIn(slug: string, states: readonly object[], onLook: () => void = () => undefined) {
  const looks: number[] = []
  const answer: RequestListener = (request, response) => {
    if (!request.url?.includes('/qr')) return alwaysJson(200, states[looks.length - 1])(request, response)
    looks.push(performance.now())
    onLook()
    return alwaysProblem(409, slug)(request, response)
  }
  return { url: (await openLoopbackServer(answer)).url, looks }
}

const shortestPause = (looks: readonly number[]) =>
  Math.min(...looks.slice(1).map((at, index) => at - (looks[index] ?? Number.NaN)))

test.each(['already-paired', 'no-qr-pending'])('[A1] a zaplog that answers %s at once is asked with pauses', async slug => {
  const { url, looks } = await openStandIn(slug, [reconnecting('One.'), reconnecting('Two.'), open])
  const { code, out, err } = await runVerb(['instances', 'qr', 'shop'], { ZAPLOG_URL: url, ADMIN_API_KEY: KEY })
  expect({ code, out }).toEqual({ code: 0, out: 'Shop is paired with 5511900000001\n' })
  expect(err).toMatch(/^Shop is [^\n]*reconnecting: One; waiting [^\n]*\nShop is [^\n]*reconnecting: Two; waiting [^\n]*\n$/)
  expect(looks).toHaveLength(3)
  expect(shortestPause(looks)).toBeGreaterThan(900)
})

test('[A1] the next code alone is asked for with pauses, too', async () => {
  const { url, looks } = await openStandIn('no-qr-pending', [reconnecting('One.'), { ...shop, state: 'closed' }])
  const { code, err } = await runVerb(['instances', 'qr', 'shop', '--text'], { ZAPLOG_URL: url, ADMIN_API_KEY: KEY })
  expect(code).toBe(1)
  expect(err).toMatch(
    /reconnecting: One; waiting .*\nShop is closed; ZAPLOG_URL=\S+ \.\/zaplog instances restart shop tries again\n$/,
  )
  expect(shortestPause(looks)).toBeGreaterThan(900)
})

test('[I2] the key is read once: a file that goes meanwhile ends no wait', async () => {
  const dataDir = makeDataDir()
  onTestFinished(dataDir.remove)
  const file = join(dataDir.path, 'admin-key')
  writeFileSync(file, `${KEY}\n`)
  const forget = () => rmSync(file, { force: true })
  const { url } = await openStandIn('already-paired', [reconnecting('One.'), open], forget)
  const { code, out } = await runVerb(['instances', 'qr', 'shop'], { ZAPLOG_URL: url, DATA_DIR: dataDir.path })
  expect({ code, out }).toEqual({ code: 0, out: 'Shop is paired with 5511900000001\n' })
})
