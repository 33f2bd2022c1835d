import { afterEach, describe, expect, it } from 'vitest'
import { createProgressStore } from '../../src/log/progress.ts'
import { createSealer } from '../../src/runtime/seal.ts'
import { deleteEndpoint, patchEndpoint } from '../../src/webhooks/endpoints.ts'
import { getDelivery, listDeliveries } from '../../src/webhooks/queries.ts'
import { collectLogLines } from '../log-lines.ts'
import { type Answer, openReceiver, type ReceivedAttempt } from '../receiver.ts'
import { until } from '../until.ts'
import { openBridge } from './open-bridge.ts'
import { never } from './open-stream.ts'

const logger = collectLogLines(['delivery.unsendable'])
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function open(name: string) {
  const bridge = await openBridge(name, logger)
  closing.push(bridge.close)
  return {
    ...bridge,
    start: (...given: Parameters<typeof bridge.start>) => {
      const role = bridge.start(...given)
      closing.push(role.close)
      return role
    },
    receiver: async (respond: (attempt: ReceivedAttempt) => Answer = () => ({})) => {
      const receiver = await openReceiver({ respond })
      closing.push(receiver.close)
      const endpoint = await bridge.endpoint(receiver.url)
      receiver.trust(endpoint.secret)
      return { ...receiver, attempts: receiver.attempts, accepted: () => receiver.accepted, endpoint, id: endpoint.id }
    },
  }
}
const sequences = (received: readonly ReceivedAttempt[]) => received.map(one => one.body.data.sequence)
const ascending = (numbers: readonly number[]) => numbers.every((one, index) => index === 0 || one > (numbers[index - 1] ?? 0))

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
    expect(receiver.attempts[0]?.headers).toMatchObject({ 'user-agent': 'zaplog/0.1.0', 'content-type': 'application/json' })
    expect(await getDelivery(bridge.database, delivery.deliveryId)).toMatchObject({
      state: 'delivered',
      statusCode: 200,
      attempts: [{ attempt: 1, outcome: 'delivered', statusCode: 200, response: 'thank you' }],
    })
    const [attempted] = await bridge.records('webhook-attempts')
    expect(attempted?.key).toBe(receiver.id)
    expect(await bridge.codec.decode(attempted?.value ?? null, never)).toMatchObject({ outcome: 'delivered', attempt: 1 })
    expect(await bridge.metrics.render()).toContain('zaplog_webhook_attempts_total{outcome="delivered"} 1')
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
    const startedAt = Date.now()
    for (let nth = 0; nth < 50; nth++) await bridge.append(bridge.delivery(healthy.id, `chat-${nth}`))
    await until('the healthy one has all', () => healthy.accepted().length === 50)
    expect(Date.now() - startedAt).toBeLessThan(10_000)
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
    // As if neither the rows nor the progress had been written.
    await bridge.database.query('delete from webhook_deliveries')
    await bridge.database.query('update log_progress set next_offset = 0, finished = $1', ['[]'])
    bridge.start()
    await until('it came again', () => receiver.attempts.length === 2)
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
    await bridge.untilStates('retrying', states => states[0] === 'retrying')
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

describe('waiting', () => {
  it('[E5] a long wait becomes rows, later deliveries join, and all drain in order after a restart', async () => {
    const bridge = await open('bridge waiting')
    let up = false
    const receiver = await bridge.receiver(() => ({ status: up ? 200 : 503 }))
    const first = bridge.start({ retryDelaysMs: [120_000, 120_000] })
    for (let nth = 0; nth < 5; nth++) await bridge.append(bridge.delivery(receiver.id, 'chat-1'))
    await bridge.untilStates('all wait', states => states.length === 5 && states.every(state => state === 'waiting'))
    expect(receiver.attempts).toHaveLength(1)
    await until('the partition is held by nothing', async () => (await doneRecords(bridge)) === 5)
    await first.close()
    bridge.start({ retryDelaysMs: [120_000, 120_000] })
    await bridge.append(bridge.delivery(receiver.id, 'chat-1'))
    await bridge.dueNow()
    await bridge.untilStates('it failed again', () => receiver.attempts.length === 2)
    up = true
    await until(
      'its lane waits again',
      async () =>
        (await bridge.database.query('select from webhook_waiting_lanes where claimed_by is null and due_at > now()')).length ===
        1,
    )
    await bridge.dueNow()
    await until('all arrived', () => receiver.accepted().length === 6)
    expect(sequences(receiver.accepted())).toEqual([1, 2, 3, 4, 5, 6])
    expect(receiver.attempts.map(one => one.attempt)).toEqual([1, 2, 3, 1, 1, 1, 1, 1])
    await bridge.untilStates('all on record', states => states.every(state => state === 'delivered'))
    await until(
      'the lane waits no more',
      async () => (await bridge.database.query('select from webhook_waiting_lanes')).length === 0,
    )
  })

  it('[E5] a body that was not kept is read back from the log when its turn comes', async () => {
    const bridge = await open('bridge read back')
    let up = false
    const receiver = await bridge.receiver(() => ({ status: up ? 200 : 503 }))
    await bridge.append(bridge.delivery(receiver.id, 'chat-1'), bridge.delivery(receiver.id, 'chat-1'))
    bridge.start({ retryDelaysMs: [120_000] })
    await bridge.untilStates('all wait', states => states.length === 2 && states.every(state => state === 'waiting'))
    await bridge.database.query('update webhook_waiting set value = null')
    up = true
    await bridge.dueNow()
    await until('all arrived', () => receiver.accepted().length === 2)
    expect(sequences(receiver.accepted())).toEqual([1, 2])
  })

  it('[E5] [E6] 410 disables: everything waits without attempts and drains in order once enabled', async () => {
    const bridge = await open('bridge gone')
    let up = false
    const receiver = await bridge.receiver(() => ({ status: up ? 200 : 410 }))
    bridge.start()
    for (let nth = 0; nth < 3; nth++) await bridge.append(bridge.delivery(receiver.id, 'chat-1'))
    await bridge.untilStates('all wait', states => states.length === 3 && states.every(state => state === 'waiting'))
    await bridge.append(bridge.delivery(receiver.id, 'chat-2'))
    await bridge.untilStates('the other chat waits', states => states.length === 4 && states.every(state => state === 'waiting'))
    expect(receiver.attempts).toHaveLength(1)
    up = true
    const enabled = await patchEndpoint(bridge.deps, receiver.id, { enabled: true }, never)
    expect(enabled).toMatchObject({ ok: true, endpoint: { enabled: true } })
    await until('all arrived', () => receiver.accepted().length === 4)
    expect(sequences(receiver.acceptedOf('chat-1'))).toEqual([1, 2, 3])
  })

  it('[E5] a receiver may ask to be disabled, or for one message to be dropped', async () => {
    const bridge = await open('bridge asked')
    const receiver = await bridge.receiver(({ body }) =>
      body.data.sequence === 1
        ? { status: 500, headers: { 'webhook-delivery': 'abort-message' } }
        : { headers: { 'webhook-delivery': 'disable' } },
    )
    await bridge.append(...['a', 'a', 'a'].map(chat => bridge.delivery(receiver.id, chat)))
    bridge.start()
    await bridge.untilStates('as asked', states => [...states].sort().join() === 'delivered,discarded,waiting')
    expect(sequences(receiver.attempts)).toEqual([1, 2])
  })

  it('[E1] what a deleted endpoint was owed is discarded, and says so', async () => {
    const bridge = await open('bridge deleted')
    const receiver = await bridge.receiver()
    const delivery = bridge.delivery(receiver.id, 'chat-1')
    await deleteEndpoint(bridge.deps, receiver.id)
    await bridge.append(delivery)
    bridge.start()
    await bridge.untilStates('discarded', states => states[0] === 'discarded')
    expect(await getDelivery(bridge.database, delivery.deliveryId)).toMatchObject({
      error: 'the endpoint was deleted',
      attempts: [],
    })
    expect(receiver.attempts).toEqual([])
  })
})

describe('several nodes', () => {
  it('[E3] [E4] two nodes share the lanes, through memory and rows, and never work on one at once', async () => {
    const bridge = await open('bridge two nodes')
    const busy = new Set<unknown>()
    const together: unknown[] = []
    let up = false
    const receiver = await openReceiver({
      respond: async ({ body }) => {
        const chat = body.data.chatId
        if (busy.has(chat)) together.push(chat)
        busy.add(chat)
        await new Promise(resolve => setImmediate(resolve))
        busy.delete(chat)
        return { status: up ? 200 : 500 }
      },
    })
    closing.push(receiver.close)
    const { id } = await bridge.endpoint(receiver.url)
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
    await until('all arrived', () => receiver.accepted.length === 120)
    for (const chat of chats) expect(ascending(sequences(receiver.acceptedOf(chat)))).toBe(true)
    expect(together).toEqual([])
  })
})

describe('what cannot be sent', () => {
  it('[E9] an address inside is refused at each attempt, in words that do not tell what is there', async () => {
    const bridge = await open('bridge inside')
    const receiver = await bridge.receiver()
    const delivery = bridge.delivery(receiver.id, 'chat-1')
    await bridge.append(delivery)
    bridge.start({ allowLoopback: false, retryDelaysMs: [120_000] })
    await bridge.untilStates('it waits', states => states[0] === 'waiting')
    expect(await getDelivery(bridge.database, delivery.deliveryId)).toMatchObject({
      attempts: [{ outcome: 'waiting', statusCode: null, error: expect.stringContaining('refused to connect to 127.0.0.1') }],
    })
    expect(receiver.openConnections()).toBe(0)
  })

  it('[I2] a secret that the key does not open costs no attempt, says so, and waits', async () => {
    const bridge = await open('bridge wrong key')
    const receiver = await bridge.receiver()
    const delivery = bridge.delivery(receiver.id, 'chat-1')
    const otherKey = createSealer({ current: Buffer.alloc(32, 9), previous: null })
    const sealed = otherKey.seal(Buffer.from('whsec_'), `webhook_secrets|${receiver.id}`)
    await bridge.database.query('update webhook_secrets set sealed = $1', [sealed])
    await bridge.append(delivery)
    bridge.start()
    await bridge.untilStates('it waits', states => states[0] === 'waiting')
    expect(await getDelivery(bridge.database, delivery.deliveryId)).toMatchObject({ attempts: [] })
    expect(logger.lines).toContainEqual(expect.objectContaining({ event: 'delivery.unsendable' }))
    expect(receiver.attempts).toEqual([])
  })

  it('[E4] a record that is no delivery is parked with its bytes, and the next one is delivered', async () => {
    const bridge = await open('bridge poison')
    const receiver = await bridge.receiver()
    const lane = `${receiver.id}/shop/chat-1`
    const poison = { key: lane, value: Buffer.from('nonsense'), headers: { 'event-id': 'poison' }, recordedAt: Date.now() }
    await bridge.log.append({ topic: bridge.topic('webhook-deliveries'), records: [poison] }, never)
    await bridge.append(bridge.delivery(receiver.id, 'chat-1'))
    bridge.start()
    await until('the next arrived', () => receiver.accepted().length === 1)
    expect(await bridge.records('dead-letters')).toMatchObject([{ key: lane, headers: { 'event-id': 'poison' } }])
  })
})

describe('dead letters', () => {
  it('[E5] after the last attempt the lane goes on, and the next delivery says how many were skipped', async () => {
    const bridge = await open('bridge dead')
    const receiver = await bridge.receiver(({ body }) => ({ status: body.data.sequence <= 2 ? 500 : 200 }))
    const deliveries = Array.from({ length: 4 }, () => bridge.delivery(receiver.id, 'chat-1'))
    await bridge.append(...deliveries)
    bridge.start({ retryDelaysMs: [10] })
    await bridge.untilStates('all ended', states => [...states].sort().join() === 'dead,dead,delivered,delivered')
    expect(receiver.attempts.map(one => [one.body.data.sequence, one.attempt, one.skipped])).toEqual([
      [1, 1, 0],
      [1, 2, 0],
      [2, 1, 1],
      [2, 2, 1],
      [3, 1, 2],
      [4, 1, 0],
    ])
    const letters = await bridge.records('dead-letters')
    expect(letters.map(one => one.headers['event-id'])).toEqual(deliveries.slice(0, 2).map(one => one.eventId))
    expect(letters[0]).toMatchObject({
      key: deliveries[0]?.lane,
      headers: {
        'x-origin-topic': bridge.topic('webhook-deliveries'),
        'x-error-code': 'status-500',
        'x-attempts': '2',
        'x-processor': 'zaplog.webhooks',
      },
    })
    expect(await bridge.codec.decode(letters[0]?.value ?? null, never)).toMatchObject({ deliveryId: deliveries[0]?.deliveryId })
  })

  it('[E5] a delivery that fails while its endpoint takes others is dead long before its schedule ends', async () => {
    const bridge = await open('bridge dead after')
    const receiver = await bridge.receiver(({ body }) => ({ status: body.data.chatId === 'bad' ? 500 : 200 }))
    await bridge.append(bridge.delivery(receiver.id, 'bad'))
    bridge.start({ retryDelaysMs: Array.from({ length: 1000 }, () => 200), deadAfterMs: 1_500 })
    await until('dead', async () => {
      await bridge.append(bridge.delivery(receiver.id, 'good'))
      return (await listDeliveries(bridge.database, { state: 'dead', limit: 1 })).data.length === 1
    })
    expect(receiver.attempts.filter(one => one.body.data.chatId === 'bad').length).toBeLessThan(20)
  })
})

describe('queries', () => {
  it('[D4] deliveries are listed newest first, page by page, by endpoint, state and message', async () => {
    const bridge = await open('bridge queries')
    const receiver = await bridge.receiver()
    const deliveries = Array.from({ length: 5 }, (_, nth) => bridge.delivery(receiver.id, `chat-${nth}`))
    for (const delivery of deliveries) await bridge.append(delivery)
    bridge.start()
    await bridge.untilStates('all delivered', states => states.filter(state => state === 'delivered').length === 5)
    const seen: string[] = []
    for (let cursor: string | undefined; ; ) {
      const page = await listDeliveries(bridge.database, { endpointId: receiver.id, state: 'delivered', limit: 2, cursor })
      seen.push(...page.data.map(one => one.id))
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }
    expect([...seen].sort()).toEqual(deliveries.map(one => one.deliveryId).sort())
    const [first] = deliveries
    expect((await listDeliveries(bridge.database, { messageId: first?.messageId ?? '', limit: 10 })).data).toMatchObject([
      { id: first?.deliveryId, eventId: first?.deliveryId.slice(0, 32) },
    ])
    expect((await listDeliveries(bridge.database, { state: 'dead', limit: 10 })).data).toEqual([])
    expect(await getDelivery(bridge.database, 'none')).toBeNull()
  })
})

/** How far the bridge's saved progress is, over all partitions. */
async function doneRecords(bridge: Awaited<ReturnType<typeof open>>) {
  const [row] = await bridge.database.query<{ done: number }>('select sum(next_offset)::integer as done from log_progress')
  return row?.done
}
