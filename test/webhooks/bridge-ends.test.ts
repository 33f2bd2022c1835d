// What cannot be sent or is never taken ends said, and its lane goes on.
import { afterEach, describe, expect, it } from 'vitest'
import { createSealer } from '../../src/runtime/seal.ts'
import { getDelivery, listDeliveries } from '../../src/webhooks/bridge/queries.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'
import { bridgesOf } from '../ground/webhooks/bridges.ts'
import { never } from '../ground/webhooks/open-stream.ts'

const logger = collectLogLines(['delivery.unsendable', 'processor.failed'])
const { open, close } = bridgesOf(logger)
afterEach(close)

describe('an intake', () => {
  it.for([
    { how: 'ends', done: () => Promise.resolve(), detail: 'stopped: its intake ended' },
    { how: 'breaks', done: () => Promise.reject(new Error('out of tune')), detail: 'stopped: Error: out of tune' },
  ])('[H3] that $how although nobody asked is a failure, and the bridge can still be closed', async ({ how, done, detail }) => {
    const bridge = await open(`bridge intake ${how}`)
    const role = bridge.start({}, undefined, log => ({
      ...log,
      consumeLanes: () => ({ done: done(), status: () => [], inTurn: async () => false }),
    }))
    await until('it is said', () => role.checks().some(check => check.state === 'failed'))
    expect(role.checks()[0]).toEqual({ name: 'webhooks intake', state: 'failed', detail })
    await role.close()
    expect(role.checks().filter(check => check.state === 'failed')).toEqual([])
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
    const receiver = await bridge.receiver(({ body }) => ({
      status: body.data.chatId === 'chat-1' && body.data.sequence <= 2 ? 500 : 200,
    }))
    const deliveries = Array.from({ length: 4 }, () => bridge.delivery(receiver.id, 'chat-1'))
    await bridge.append(...deliveries)
    bridge.start({ retryDelaysMs: [10] })
    const inChat = () => receiver.attempts.filter(one => one.body.data.chatId === 'chat-1')
    await until('the last one is delivered', async () => {
      await bridge.append(bridge.delivery(receiver.id, 'another'))
      return inChat().some(one => one.body.data.sequence === 4)
    })
    const skipped = new Map(inChat().map(one => [one.body.data.sequence, one.skipped]))
    expect([...skipped]).toEqual([
      [1, 0],
      [2, 1],
      [3, 2],
      [4, 0],
    ])
    const tries = (sequence: number) =>
      inChat()
        .filter(one => one.body.data.sequence === sequence)
        .map(one => one.attempt)
    expect([3, 4].map(tries)).toEqual([[1], [1]])
    expect(tries(1)).toEqual(tries(1).map((_, index) => index + 1))
    const letters = await bridge.untilRecords('dead-letters', 2)
    expect(letters.map(one => one.headers['event-id'])).toEqual(deliveries.slice(0, 2).map(one => one.eventId))
    expect(letters[0]).toMatchObject({
      key: deliveries[0]?.lane,
      headers: {
        'x-origin-topic': bridge.topic('webhook-deliveries'),
        'x-error-code': 'status-500',
        'x-attempts': String(tries(1).length),
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
