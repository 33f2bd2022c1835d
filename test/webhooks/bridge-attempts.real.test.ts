// The bridge attempts each delivery in its lane's order, and what came of it is on record, whoever is killed.
import { afterEach, describe, expect, it } from 'vitest'
import { createProgressStore } from '../../src/log/progress.ts'
import { getDelivery, listDeliveries } from '../../src/webhooks/bridge/queries.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'
import { ascending, bridgesOf, sequences } from '../ground/webhooks/bridges.ts'
import { never } from '../ground/webhooks/open-stream.ts'

const logger = collectLogLines()
const { open, close } = bridgesOf(logger)
afterEach(close)

describe('attempts', () => {
  it('[E4] a delivery arrives signed, once, and is on record with its attempt', async () => {
    const bridge = await open('bridge signed')
    const receiver = await bridge.receiver(() => ({ body: 'thank you' }))
    const delivery = bridge.delivery(receiver.id, 'chat-1')
    await bridge.append(delivery)
    bridge.start()
    await bridge.untilStates('delivered', states => states[0] === 'delivered')
    expect(receiver.refused).toEqual([])
    expect(receiver.attempts).toMatchObject([{ webhookId: delivery.deliveryId, attempt: 1, skipped: 0, text: delivery.body }])
    expect(receiver.attempts[0]?.headers).toMatchObject({ 'user-agent': 'zaplog/0.2.0', 'content-type': 'application/json' })
    expect(await getDelivery(bridge.database, delivery.deliveryId)).toMatchObject({
      state: 'delivered',
      statusCode: 200,
      attempts: [{ attempt: 1, outcome: 'delivered', statusCode: 200, response: 'thank you' }],
    })
    const [attempted] = await bridge.untilRecords('webhook-attempts', 1)
    expect(attempted?.key).toBe(receiver.id)
    expect(await bridge.codec.decode(attempted?.value ?? null, never)).toMatchObject({ outcome: 'delivered', attempt: 1 })
    expect(await bridge.metrics.render()).toContain('zaplog_webhook_attempts_total{outcome="delivered"} 1')
  })

  it('[E4] [H3] [L] a POST has the headers of the contract, its endpoint’s own and the connection’s: no trace that nobody began', async () => {
    const bridge = await open('bridge headers')
    const receiver = await bridge.receiver()
    const { id, secret } = await bridge.endpoint(receiver.url, { headers: { 'X-Team': 'blue' } })
    receiver.trust(secret)
    await bridge.append(bridge.delivery(id, 'chat-1'))
    bridge.start()
    await bridge.untilStates('delivered', states => states[0] === 'delivered')
    const ofContract = ['user-agent', 'webhook-id', 'webhook-signature', 'webhook-timestamp', 'zaplog-attempt']
    const ofConnection = ['connection', 'content-length', 'content-type', 'host']
    expect(Object.keys(receiver.attempts[0]?.headers ?? {}).toSorted()).toEqual(
      [...ofContract, ...ofConnection, 'x-team'].toSorted(),
    )
  })

  it('[E1] an answer that repeats the request is kept without the values of its headers and the query of its URL', async () => {
    const bridge = await open('bridge echo')
    const receiver = await bridge.receiver(({ path, headers }) => ({
      status: 404,
      body: `Cannot POST ${path} ${JSON.stringify(headers)} ${'x'.repeat(50)}`,
    }))
    const headers = { 'x-key': 'geheimnis-1', authorization: 'Bearer geheimnis-2' }
    const echoing = await bridge.endpoint(`${receiver.url}?token=geheimnis-3&t=geheim%2Fnis-4`, { headers })
    receiver.trust(echoing.secret)
    const delivery = bridge.delivery(echoing.id, 'chat-1')
    await bridge.append(delivery)
    bridge.start()
    const [attempted] = await bridge.untilRecords('webhook-attempts', 1)
    const event = await bridge.codec.decode(attempted?.value ?? null, never)
    const kept = JSON.stringify([event, await getDelivery(bridge.database, delivery.deliveryId)])
    expect(kept).toContain('Cannot POST')
    expect(kept).not.toMatch(/geheim/)
  })

  it('[E3] [E4] [E5] 20 % random failures reorder no chat and lose nothing', async () => {
    const bridge = await open('bridge failures')
    let seed = 42
    const random = () => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31
      return seed / 2 ** 31
    }
    const receiver = await bridge.receiver(() => ({ status: random() < 0.2 ? 500 : 200 }))
    const chats = Array.from({ length: 10 }, (_, index) => `chat-${index}`)
    const deliveries = Array.from({ length: 200 }, (_, index) => bridge.delivery(receiver.id, chats[index % chats.length] ?? ''))
    await bridge.append(...deliveries)
    bridge.start()
    await until('all arrived', () => receiver.accepted().length === deliveries.length)
    for (const chat of chats) expect(ascending(sequences(receiver.acceptedOf(chat)))).toBe(true)
    expect(new Set(receiver.accepted().map(one => one.webhookId))).toEqual(new Set(deliveries.map(one => one.deliveryId)))
    expect(receiver.attempts.some(one => one.attempt > 1)).toBe(true)
    expect(receiver.attempts.every(one => one.attempt === one.copy)).toBe(true)
    await bridge.untilStates('all on record', states => states.every(state => state === 'delivered'))
  })

  it('[E3] an endpoint that hangs delays no other', async () => {
    const bridge = await open('bridge hanging')
    const [hanging, healthy] = [await bridge.receiver(() => ({ stall: true })), await bridge.receiver()]
    for (let nth = 0; nth < 100; nth++) await bridge.append(bridge.delivery(hanging.id, `chat-${nth}`))
    bridge.start({ attemptTimeoutMs: 30_000 })
    await until('the hanging one has all its slots', () => hanging.attempts.length === 10)
    for (let nth = 0; nth < 50; nth++) await bridge.append(bridge.delivery(healthy.id, `chat-${nth}`))
    await until('the healthy one has all', () => healthy.accepted().length === 50)
    // Its attempts are in flight all the while: nobody waited for one to end.
    expect(hanging.cutConnections()).toBe(0)
    // What found no slot became rows: neither memory nor the partition waits for it.
    await until('the rest waits as rows', async () => (await bridge.database.query('select from webhook_waiting')).length >= 50)
    expect(hanging.attempts).toHaveLength(10)
    hanging.close()
  })

  it('[E4] a record that comes again, and one after a restart, is not sent again once it is on record', async () => {
    const bridge = await open('bridge copies')
    const receiver = await bridge.receiver()
    const delivery = bridge.delivery(receiver.id, 'chat-1')
    await bridge.append(delivery, delivery)
    const first = bridge.start()
    await until('progress', async () => (await bridge.metrics.render()).includes('zaplog_webhook_copies_total 1'))
    await first.close()
    await bridge.append(delivery, bridge.delivery(receiver.id, 'chat-1'))
    bridge.start()
    await until('the next arrived', () => receiver.accepted().length === 2)
    expect(receiver.attempts).toHaveLength(2)
  })

  it('[E4] a crash between the answer and its record repeats the attempt under the same webhook-id and number', async () => {
    const bridge = await open('bridge crash')
    const receiver = await bridge.receiver()
    const delivery = bridge.delivery(receiver.id, 'chat-1')
    await bridge.append(delivery)
    const first = bridge.start()
    await bridge.untilStates('delivered', states => states[0] === 'delivered')
    await first.close()
    // As if neither the rows nor the progress had been written: one of them alone would say that somebody else made the attempt.
    await bridge.database.query('delete from webhook_deliveries')
    await bridge.database.query('delete from webhook_attempts')
    await bridge.database.query('update log_progress set next_offset = 0, finished = $1', ['[]'])
    bridge.start()
    await bridge.untilStates('it came again', states => states[0] === 'delivered')
    expect(receiver.attempts.map(one => [one.webhookId, one.attempt])).toEqual([
      [delivery.deliveryId, 1],
      [delivery.deliveryId, 1],
    ])
    expect(receiver.accepted()).toHaveLength(1)
  })

  it('[E4] attempt numbers go on after a restart', async () => {
    const bridge = await open('bridge numbers')
    let up = false
    const receiver = await bridge.receiver(() => ({ status: up ? 200 : 500 }))
    await bridge.append(bridge.delivery(receiver.id, 'chat-1'))
    const first = bridge.start({ retryDelaysMs: [5_000, 5_000, 5_000] })
    await bridge.untilStates('waiting', states => states[0] === 'waiting')
    await first.close()
    up = true
    bridge.start()
    await bridge.untilStates('delivered', states => states[0] === 'delivered')
    expect(receiver.attempts.map(one => one.attempt)).toEqual([1, 2])
  })

  it('[H6] stopping finishes the exchange in flight', async () => {
    const bridge = await open('bridge stop')
    const receiver = await bridge.receiver(() => ({ delayMs: 300 }))
    await bridge.append(bridge.delivery(receiver.id, 'chat-1'))
    const role = bridge.start()
    await until('it is in flight', () => receiver.attempts.length === 1)
    await role.close()
    expect((await listDeliveries(bridge.database, { limit: 10 })).data).toMatchObject([{ state: 'delivered' }])
    expect(receiver.cutConnections()).toBe(0)
  })
})

describe('several nodes', () => {
  it('[E3] [E4] two nodes share the lanes, through memory and rows, and never work on one at once', async () => {
    const bridge = await open('bridge two nodes')
    const busy = new Set<unknown>()
    const together: unknown[] = []
    let up = false
    const receiver = await bridge.receiver(async ({ body }) => {
      const chat = body.data.chatId
      if (busy.has(chat)) together.push(chat)
      busy.add(chat)
      await new Promise(resolve => setImmediate(resolve))
      busy.delete(chat)
      return { status: up ? 200 : 500 }
    })
    const { id } = receiver
    const chats = Array.from({ length: 12 }, (_, index) => `chat-${index}`)
    const append = () => bridge.append(...chats.flatMap(chat => Array.from({ length: 5 }, () => bridge.delivery(id, chat))))
    const config = { retryDelaysMs: [120_000, 120_000, 120_000], maxInFlightPerEndpoint: 3 }
    bridge.start(config)
    bridge.start(config, createProgressStore(bridge.database))
    await append()
    await bridge.untilStates('all wait', states => states.length === 60 && states.every(state => state === 'waiting'))
    up = true
    await bridge.dueNow()
    await append()
    await until('all arrived', () => receiver.accepted().length === 120)
    for (const chat of chats) expect(ascending(sequences(receiver.acceptedOf(chat)))).toBe(true)
    expect(together).toEqual([])
  })
})
