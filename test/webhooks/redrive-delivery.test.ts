// A delivery that was given up is sent again when its dead letter is redriven: in its lane's order, under the same id, and its endpoint counts it no more.
import { afterEach, expect, it } from 'vitest'
import { DatabaseError } from '../../src/database/database.ts'
import { keepEntry, openKeptLetters } from '../../src/dead-letters/keep-letters.ts'
import { askRedrive, listLetters } from '../../src/dead-letters/letter-rows.ts'
import { openRedrives } from '../../src/dead-letters/open-redrives.ts'
import { RegistryError } from '../../src/registry/registry.ts'
import { getDelivery } from '../../src/webhooks/bridge/queries.ts'
import { deliveryRedrive } from '../../src/webhooks/bridge/redrive-delivery.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'
import { bridgesOf } from '../ground/webhooks/bridges.ts'
import { never } from '../ground/webhooks/open-stream.ts'

const logger = collectLogLines()
const { open, close } = bridgesOf(logger)
const closing: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of closing.splice(0)) await one.close()
  await close()
})

type Bridge = Awaited<ReturnType<typeof open>>

async function openLetters(bridge: Bridge) {
  const consumerGroup = (name: string) => `zaplog.${name}`
  const deliveries = consumerGroup('webhooks')
  await bridge.progress.make(consumerGroup(keepEntry.name), ['wa.dead-letters'], 4)
  const parties = { projections: [], deliveries }
  closing.push(openKeptLetters({ ...bridge, consumerGroup, partitions: 4, parties, logger }))
  closing.push(openRedrives({ ...bridge, logger, takers: new Map([[deliveries, deliveryRedrive(bridge)]]), pollMs: 20 }))
  return { list: () => listLetters(bridge.database, { filter: { source: 'delivery' }, cursor: null, limit: 10 }) }
}

/** Two deliveries of a chat that nobody takes, until it is mended, and one of another chat that keeps the endpoint well. */
async function twoDead(name: string) {
  const bridge = await open(name)
  let isMended = false
  const receiver = await bridge.receiver(({ body }) => ({ status: body.data.chatId === 'chat-1' && !isMended ? 500 : 200 }))
  const deliveries = [bridge.delivery(receiver.id, 'chat-1'), bridge.delivery(receiver.id, 'chat-1')]
  await bridge.append(...deliveries)
  bridge.start({ retryDelaysMs: [10] })
  const letters = await openLetters(bridge)
  await until('both are dead', async () => {
    await bridge.append(bridge.delivery(receiver.id, 'another'))
    const found = await letters.list()
    return found.length === 2 && found.every(one => one.state === 'dead')
  })
  const mend = () => {
    isMended = true
  }
  return { bridge, receiver, deliveries, letters, mend }
}

it('[E7] dead deliveries come in order and under their ids once they are redriven, with the attempts that they had', async () => {
  const { bridge, receiver, deliveries, letters, mend } = await twoDead('redrive deliveries')
  expect(await letters.list()).toMatchObject([
    { instanceId: 'shop', code: 'status-500' },
    { originTopic: 'wa.webhook-deliveries' },
  ])
  mend()
  expect(await askRedrive(bridge.database, { source: 'delivery' })).toBe(2)
  const arrived = () => receiver.accepted().filter(one => one.body.data.chatId === 'chat-1')
  await until('both arrived', () => arrived().length === 2)
  expect(arrived().map(one => one.webhookId)).toEqual(deliveries.map(one => one.deliveryId))
  await until('their rows say so', async () => {
    const found = await Promise.all(deliveries.map(one => getDelivery(bridge.database, one.deliveryId)))
    return found.every(one => one?.state === 'delivered')
  })
  const [first] = await Promise.all(deliveries.map(one => getDelivery(bridge.database, one.deliveryId)))
  expect(first?.attempts.length).toBeGreaterThan(1)
  expect(await letters.list()).toMatchObject([{ state: 'redriven' }, { state: 'redriven' }])
  expect(await bridge.database.query('select from webhook_deaths')).toEqual([])
})

it('[E7] one that dies again is a dead letter again; redriven twice at once, it waits once', async () => {
  const { bridge, receiver, deliveries, letters } = await twoDead('redrive deliveries again')
  await askRedrive(bridge.database, { source: 'delivery' })
  await until('both are dead again', async () => {
    await bridge.append(bridge.delivery(receiver.id, 'another'))
    await bridge.dueNow()
    const found = await letters.list()
    return found.length === 2 && found.every(one => one.state === 'dead' && one.redrives === 1)
  })
  const record = (await bridge.records('dead-letters')).find(one => one.headers['event-id'] === deliveries[0]?.eventId)
  if (record === undefined) throw new Error('its letter is there')
  const taker = deliveryRedrive(bridge)
  const outcomes = await Promise.all([taker.handle(record, 1, never), taker.handle(record, 1, never)])
  expect(outcomes).toEqual([
    { kind: 'emit', appends: [] },
    { kind: 'emit', appends: [] },
  ])
})

it('[E7] what is no delivery, is forgotten, or is of a deleted endpoint is not sent, and says why', async () => {
  const bridge = await open('redrive nothing')
  const receiver = await bridge.receiver()
  const taker = deliveryRedrive(bridge)
  const delivery = bridge.delivery(receiver.id, 'chat-1')
  const record = { ...bridge.codec.encode(delivery, delivery.lane), topic: 'wa.webhook-deliveries', partition: 0, offset: 0n }
  expect(await taker.handle({ ...record, value: Buffer.from('nonsense') }, 1, never)).toMatchObject({ kind: 'park' })
  expect(await taker.handle(record, 1, never)).toMatchObject({
    kind: 'park',
    reason: expect.stringContaining('nothing is known'),
  })
  await bridge.append(delivery)
  await bridge.database.query(`update webhook_deliveries set state = 'discarded'`)
  expect(await taker.handle(record, 1, never)).toMatchObject({ kind: 'park', reason: expect.stringContaining('deleted') })
  await bridge.database.query(`update webhook_deliveries set state = 'dead'`)
  await bridge.database.query('update webhook_endpoints set deleted_at = now()')
  expect(await taker.handle(record, 1, never)).toMatchObject({ kind: 'park', reason: expect.stringContaining('deleted') })
  expect(await bridge.database.query('select from webhook_waiting')).toEqual([])
})

it('[G2] a registry or a database that is away costs no try', async () => {
  const bridge = await open('redrive while away')
  const receiver = await bridge.receiver()
  const delivery = bridge.delivery(receiver.id, 'chat-1')
  const record = { ...bridge.codec.encode(delivery, delivery.lane), topic: 'wa.webhook-deliveries', partition: 0, offset: 0n }
  const away = new RegistryError('unreachable', 'no registry')
  const codec = { decode: () => Promise.reject(away) }
  expect(await deliveryRedrive({ ...bridge, codec }).handle(record, 1, never)).toMatchObject({ kind: 'pause' })
  const database = flaky(bridge.database, () => ({ fail: new DatabaseError('unreachable', 'no database') }))
  expect(await deliveryRedrive({ ...bridge, database }).handle(record, 1, never)).toMatchObject({ kind: 'pause' })
})
