// One socket per process: health from the first moment, the API while it is mounted, nothing cut while it closes.
import { afterEach, describe, expect, test } from 'vitest'
import { createApp } from '../../src/api/create-app.ts'
import type { Keys } from '../../src/api/door.ts'
import { type HttpServer, openHttpServer } from '../../src/api/http-server.ts'
import { type Address, listenRefused } from '../../src/runtime/listen-refused.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import type { Check } from '../../src/runtime/role.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

async function openServer(
  given: { address?: Address; checks?: readonly Check[]; isReady?: boolean; keys?: Keys } = {},
): Promise<HttpServer> {
  const server = await openHttpServer({
    config: { ...(given.address ?? { host: '127.0.0.1', port: 0 }), http: { trustedProxies: [], maxConnections: 1000 } },
    checks: () => given.checks ?? [],
    isReady: () => given.isReady ?? true,
    keys: () => given.keys ?? { admin: null, metrics: null },
    clock: () => performance.now(),
    metrics: createMetrics({ processMetrics: false }),
    logger,
  })
  open.push(server)
  return server
}

describe('health', () => {
  test('[H3] a process without trouble is live and ready, without a key', async () => {
    const { url } = await openServer()
    expect(await (await fetch(`${url}/health/live`)).json()).toEqual({ status: 'ok' })
    const ready = await fetch(`${url}/health/ready`)
    expect(ready.status).toBe(200)
    expect(await ready.json()).toEqual({ status: 'ok', checks: [] })
  })

  test('[H3] [L] is asked with GET or HEAD, also before the API is there', async () => {
    const { url } = await openServer({ isReady: false })
    for (const path of ['/health/live', '/health/ready']) {
      const [get, head] = [await fetch(`${url}${path}`), await fetch(`${url}${path}`, { method: 'HEAD' })]
      expect([path, head.status, head.headers.get('content-length')]).toEqual([
        path,
        get.status,
        get.headers.get('content-length'),
      ])
      const posted = await fetch(`${url}${path}`, { method: 'POST' })
      expect([path, posted.status, posted.headers.get('allow')]).toEqual([path, 405, 'GET, HEAD'])
    }
  })

  test('[H3] what a restart would not help is live, ready and degraded, with the reason', async () => {
    const checks: Check[] = [{ name: 'webhooks', state: 'degraded', detail: 'partition 3 halted: truncated' }]
    const { url } = await openServer({ checks })
    expect((await fetch(`${url}/health/live`)).status).toBe(200)
    const ready = await fetch(`${url}/health/ready`)
    expect(ready.status).toBe(200)
    expect(await ready.json()).toEqual({ status: 'degraded', checks })
  })

  test('[H3] what a restart would help is neither live nor ready', async () => {
    const { url } = await openServer({ checks: [{ name: 'projections', state: 'failed', detail: 'no progress for 60 s' }] })
    expect((await fetch(`${url}/health/live`)).status).toBe(503)
    expect((await fetch(`${url}/health/ready`)).status).toBe(503)
  })

  test('[H3] a process that is still starting is live and not ready', async () => {
    const { url } = await openServer({ isReady: false })
    expect((await fetch(`${url}/health/live`)).status).toBe(200)
    const ready = await fetch(`${url}/health/ready`)
    expect(ready.status).toBe(503)
    expect(await ready.json()).toEqual({ status: 'starting', checks: [] })
  })

  test('[L] everything else is 503 with Retry-After while the API is not mounted', async () => {
    const { url } = await openServer()
    const answer = await fetch(`${url}/v1/instances`)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('5')
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(await answer.json()).toMatchObject({ type: 'urn:zaplog:problem:not-serving', status: 503 })
  })
})

describe('metrics', () => {
  test('[H1] [I1] metrics are for whoever has one of the keys', async () => {
    const { url } = await openServer({ keys: { admin: 'of-the-administrator', metrics: 'scrape-me' } })
    expect((await fetch(`${url}/metrics`)).status).toBe(401)
    const first = await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer of-the-administrator' } })
    expect(first.headers.get('content-type')).toMatch(/^text\/plain/)
    expect((await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer scrape-you' } })).status).toBe(401)
    await fetch(`${url}/health/live`)
    const scraped = await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer scrape-me' } })
    expect(await scraped.text()).toContain('zaplog_http_request_seconds_count{method="GET",route="/health/live",status="200"} 1')
  })
})

describe('closing', () => {
  async function mountSlow(server: HttpServer) {
    const app = createApp({
      logger,
      metrics: createMetrics({ processMetrics: false }),
      door: server.door,
      connections: server.connections,
    })
    const entered = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    app.get('/slow', { schema: { security: [] } }, async () => {
      entered.resolve()
      await release.promise
      return 'done'
    })
    await app.ready()
    const unmount = server.mount((request, response) => app.routing(request, response))
    return { unmount, entered: entered.promise, release: release.resolve }
  }

  test('[H6] a request in flight is answered before the API is gone, and the next one is refused meanwhile', async () => {
    const server = await openServer()
    const { unmount, entered, release } = await mountSlow(server)
    const slow = fetch(`${server.url}/slow`)
    await entered
    const unmounted = unmount(10_000)
    expect((await fetch(`${server.url}/slow`)).status).toBe(503)
    release()
    expect(await (await slow).text()).toBe('done')
    await unmounted
  })

  test('[H6] a request that takes longer than the grace is cut', async () => {
    const server = await openServer()
    const { unmount, entered } = await mountSlow(server)
    const slow = fetch(`${server.url}/slow`).catch(() => 'cut')
    await entered
    await unmount(1)
    expect(await slow).toBe('cut')
  })

  test('[H6] a closed server takes no connection, and closing twice is closing once', async () => {
    const server = await openServer()
    await fetch(`${server.url}/health/live`)
    await Promise.all([server.close(), server.close()])
    await expect(fetch(`${server.url}/health/live`)).rejects.toThrow()
  })

  test('[H8] a taken port is named with the setting that chooses another', async () => {
    const { url } = await openServer()
    const port = Number(new URL(url).port)
    await expect(openServer({ address: { host: '127.0.0.1', port } })).rejects.toMatchObject({
      code: 'in-use',
      message: `port ${port} of 127.0.0.1 is taken; PORT chooses another, 0 a free one`,
    })
  })

  test('[H8] a HOST that is not this machine is named', async () => {
    await expect(openServer({ address: { host: '192.0.2.1', port: 0 } })).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringMatching(/^192\.0\.2\.1 is not an address of this machine .*; HOST chooses another/),
    })
  })

  // Root may have any port, and names are looked up elsewhere: what the kernel and the resolver say to others is given here.
  test.each([
    ['EACCES', { code: 'denied', message: expect.stringMatching(/^port 80 of box is not for this user; PORT chooses another/) }],
    ['ENOTFOUND', { code: 'misconfigured', message: expect.stringMatching(/^box is not an address .*; HOST chooses another/) }],
    ['EAI_AGAIN', { code: 'unavailable', retryable: true, message: expect.stringMatching(/^HOST box cannot be looked up/) }],
    ['EMFILE', { code: 'failed', message: 'listening on port 80 of box: listen EMFILE' }],
  ])('[H8] %s says which setting it is about', (code, expected) => {
    const cause = Object.assign(new Error(`listen ${code}`), { code })
    expect(listenRefused({ host: 'box', port: 80 }, cause)).toMatchObject({ ...expected, cause })
  })
})
