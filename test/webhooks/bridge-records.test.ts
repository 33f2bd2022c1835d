// What came of a POST is on record before anything else may fail: whatever refuses a record of it, the receiver is not sent it again.
import { afterEach, describe, expect, it } from 'vitest'
import { LogError } from '../../src/log/log.ts'
import { getDelivery, listDeliveries } from '../../src/webhooks/bridge/queries.ts'
import { flaky } from '../ground/flaky.ts'
import { elsewhere } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'
import { bridgesOf } from '../ground/webhooks/bridges.ts'
import { never } from '../ground/webhooks/open-stream.ts'
import { acceptWrites, refuseWrites } from '../ground/webhooks/refuse-writes.ts'

const logger = collectLogLines(['webhooks.record-dropped'])
const { open, close } = bridgesOf(logger)
afterEach(close)

type Bridge = Awaited<ReturnType<typeof open>>
const recordsCheck = (role: ReturnType<Bridge['start']>) => role.checks().find(one => one.name === 'webhooks records')

describe('a log that refuses', () => {
  it('[E4] [E7] a topic of attempts that refuses them costs no receiver a second POST: the append is repeated, in order', async () => {
    const bridge = await open('records refused topic')
    const receiver = await bridge.receiver(({ body }) => ({ status: body.data.chatId === 'bad' ? 500 : 200 }))
    const state = { refuses: true }
    const deliveries = ['a', 'a', 'b', 'bad'].map(chat => bridge.delivery(receiver.id, chat))
    const role = bridge.start({ retryDelaysMs: [10] }, undefined, log =>
      flaky(elsewhere(log), ({ name, args: [append] }) =>
        name === 'append' && state.refuses && (append as { topic: string }).topic === bridge.topic('webhook-attempts')
          ? { fail: new LogError('denied', 'appending to wa.webhook-attempts: not allowed (denied)') }
          : null,
      ),
    )
    await bridge.append(...deliveries)
    await until('all ended', async () => {
      await bridge.append(bridge.delivery(receiver.id, 'good'))
      return (await listDeliveries(bridge.database, { state: 'dead', limit: 1 })).data.length === 1
    })
    await bridge.untilStates('the others are delivered', states => states.filter(state => state !== 'delivered').length === 1)
    await until('it is said', () => recordsCheck(role)?.state === 'degraded')
    expect(recordsCheck(role)?.detail).toContain('not allowed')
    const posts = receiver.attempts.length
    // The other topic goes on.
    expect(await bridge.untilRecords('dead-letters', 1)).toMatchObject([{ headers: { 'event-id': deliveries[3]?.eventId } }])
    state.refuses = false
    const records = await bridge.untilRecords('webhook-attempts', posts)
    const attempts = await Promise.all(records.map(one => bridge.codec.decode(one.value, never)))
    const of = (id: string | undefined) =>
      attempts.flatMap(one => (one?.type === 'delivery.attempted' && one.deliveryId === id ? [one.attempt] : []))
    expect(deliveries.slice(0, 3).map(one => of(one.deliveryId))).toEqual([[1], [1], [1]])
    expect(of(deliveries[3]?.deliveryId)).toEqual(of(deliveries[3]?.deliveryId).map((_, index) => index + 1))
    await until('nothing is owed', async () => (await bridge.database.query('select from webhook_outbox')).length === 0)
    await until('it is said', () => recordsCheck(role)?.state === 'ok')
    expect(receiver.attempts).toHaveLength(posts)
  })

  it('[E7] an attempt that no topic takes is appended without what its receiver answered, and those after it go on', async () => {
    const bridge = await open('records too large')
    const receiver = await bridge.receiver(({ body }) => ({ body: body.data.chatId === 'long' ? 'x'.repeat(3000) : 'short' }))
    const isLarge = (append: unknown) =>
      (append as { records: { value: Uint8Array }[] }).records.some(record => record.value.length > 2000)
    bridge.start({}, undefined, log =>
      flaky(elsewhere(log), ({ name, args: [append] }) =>
        name === 'append' && isLarge(append) ? { fail: new LogError('record-too-large', 'more than 2000 bytes') } : null,
      ),
    )
    await bridge.append(bridge.delivery(receiver.id, 'long'), bridge.delivery(receiver.id, 'other'))
    const records = await bridge.untilRecords('webhook-attempts', 2)
    const responses = await Promise.all(records.map(one => bridge.codec.decode(one.value, never)))
    expect(responses.map(one => one?.type === 'delivery.attempted' && one.response).sort()).toEqual([null, 'short'])
    expect(receiver.attempts).toHaveLength(2)
  })

  it('[E7] what even so is refused is said, counted and dropped: nothing waits behind it', async () => {
    const bridge = await open('records never taken')
    const receiver = await bridge.receiver()
    const role = bridge.start({}, undefined, log =>
      flaky(elsewhere(log), ({ name }) =>
        name === 'append' ? { fail: new LogError('record-too-large', 'more than 1 byte') } : null,
      ),
    )
    await bridge.append(bridge.delivery(receiver.id, 'chat-1'))
    await until('it is dropped', async () => (await bridge.metrics.render()).includes('zaplog_webhook_records_dropped_total 1'))
    await until('nothing is owed', async () => (await bridge.database.query('select from webhook_outbox')).length === 0)
    expect(recordsCheck(role)?.state).toBe('ok')
    expect(receiver.attempts).toHaveLength(1)
  })

  it('[E7] what a dead member owed is appended by the next, under the same event id', async () => {
    const bridge = await open('records of the dead')
    const receiver = await bridge.receiver()
    const dead = Promise.withResolvers<void>()
    bridge.start({}, undefined, log => flaky(elsewhere(log), ({ name }) => (name === 'append' ? { delay: dead.promise } : null)))
    const delivery = bridge.delivery(receiver.id, 'chat-1')
    await bridge.append(delivery)
    await bridge.untilStates('delivered', states => states[0] === 'delivered')
    await until('it has the lease', async () => (await bridge.database.query(leaseTaken)).length === 1)
    await bridge.database.query(`update webhook_outbox_turn set ends_at = now()`)
    bridge.start()
    const [attempted] = await bridge.untilRecords('webhook-attempts', 1)
    expect(await bridge.codec.decode(attempted?.value ?? null, never)).toMatchObject({
      deliveryId: delivery.deliveryId,
      attempt: 1,
    })
    // It was not dead after all: what it appends now is a copy.
    dead.resolve()
    const both = await bridge.untilRecords('webhook-attempts', 2)
    expect(new Set(both.map(one => one.headers['event-id'])).size).toBe(1)
  })
})
const leaseTaken = 'select from webhook_outbox_turn where member is not null'

describe('a database that refuses', () => {
  it('[E4] a full disk after the POST repeats the write, never the POST, and nothing more is sent meanwhile', async () => {
    const bridge = await open('records full disk')
    const receiver = await bridge.receiver()
    await refuseWrites(bridge, { table: 'webhook_attempts', sqlState: '53100' })
    const role = bridge.start()
    const [first, second] = [bridge.delivery(receiver.id, 'chat-1'), bridge.delivery(receiver.id, 'chat-2')]
    await bridge.append(first)
    await until('it is said', () => recordsCheck(role)?.state === 'degraded')
    expect(recordsCheck(role)?.detail).toContain('refused for the test')
    await bridge.append(second)
    await until('several writes failed', () => logger.lines.some(line => line.event === 'webhooks.attempts-unwritten'))
    expect(receiver.attempts).toHaveLength(1)
    await acceptWrites(bridge)
    await bridge.untilStates('both are delivered', states => states.every(state => state === 'delivered'))
    expect(receiver.attempts.map(one => [one.webhookId, one.attempt])).toEqual([
      [first.deliveryId, 1],
      [second.deliveryId, 1],
    ])
    expect(recordsCheck(role)?.state).toBe('ok')
  })

  it('[E4] where a delivery cannot be laid down to wait, it is not sent again before its time', async () => {
    const bridge = await open('records cannot wait')
    const receiver = await bridge.receiver(() => ({ status: 500 }))
    await refuseWrites(bridge, { table: 'webhook_waiting_lanes', sqlState: '53100' })
    const role = bridge.start({ retryDelaysMs: [120_000] })
    await bridge.append(bridge.delivery(receiver.id, 'chat-1'))
    await bridge.untilStates('its attempt is on record', states => states[0] === 'waiting')
    await until('it was taken up again', () => role.checks().some(one => one.detail.includes('refused for the test')))
    await acceptWrites(bridge)
    await bridge.untilWaiting(1)
    expect(receiver.attempts).toHaveLength(1)
    const [lane] = await bridge.database.query<{ due: boolean }>(
      `select due_at < now() + interval '150 seconds' and due_at > now() + interval '60 seconds' as due from webhook_waiting_lanes`,
    )
    expect(lane).toEqual({ due: true })
  })

  it('[E4] one attempt whose texts Postgres refuses for good is on record without them, and holds up nobody', async () => {
    const bridge = await open('records refused text')
    const receiver = await bridge.receiver(({ body }) => ({ body: body.data.chatId === 'odd' ? 'odd' : 'fine' }))
    await refuseWrites(bridge, { table: 'webhook_attempts', sqlState: '22021', when: `new.response = 'odd'` })
    bridge.start()
    const deliveries = ['odd', 'a', 'b'].map(chat => bridge.delivery(receiver.id, chat))
    await bridge.append(...deliveries)
    await bridge.untilStates('all delivered', states => states.length === 3 && states.every(state => state === 'delivered'))
    expect(receiver.attempts).toHaveLength(3)
    expect(await getDelivery(bridge.database, deliveries[0]?.deliveryId ?? '')).toMatchObject({
      attempts: [{ statusCode: 200, response: null }],
    })
  })

  it('[E4] one attempt whose records Postgres refuses for good is on record without them, said, and holds up nobody', async () => {
    const bridge = await open('records refused row')
    const [odd, receiver] = [await bridge.receiver(), await bridge.receiver()]
    await refuseWrites(bridge, { table: 'webhook_outbox', sqlState: '22P05', when: `new.key = '${odd.id}'` })
    bridge.start({}, undefined, elsewhere)
    await bridge.append(bridge.delivery(odd.id, 'chat-1'), bridge.delivery(receiver.id, 'chat-1'))
    await bridge.untilStates('all delivered', states => states.every(state => state === 'delivered'))
    expect(await bridge.untilRecords('webhook-attempts', 1)).toMatchObject([{ key: receiver.id }])
    expect(logger.lines).toContainEqual(
      expect.objectContaining({
        event: 'webhooks.record-dropped',
        fields: expect.objectContaining({ reason: 'Postgres refuses its row' }),
      }),
    )
    expect([odd.attempts.length, receiver.attempts.length]).toEqual([1, 1])
  })
})
