// Clients that open connections and say nothing, little or too much: what they may hold, for how long, and who goes first.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket, type SocketConstructorOpts, type TcpSocketConnectOpts } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { awaitBodies } from '../../src/api/await-bodies.ts'
import { createApp } from '../../src/api/create-app.ts'
import { type HttpServer, type HttpServerDeps, openHttpServer } from '../../src/api/http-server.ts'
import { createMetrics, type Metrics } from '../../src/runtime/metrics.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const KEY = 'right-for-admins'
const MAX = 16
const logger = collectLogLines()
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

type Opened = { server: HttpServer; metrics: Metrics; release(): void }

/** With one call behind the key that answers when it is released, and one that takes a body. */
async function openServer(given: Partial<Pick<HttpServerDeps, 'deadlines'>> = {}): Promise<Opened> {
  const metrics = createMetrics({ processMetrics: false })
  const config = { host: '127.0.0.1', port: 0, http: { trustedProxies: [], maxConnections: MAX } }
  const keys = () => ({ admin: KEY, metrics: null })
  const clock = () => performance.now()
  const health = { checks: () => [], isReady: () => true }
  const server = await openHttpServer({ config, keys, ...health, metrics, logger, clock, ...given })
  closing.push(server.close)
  const app = createApp({ logger, metrics, door: server.door, connections: server.connections })
  const released = Promise.withResolvers<void>()
  app.get('/slow', async () => {
    await released.promise
    return 'done'
  })
  app.get('/health/live', { schema: { security: [] } }, async () => 'ok')
  app.post('/take', async ({ body }) => JSON.stringify(body))
  await app.ready()
  server.mount((request, response) => app.routing(request, response))
  return { server, metrics, release: released.resolve }
}

type Client = { socket: Socket; said(): string; closed(): boolean }

async function openClient(
  { url }: HttpServer,
  options: Partial<TcpSocketConnectOpts & SocketConstructorOpts> = {},
): Promise<Client> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), ...options })
  closing.push(() => socket.destroy())
  let text = ''
  let isClosed = false
  socket.setEncoding('latin1').on('data', (data: string) => {
    text += data
  })
  socket.on('error', () => undefined) // a reset is the server's way to close it
  socket.once('close', () => {
    isClosed = true
  })
  await once(socket, 'connect')
  return { socket, said: () => text, closed: () => isClosed }
}

const head = (line: string, headers: Record<string, string> = {}) =>
  `${line} HTTP/1.1\r\nhost: x\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`
const withKey = { authorization: `Bearer ${KEY}` }
const ask = async (client: Client, line: string, headers: Record<string, string> = {}) => {
  const before = client.said().length
  client.socket.write(head(line, headers))
  await until(`an answer to ${line}`, () => client.closed() || client.said().length > before)
  return client.said().slice(before, before + 12)
}
const flood = async (server: HttpServer, clients: number, from = '127.0.0.2') => {
  const all = []
  for (let opened = 0; opened < clients; opened++) all.push(await openClient(server, { localAddress: from }))
  return all
}

describe('idle connections', () => {
  test('[H3] a newcomer gets the place of the one that has been idle for longest, and there are never more than the most', async () => {
    const { server, metrics } = await openServer()
    const idle = await flood(server, MAX * 4)
    expect(await ask(await openClient(server), 'GET /health/live')).toBe('HTTP/1.1 200')
    await until('the first to be closed', () => idle.slice(0, MAX * 3).every(one => one.closed()))
    expect(idle.filter(one => !one.closed()).length).toBe(MAX - 1)
    expect(await metrics.render()).toContain(`zaplog_http_connections_closed_total{reason="room"} ${MAX * 3 + 1}`)
    const lines = logger.lines.filter(line => line.event === 'http.connections-full')
    expect(lines.map(line => line.fields)).toEqual([{ maxConnections: MAX, address: '127.0.0.2' }])
  })

  test('[H3] who opens most loses most: the one connection of another address stays, and one that had a right key', async () => {
    const { server } = await openServer()
    const other = await openClient(server, { localAddress: '127.0.0.3' })
    const proven = await openClient(server, { localAddress: '127.0.0.2' })
    expect(await ask(proven, 'POST /take', { ...withKey, 'content-length': '0' })).toBe('HTTP/1.1 200')
    await flood(server, MAX * 3)
    expect([other.closed(), proven.closed()]).toEqual([false, false])
    expect(await ask(other, 'GET /health/live')).toBe('HTTP/1.1 200')
    expect(await ask(proven, 'POST /take', { ...withKey, 'content-length': '0' })).toBe('HTTP/1.1 200')
  })

  test('[H3] right keys, however many wait for an answer, leave places for those who have not been asked, health among them', async () => {
    const { server, release } = await openServer()
    const waiting = await flood(server, MAX)
    for (const one of waiting.slice(0, MAX - 2)) one.socket.write(head('GET /slow', withKey))
    expect(await ask(waiting[MAX - 2] as Client, 'GET /slow', withKey)).toBe('HTTP/1.1 503')
    expect(waiting[MAX - 2]?.said()).toContain('"type":"urn:zaplog:problem:busy"')
    expect(await ask(await openClient(server), 'GET /health/live')).toBe('HTTP/1.1 200')
    release()
    await until('all to be answered', () => waiting.slice(0, MAX - 2).every(one => one.said().startsWith('HTTP/1.1 200')))
  })
})

describe('slow connections', () => {
  const deadlines = { headersTimeout: 50, bodyTimeout: 100, connectionsCheckingInterval: 10 }

  test.each([
    ['nothing', ''],
    ['half a head', 'GET /health/live HTTP/1.1\r\nhost: x\r\n'],
    ['half a body', head('POST /take', { ...withKey, 'content-type': 'application/json', 'content-length': '10' })],
  ])('[H3] [L] who sends %s and no more is answered 408 and closed', async (_, sent) => {
    const { server } = await openServer({ deadlines })
    const client = await openClient(server)
    client.socket.write(sent)
    await until('it to be closed', () => client.closed())
    expect(client.said()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\ncontent-type: application\/problem\+json\r\n/)
    expect(client.said()).toContain('"type":"urn:zaplog:problem:request-timeout"')
  })

  test('[H3] who was answered before the end of a body, and sends no more of it, is closed', async () => {
    const { server } = await openServer({ deadlines })
    const client = await openClient(server)
    client.socket.write(head('POST /nowhere', { ...withKey, 'content-length': '10' }))
    await until('it to be closed', () => client.closed())
    expect(client.said()).toMatch(/^HTTP\/1\.1 404 /)
    expect(client.said()).not.toContain('HTTP/1.1 408')
  })

  test('[C13] [H3] a file that is put has as long as its size needs, everything else as long as anybody', async () => {
    const server = createServer(() => undefined)
    const cut: string[] = []
    server.on('request', awaitBodies(server, 20)).on('request', request => {
      request.socket.once('close', () => cut.push(`${request.method} ${request.url}`))
    })
    server.on('clientError', (_error, socket) => socket.destroy())
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    for (const line of ['PUT /objects/a', 'PUT /v1/a', 'POST /objects/a'])
      connect(port, '127.0.0.1').write(head(line, { 'content-length': String(64 * 1024 * 60) }))
    await until('the others to be cut', () => cut.length === 2)
    expect(cut.toSorted()).toEqual(['POST /objects/a', 'PUT /v1/a'])
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })

  test.each([
    ['no HTTP', 'nonsense\r\n\r\n', 400, 'malformed-request'],
    ['a head without end', head('GET /health/live', { x: 'x'.repeat(20_000) }), 431, 'headers-too-large'],
  ])('[L] [I3] %s is answered as a problem, too', async (_, sent, status, slug) => {
    const { server } = await openServer()
    const client = await openClient(server)
    client.socket.write(sent)
    await until('it to be closed', () => client.closed())
    expect(client.said()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(client.said()).toContain(`"type":"urn:zaplog:problem:${slug}"`)
  })

  const expecting = (what: string) => head('POST /take', { ...withKey, 'content-length': '2', expect: what })

  test.each([
    ['CONNECT', head('CONNECT example.com:443'), 400, 'malformed-request', 'no proxy'],
    [
      'a request for a proxy, with what follows it',
      `${head('CONNECT a:1')}${'x'.repeat(100_000)}`,
      400,
      'malformed-request',
      'no proxy',
    ],
    ['HTTP/1.1 without Host', 'GET /health/live HTTP/1.1\r\n\r\n', 400, 'malformed-request', '`host`'],
    [
      'HTTP/1.1 without Host and with a body',
      `POST /take HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}`,
      400,
      'malformed-request',
      '`host`',
    ],
    ['another expectation', expecting('a-miracle'), 417, 'expectation-failed', '`100-continue`'],
    ['another expectation, and the body', `${expecting('a-miracle')}{}`, 417, 'expectation-failed', '`100-continue`'],
  ])('[L] [I3] %s is a problem, too, and ends its connection once it is read', async (_, sent, status, slug, detail) => {
    const { server } = await openServer()
    const client = await openClient(server, { allowHalfOpen: true })
    client.socket.write(sent)
    await once(client.socket, 'end')
    const [answered = '', body = ''] = client.said().split('\r\n\r\n')
    expect(answered).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`))
    expect(answered).toMatch(/\r\ncontent-type: application\/problem\+json(\r\n|$)/i)
    expect(answered).toMatch(/\r\nconnection: close(\r\n|$)/i)
    expect(JSON.parse(body)).toMatchObject({
      type: `urn:zaplog:problem:${slug}`,
      status,
      detail: expect.stringContaining(detail),
    })
    client.socket.end()
    await until('it to be closed', () => client.closed())
    expect(await ask(await openClient(server), 'GET /health/live')).toBe('HTTP/1.1 200')
  })

  test('[L] HTTP/1.0 knows no Host, and no expectation', async () => {
    const { server } = await openServer()
    for (const more of ['', 'expect: 100-continue\r\n', 'expect: a-miracle\r\n']) {
      const client = await openClient(server)
      client.socket.write(`GET /health/live HTTP/1.0\r\n${more}\r\n`)
      await until('it to be closed', () => client.closed())
      expect(client.said()).toMatch(/^HTTP\/1\.1 200 /)
    }
  })

  test('[L] a client that resets its CONNECT ends nothing but itself', async () => {
    const { server } = await openServer()
    for (let tries = 0; tries < 20; tries++) {
      const client = await openClient(server)
      client.socket.write(head('CONNECT example.com:443'))
      client.socket.resetAndDestroy()
    }
    expect(await ask(await openClient(server), 'GET /health/live')).toBe('HTTP/1.1 200')
  })
})

describe('bodies', () => {
  const MIB = Buffer.alloc(1024 * 1024, 0x20)
  const json = { 'content-type': 'application/json' }

  /** Sends a body until the server takes no more. Answers how much went. */
  async function pour(client: Client, line: string, headers: Record<string, string>): Promise<number> {
    client.socket.write(head(line, headers))
    let sentMib = 0
    const chunk = 'transfer-encoding' in headers ? Buffer.concat([Buffer.from('100000\r\n'), MIB, Buffer.from('\r\n')]) : MIB
    const send = () => {
      if (client.closed() || sentMib >= 300) return
      client.socket.write(chunk, error => {
        if (error) return
        sentMib += 1
        send()
      })
    }
    send()
    await until('the connection to be closed', () => client.closed())
    return sentMib
  }

  test.each([
    ['a wrong key', 'POST /take', 401, { authorization: 'Bearer wrong', 'content-length': String(300 * MIB.length) }],
    ['a wrong key, in chunks', 'POST /take', 401, { authorization: 'Bearer wrong', 'transfer-encoding': 'chunked' }],
    ['too much of it', 'POST /take', 413, { ...withKey, 'content-length': String(300 * MIB.length) }],
    ['too much of it, in chunks', 'POST /take', 413, { ...withKey, 'transfer-encoding': 'chunked' }],
    ['no such call', 'POST /nothing', 404, { ...withKey, 'content-length': String(300 * MIB.length) }],
    ['another method', 'POST /slow', 405, { ...withKey, 'content-length': String(300 * MIB.length) }],
    ['nobody who takes it', 'GET /health/live', 200, { 'content-length': String(300 * MIB.length) }],
  ])('[I1] [I3] of a body with %s nothing more is read, and the client sees why', async (_, line, status, headers) => {
    const { server } = await openServer()
    const client = await openClient(server)
    const sentMib = await pour(client, line, { ...json, ...headers })
    expect(client.said()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(client.said()).toMatch(/\r\nconnection: close\r\n/i)
    expect(sentMib).toBeLessThan(30) // what the buffers of two kernels take
  })

  test('[L] a client that is refused in the middle of its body has a moment to read why before its connection is reset', async () => {
    const { server, metrics } = await openServer()
    const client = await openClient(server, { allowHalfOpen: true })
    client.socket.write(head('POST /take', { ...json, apikey: 'wrong', 'content-length': String(300 * MIB.length) }))
    await once(client.socket, 'end')
    expect(client.said()).toMatch(/^HTTP\/1\.1 401 [\s\S]*"status":401[^}]*\}$/)
    expect(await metrics.render()).toContain('zaplog_http_connections{state="idle"} 1')
    await until('it to be closed', async () => (await metrics.render()).includes('zaplog_http_connections{state="idle"} 0'))
  })

  test('[L] a small body with a wrong key costs no connection', async () => {
    const { server } = await openServer()
    const client = await openClient(server)
    expect(await ask(client, 'POST /take', { ...json, apikey: 'wrong', 'content-length': '2' })).toBe('HTTP/1.1 401')
    client.socket.write('{}')
    expect(await ask(client, 'GET /health/live')).toBe('HTTP/1.1 200')
  })

  test('[I1] [L] a client that asks first is told to send its body only with a right key', async () => {
    const { server } = await openServer()
    const expecting = { ...json, 'content-length': '2', expect: '100-continue' }
    expect(await ask(await openClient(server), 'POST /take', { ...expecting, apikey: 'wrong' })).toBe('HTTP/1.1 401')
    const client = await openClient(server)
    expect(await ask(client, 'POST /take', { ...expecting, ...withKey })).toBe('HTTP/1.1 100')
    client.socket.write('{}')
    await until('the answer', () => client.said().includes('HTTP/1.1 200'))
  })
})
