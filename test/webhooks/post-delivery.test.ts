import { Agent } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { createGuardedConnector } from '../../src/runtime/guarded-connector.ts'
import { MAX_KEPT_BYTES, postDelivery } from '../../src/webhooks/bridge/post-delivery.ts'
import { type Answer, openReceiver } from '../ground/receiver.ts'
import { until } from '../ground/until.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
const never = new AbortController().signal

async function open(respond: (nth: number) => Answer, connections = 4) {
  let asked = 0
  const receiver = await openReceiver({ respond: () => respond(++asked) })
  const connect = createGuardedConnector({ allowances: { allowLoopback: true, allowCidrs: [] } })
  const dispatcher = new Agent({ connect, connections })
  closing.push(receiver.close, () => dispatcher.destroy())
  let clockReads = 0
  const clock = () => {
    clockReads++
    return Date.now()
  }
  const post = (timeoutMs = 10_000, signal = never) =>
    postDelivery({ dispatcher, clock }, { url: receiver.url, headers: {}, body: body(), timeoutMs }, signal)
  /** Once at the start, once when the head of an answer is here. */
  return { receiver, post, clockReads: () => clockReads }
}
let made = 0
const body = () => JSON.stringify({ type: 'message.received', data: { eventId: String(++made) } })

describe('one exchange', () => {
  it('[E10] a receiver that never answers ends at the deadline', async () => {
    const { receiver, post } = await open(() => ({ stall: true }))
    const exchange = await post(300)
    expect(exchange).toMatchObject({ kind: 'failed', code: 'timeout' })
    await until('the connection is closed', () => receiver.openConnections() === 0)
  })

  it('[E10] a body that drips is closed at the deadline, and the status counts', async () => {
    const { receiver, post } = await open(() => ({ dripMs: 20 }))
    const exchange = await post(400)
    expect(exchange).toMatchObject({ kind: 'answered', statusCode: 200 })
    expect(exchange.durationMs).toBeGreaterThanOrEqual(350)
    await until('the connection is closed', () => receiver.openConnections() === 0)
  })

  it('[E10] large bodies are cut, 4 KiB are kept, and none stalls those that follow', async () => {
    const { post } = await open(() => ({ body: 'x'.repeat(300_000) }), 2)
    const exchanges = await Promise.all(Array.from({ length: 20 }, () => post(5_000)))
    for (const exchange of exchanges) {
      expect(exchange).toMatchObject({ kind: 'answered', statusCode: 200 })
      expect(exchange.kind === 'answered' && exchange.response).toHaveLength(MAX_KEPT_BYTES)
    }
  })

  it('[E10] small bodies leave the connection to the next', async () => {
    const { receiver, post } = await open(() => ({ body: 'thank you' }), 1)
    for (let nth = 0; nth < 5; nth++) expect(await post()).toMatchObject({ kind: 'answered', response: 'thank you' })
    expect(receiver.openConnections()).toBe(1)
  })

  it.each([301, 302, 303, 307, 308])('[E5] %i is not followed', async status => {
    const elsewhere = await openReceiver()
    closing.push(elsewhere.close)
    const { post } = await open(() => ({ status, headers: { location: elsewhere.url } }))
    expect(await post()).toMatchObject({ kind: 'answered', statusCode: status })
    expect(elsewhere.attempts).toEqual([])
  })

  it('[E5] what a receiver asks for is read from its headers', async () => {
    const { post } = await open(() => ({ status: 503, headers: { 'retry-after': '7', 'webhook-delivery': 'abort-message' } }))
    expect(await post()).toMatchObject({ retryAfterMs: 7_000, asked: 'abort-message' })
  })

  it('[E5] nobody listening is said in words', async () => {
    const { receiver, post } = await open(() => ({}))
    await receiver.close()
    expect(await post()).toMatchObject({ kind: 'failed', code: 'connection-refused' })
  })

  it('[H6] an answer that was given counts, also where the assignment ends before its last byte', async () => {
    const { receiver, post, clockReads } = await open(() => ({ dripMs: 20 }))
    const ending = new AbortController()
    const posted = post(10_000, ending.signal)
    await until('the head is read', () => clockReads() === 2)
    ending.abort()
    expect(await posted).toMatchObject({ kind: 'answered', statusCode: 200 })
    await until('the connection is closed', () => receiver.openConnections() === 0)
  })

  it('[E4] an assignment that ends cuts the exchange, and it does not count', async () => {
    const { receiver, post } = await open(() => ({ stall: true }))
    const ending = new AbortController()
    const posted = post(10_000, ending.signal)
    await until('it arrived', () => receiver.attempts.length === 1)
    ending.abort()
    await expect(posted).rejects.toThrow('aborted')
    await until('the connection is closed', () => receiver.openConnections() === 0)
  })
})
