// Every route that takes a key is behind one door: what is guessed at one counts at all of them, before and after the API is there.
import { afterEach, expect, test } from 'vitest'
import { openHttpServer } from '../../src/api/http-server.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { adminKey, metricsToken, openTestApi } from '../ground/api/open-test-api.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})
async function openApi(name: string, trustedProxies: readonly string[] = []) {
  const api = await openTestApi(name, logger, { trustedProxies })
  open.push(api)
  return api
}

test.each([{ authorization: 'Bearer ' }, { apikey: '' }])(
  '[I1] [H1] keys guessed at /metrics with %o are limited there and everywhere, and none is compared beyond the limit',
  async way => {
    const api = await openApi('api-one-door')
    const [[name, scheme] = ['', '']] = Object.entries(way)
    const ask = (path: string, key: string) => api.call('GET', path, { key: null, headers: { [name]: `${scheme}${key}` } })
    const statuses = []
    for (let tries = 0; tries < 12; tries++) statuses.push((await ask('/metrics', `guess-${tries}`)).status)
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429])
    for (const path of ['/metrics', '/v1/version', '/openapi.json', '/nothing'])
      expect([path, (await ask(path, adminKey)).status]).toEqual([path, 429])
    const limited = await ask('/metrics', metricsToken)
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '1'])
    expect(limited.json).toMatchObject({ type: 'urn:zaplog:problem:too-many-failures' })
    api.clock.nowAt += 1_000
    expect((await ask('/metrics', metricsToken)).status).toBe(200)
    expect((await ask('/v1/version', adminKey)).status).toBe(200)
  },
)

test('[I1] keys guessed while a process starts are limited there, and still when the API has come', async () => {
  const keys = { admin: null as string | null, metrics: 'right-for-metrics' }
  const metrics = createMetrics({ processMetrics: false })
  const health = { checks: () => [], isReady: () => false }
  const config = { host: '127.0.0.1', port: 0, http: { trustedProxies: [], maxConnections: 1000 } }
  const server = await openHttpServer({ config, keys: () => keys, ...health, metrics, logger, clock: () => 0 })
  open.push(server)
  const ask = async (key: string) =>
    (await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${key}` } })).status
  for (let tries = 0; tries < 10; tries++) expect(await ask(`guess-${tries}`)).toBe(401)
  expect(await ask('right-for-metrics')).toBe(429)
  expect(() => server.door.demand({ ip: '127.0.0.1', headers: { apikey: 'guess' } }, 'admin')).toThrow('too many requests')
})

test('[I1] behind a trusted proxy each client is limited for itself, by the last address that no trusted proxy has', async () => {
  const api = await openApi('api-behind-proxy', ['127.0.0.1', '10.0.0.0/8'])
  const guess = async (forwarded: string, tries: number) =>
    (await api.call('GET', '/v1/version', { key: `guess-${tries}`, headers: { 'x-forwarded-for': forwarded } })).status
  for (let tries = 0; tries < 10; tries++) expect(await guess(`198.51.100.${tries}, 203.0.113.7, 10.0.0.9`, tries)).toBe(401)
  expect(await guess('203.0.113.7', 10)).toBe(429)
  expect(await guess('203.0.113.8', 11)).toBe(401)
})

test('[I1] what a client says in X-Forwarded-For is nothing where no proxy is trusted', async () => {
  const api = await openApi('api-no-proxy')
  const guess = async (tries: number) =>
    (await api.call('GET', '/v1/version', { key: `guess-${tries}`, headers: { 'x-forwarded-for': `203.0.113.${tries}` } })).status
  for (let tries = 0; tries < 10; tries++) expect(await guess(tries)).toBe(401)
  expect(await guess(10)).toBe(429)
})
