// Fetching from a CDN that misbehaves in every way, over real sockets.
import { randomBytes } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import { Agent } from 'undici'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { listenOnLoopback } from '../../simulator/connection/listen.ts'
import { type Cdn, openCdn } from '../../simulator/media/cdn.ts'
import { createDownloadMetrics } from '../../src/processors/download/download-metrics.ts'
import { type FetchRequest, fetchMedia } from '../../src/processors/download/fetch-media.ts'
import { linkEndsAt, mediaUrl } from '../../src/processors/download/media-url.ts'
import { createFairTurns } from '../../src/runtime/fair-turns.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'

const dispatcher = new Agent({ connect: { timeout: 1_000 } })
const never = new AbortController().signal
const bytes = randomBytes(200_000)
const cdns: Cdn[] = []
const servers: Server[] = []
beforeAll(async () => void cdns.push(await openCdn({ port: 0 })))
afterAll(async () => {
  await Promise.all(cdns.map(cdn => cdn.close()))
  await dispatcher.destroy()
})
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
})

const cdn = (): Cdn => {
  const [one] = cdns
  if (one === undefined) throw new Error('the CDN did not open')
  return one
}
const requestOf = (url: URL, more: Partial<FetchRequest> = {}): FetchRequest => ({
  url,
  announcedBytes: bytes.length,
  maxBytes: 1_000_000,
  idleTimeoutMs: 400,
  minTotalTimeoutMs: 10_000,
  timeoutFactor: 1,
  ...more,
})
async function fetchAll(url: URL, more: Partial<FetchRequest> = {}, signal: AbortSignal = never): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(fetchMedia({ dispatcher }, requestOf(url, more), signal)))
}
const putOnCdn = () => {
  const path = cdn().put(bytes)
  return {
    path,
    url: new URL(path, cdn().url),
    hits: () =>
      cdn()
        .hits()
        .filter(hit => hit.path === path),
  }
}
async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener)
  servers.push(server)
  return new URL(`http://127.0.0.1:${await listenOnLoopback(server, 0)}/file`)
}

test('[C3] a healthy file arrives in one request', async () => {
  const { url, hits } = putOnCdn()
  expect(await fetchAll(url)).toEqual(bytes)
  expect(hits()).toMatchObject([{ status: 200, range: null }])
})

test('[C3] a connection broken in the middle is picked up where it broke', async () => {
  const { path, url, hits } = putOnCdn()
  cdn().fault(path, { kind: 'reset', atByte: 60_000 }, 2)
  expect(await fetchAll(url)).toEqual(bytes)
  const ranges = hits().map(hit => hit.range)
  expect(ranges).toHaveLength(3)
  expect(ranges.slice(1).every(range => /^bytes=\d+-$/.test(range ?? ''))).toBe(true)
})

test('[C3] a connection that keeps breaking fails after 3 resumes', async () => {
  const { path, url, hits } = putOnCdn()
  cdn().fault(path, { kind: 'reset', atByte: 10_000 })
  await expect(fetchAll(url)).rejects.toMatchObject({ code: 'connection', retryable: true })
  expect(hits()).toHaveLength(4)
})

test('[C3] a server that ignores the range sends everything, and nothing comes twice', async () => {
  const asked: (string | undefined)[] = []
  const url = await serve((request, response) => {
    asked.push(request.headers.range)
    response.writeHead(200, { 'content-length': bytes.length })
    if (asked.length > 1) response.end(bytes)
    else response.write(bytes.subarray(0, 50_000), () => response.socket?.resetAndDestroy())
  })
  expect(await fetchAll(url)).toEqual(bytes)
  expect(asked).toHaveLength(2)
})

test('[C3] a server that answers another range than asked is not believed', async () => {
  let requests = 0
  const url = await serve((_, response) => {
    requests += 1
    if (requests === 1) {
      response.writeHead(200, { 'content-length': bytes.length })
      response.write(bytes.subarray(0, 50_000), () => response.socket?.resetAndDestroy())
      return
    }
    response.writeHead(206, { 'content-range': `bytes 7-${bytes.length - 1}/${bytes.length}` }).end(bytes.subarray(7))
  })
  await expect(fetchAll(url)).rejects.toMatchObject({ code: 'server-error' })
})

test.each([
  [403, 'gone', false],
  [404, 'gone', false],
  [410, 'gone', false],
  [408, 'throttled', true],
  [429, 'throttled', true],
  [500, 'server-error', true],
  [503, 'server-error', true],
  [302, 'server-error', true],
])('[C5] %i is %s', async (status, code, retryable) => {
  const { path, url, hits } = putOnCdn()
  cdn().fault(path, { kind: 'status', status })
  await expect(fetchAll(url)).rejects.toMatchObject({ code, retryable })
  expect(hits()).toHaveLength(1)
})

test('[C3] a redirect is not followed', async () => {
  const { url: elsewhere, hits } = putOnCdn()
  const url = await serve((_, response) => response.writeHead(302, { location: elsewhere.href }).end())
  await expect(fetchAll(url)).rejects.toMatchObject({ code: 'server-error', message: expect.stringContaining('not followed') })
  expect(hits()).toEqual([])
})

test('[C5] Retry-After is told on, in seconds or as a date', async () => {
  const answers = ['7', new Date(Date.now() + 60_000).toUTCString(), 'soon']
  const url = await serve((_, response) => response.writeHead(429, { 'retry-after': answers.shift() }).end('x'.repeat(100_000)))
  await expect(fetchAll(url)).rejects.toMatchObject({ retryAfterMs: 7000 })
  const dated = await fetchAll(url).catch(error => error)
  expect(dated.retryAfterMs).toBeGreaterThan(50_000)
  expect(dated.retryAfterMs).toBeLessThanOrEqual(60_000)
  await expect(fetchAll(url)).rejects.toMatchObject({ retryAfterMs: null })
})

test('[C3] silence before or between bytes ends as timeout', async () => {
  const { path, url } = putOnCdn()
  cdn().fault(path, { kind: 'stall', atByte: 50_000 })
  await expect(fetchAll(url)).rejects.toMatchObject({ code: 'timeout', retryable: true })
  const silent = await serve(() => 'never answers')
  await expect(fetchAll(silent)).rejects.toMatchObject({ code: 'timeout' })
})

test('[C3] a file that comes too slowly ends as timeout, and later attempts have longer', async () => {
  const { path, url } = putOnCdn()
  cdn().fault(path, { kind: 'slow', bytesPerSecond: 150_000 })
  const slow = { announcedBytes: null, minTotalTimeoutMs: 100 }
  // 200,000 bytes at 256 KiB/s would be 763 ms.
  await expect(fetchAll(url, slow)).rejects.toMatchObject({ code: 'timeout', message: expect.stringContaining('763 ms') })
  expect(await fetchAll(url, { ...slow, timeoutFactor: 8 })).toEqual(bytes)
})

test('[C3] an announced size above the limit is refused before the first byte', async () => {
  const { url, hits } = putOnCdn()
  await expect(fetchAll(url, { maxBytes: 199_999 })).rejects.toMatchObject({ code: 'too-large', retryable: false })
  expect(hits(), 'announced by the message').toEqual([])
  await expect(fetchAll(url, { maxBytes: 199_999, announcedBytes: 10 })).rejects.toMatchObject({ code: 'too-large' })
  expect(await fetchAll(url, { maxBytes: 200_000 })).toHaveLength(200_000)
})

test('[C3] a server that announces nothing is stopped at the limit', async () => {
  const url = await serve((_, response) => {
    const more = () => {
      while (response.write(bytes));
      response.once('drain', more)
    }
    more()
  })
  await expect(fetchAll(url, { announcedBytes: null })).rejects.toMatchObject({ code: 'too-large' })
})

test('[C3] nobody listening is a broken connection', async () => {
  await expect(fetchAll(new URL('http://127.0.0.1:9/file'))).rejects.toMatchObject({ code: 'connection' })
})

test('[H6] the signal ends a transfer with its own reason', async () => {
  const { path, url } = putOnCdn()
  cdn().fault(path, { kind: 'stall', atByte: 50_000 })
  const stop = new AbortController()
  const reason = new Error('the assignment ended')
  const started = Promise.withResolvers<void>()
  const reading = (async () => {
    for await (const _ of fetchMedia({ dispatcher }, requestOf(url, { idleTimeoutMs: 20_000 }), stop.signal)) started.resolve()
  })()
  await started.promise
  stop.abort(reason)
  await expect(reading).rejects.toBe(reason)
})

test.each([
  [{ directPath: '/v/t62/x.enc?oe=1' }, 'https://mmg.whatsapp.net/v/t62/x.enc?oe=1'],
  [{ directPath: '/v/x', url: 'https://evil.example/y' }, 'https://mmg.whatsapp.net/v/x'],
  [{ url: 'https://media-gru1-1.cdn.whatsapp.net/v/x?a=b' }, 'https://media-gru1-1.cdn.whatsapp.net/v/x?a=b'],
  [{ directPath: '//evil.example/x' }, 'https://mmg.whatsapp.net//evil.example/x'],
])('[C3] %o is fetched from WhatsApp', (source, href) => {
  expect(mediaUrl(source, null).href).toBe(href)
  const { pathname, search } = new URL(href)
  expect(mediaUrl(source, 'http://127.0.0.1:9000').href).toBe(`http://127.0.0.1:9000${pathname}${search}`)
})

test.each([
  [{ directPath: '/v/t62/x.enc?ccb=11-4&oh=01_Ad&oe=65D3F1A0&_nc_sid=5e03e0' }, 0x65d3f1a0 * 1000],
  [{ url: 'https://mmg.whatsapp.net/v/x?oe=65D3F1A0' }, 0x65d3f1a0 * 1000],
  [{ directPath: '/v/x?oe=soon' }, null],
  [{ directPath: '/v/x' }, null],
  [{}, null],
])('[H1] the link of %o ends when it says', (source, endsAt) => {
  expect(linkEndsAt(source)).toBe(endsAt)
})

test('[H1] files in hand for long whose link ends within a day are counted until they are let go', async () => {
  const metrics = createMetrics({ processMetrics: false })
  const nowAt = 1_800_000_000_000
  const turns = createFairTurns({ total: 1, perKey: 1 })
  const { hold } = createDownloadMetrics(metrics, turns, () => nowAt)
  const near = async () => /^zaplog_media_near_expiry (\d+)$/m.exec(await metrics.render())?.[1]
  const day = 24 * 60 * 60 * 1000
  const recordedAt = nowAt - 15 * 60 * 1000
  hold({ recordedAt, linkEndsAt: null })
  hold({ recordedAt, linkEndsAt: nowAt + day })
  const letGo = hold({ recordedAt, linkEndsAt: nowAt + day - 1 })
  hold({ recordedAt, linkEndsAt: nowAt - 1 })
  hold({ recordedAt: recordedAt + 1, linkEndsAt: nowAt - 1 }) // as its sender says, and it has only come
  expect(await near()).toBe('2')
  letGo()
  expect(await near()).toBe('1')
})

test('[H1] [H2] the first file that the store refuses, or that cannot be fetched, is seen to rise from 0', async () => {
  const metrics = createMetrics({ processMetrics: false })
  createDownloadMetrics(metrics, createFairTurns({ total: 1, perKey: 1 }), Date.now)
  const text = await metrics.render()
  for (const kind of ['image', 'video', 'audio', 'document', 'sticker']) {
    expect(text).toContain(`zaplog_media_failures_total{kind="${kind}",stage="store",reason="storage-refused"} 0`)
    expect(text).toContain(`zaplog_media_downloads_total{outcome="failed",kind="${kind}"} 0`)
  }
})

test.each([
  {},
  { url: '', directPath: '' },
  { url: 'http://mmg.whatsapp.net/x' },
  { url: 'https://whatsapp.net.evil.example/x' },
  { url: 'https://evilwhatsapp.net/x' },
  { url: 'https://user:secret@mmg.whatsapp.net/x' },
  { url: 'https://mmg.whatsapp.net:8443/x' },
  { url: 'https://127.0.0.1/x' },
  { url: 'file:///etc/passwd' },
  { directPath: '@evil.example/x' },
  { directPath: '.evil.example/x' },
  { directPath: 'https://evil.example/x' },
])('[C3] %o is fetched from nowhere', source => {
  for (const cdnUrl of [null, 'http://127.0.0.1:9000'])
    expect(() => mediaUrl(source, cdnUrl)).toThrow(expect.objectContaining({ code: 'no-url', retryable: false }))
})
