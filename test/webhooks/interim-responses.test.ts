// Receivers that say something before they answer: what counts is the answer, whatever came before it and however the bytes arrive.
import { createServer, type Socket } from 'node:net'
import { Agent } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { createGuardedConnector } from '../../src/runtime/guarded-connector.ts'
import { createInterimFilter, MAX_INTERIM_RESPONSES, skipInterimResponses } from '../../src/webhooks/bridge/interim-responses.ts'
import { postDelivery } from '../../src/webhooks/bridge/post-delivery.ts'
import { until } from '../ground/until.ts'
import { never } from '../ground/webhooks/open-stream.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
const interim = (status: string, headers = '') => `HTTP/1.1 ${status}\r\n${headers}\r\n`

/** A server that is TCP alone: what it sends to each request is the test's. */
async function open(send: (socket: Socket, nth: number) => void) {
  const sockets = new Set<Socket>()
  let asked = 0
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', bytes => {
      if (bytes.toString('latin1').startsWith('POST ')) send(socket, ++asked)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const connect = createGuardedConnector({ allowances: { allowLoopback: true, allowCidrs: [] }, opened: skipInterimResponses })
  const dispatcher = new Agent({ connect, connections: 1 })
  closing.push(
    async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
    () => dispatcher.destroy(),
  )
  const to = { url: `http://127.0.0.1:${port}/`, headers: {}, body: '{"type":"t"}', timeoutMs: 20_000 }
  return { post: () => postDelivery({ dispatcher, clock: Date.now }, to, never), sockets, asked: () => asked }
}

describe('before the answer', () => {
  it.each([
    ['100 Continue', interim('100 Continue')],
    ['102 Processing', interim('102 Processing')],
    ['103 Early Hints', interim('103 Early Hints', 'link: </a>; rel=preload\r\n')],
    ['all three, twice', (interim('100 Continue') + interim('102 P') + interim('103 E', 'a: b\r\nc: d\r\n')).repeat(2)],
    ['a 100 without a reason and with bare line feeds', 'HTTP/1.1 100\n\n'],
    ['a 100 of HTTP/1.0 between empty lines', `\r\n${interim('100 Continue').replace('1.1', '1.0')}\r\n`],
  ])('[E5] %s that nobody asked for is passed over, and the 200 is a delivery', async (_, before) => {
    const { post, sockets, asked } = await open(socket => socket.write(before + answer))
    for (let nth = 1; nth <= 3; nth++) expect(await post()).toMatchObject({ kind: 'answered', statusCode: 200, response: 'ok' })
    expect([asked(), sockets.size]).toEqual([3, 1])
  })

  it('[E5] it is passed over also where each byte comes by itself', async () => {
    const bytes = Buffer.from(interim('100 Continue') + interim('103 Early Hints', 'a: b\r\n') + answer)
    const { post } = await open(async socket => {
      socket.setNoDelay(true)
      for (const byte of bytes) await new Promise<void>(resolve => socket.write(Buffer.of(byte), () => setImmediate(resolve)))
    })
    expect(await post()).toMatchObject({ kind: 'answered', statusCode: 200, response: 'ok' })
  })

  it('[E10] 10,000 of them end the attempt with a reason after the first few', async () => {
    const flood = Buffer.from(interim('102 Processing').repeat(10_000))
    const { post, sockets } = await open(socket => socket.write(flood))
    const exchange = await post()
    expect(exchange).toMatchObject({
      kind: 'failed',
      code: 'too-many-interim-responses',
      message: expect.stringContaining('only interim responses (1xx) came'),
    })
    await until('the connection is closed', () => sockets.size === 0)
  })

  it('[E10] an endless interim head, and an endless answer in chunks of one byte, are ended', async () => {
    const endless = (line: string) => (socket: Socket) => {
      const more = () => {
        while (!socket.destroyed && socket.write(line.repeat(1000)));
      }
      socket.on('drain', more)
      more()
    }
    const head = await open(socket => {
      socket.write('HTTP/1.1 103 Early Hints\r\n')
      endless('link: </a>\r\n')(socket)
    })
    expect(await head.post()).toMatchObject({ kind: 'failed', code: 'too-many-interim-responses' })
    const body = await open(socket => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
      endless(`1;${'x'.repeat(100)}\r\na\r\n`)(socket)
    })
    expect(await body.post()).toMatchObject({ kind: 'answered', statusCode: 200, response: expect.stringContaining('[cut: ') })
  })

  it('[E5] 101 is no interim response: nobody asked to switch, and the attempt fails', async () => {
    const { post } = await open(socket =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    )
    expect(await post()).toMatchObject({ kind: 'failed' })
  })
})

describe('the filter', () => {
  const through = (chunks: readonly Buffer[]) => {
    const filter = createInterimFilter()
    filter.begin()
    return Buffer.concat(chunks.map(chunk => filter.pass(chunk))).toString('latin1')
  }
  it.each([
    answer,
    `HTTP/1.1 500 no\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n`,
    'HTTP/1.1  102 two spaces\r\n\r\n',
    'HTTP/1.1 1x2 no number\r\n\r\n',
    'H?TP/1.1 100 odd\r\n\r\n',
    'nonsense',
  ])('[E5] leaves %j as it is, cut anywhere', text => {
    const bytes = Buffer.from(text)
    for (let cut = 0; cut <= bytes.length; cut++) expect(through([bytes.subarray(0, cut), bytes.subarray(cut)])).toBe(text)
  })
  it('[E5] takes interim responses out wherever the bytes are cut, as many as are allowed', () => {
    const bytes = Buffer.from(interim('103 E', 'a: b\r\n').repeat(MAX_INTERIM_RESPONSES) + answer)
    for (let cut = 0; cut <= bytes.length; cut++) expect(through([bytes.subarray(0, cut), bytes.subarray(cut)])).toBe(answer)
    expect(() => through([Buffer.from(interim('103 E')), bytes])).toThrow('interim responses')
  })
})
