// Between a receiver's answer and each later step something is cut or refused: where the row of the attempt is written the receiver sees no second
// POST, and the log gets the attempt once.
import { afterEach, describe, expect, it } from 'vitest'
import { type Database, DatabaseError } from '../../src/database/database.ts'
import type { EventLog } from '../../src/log/log.ts'
import { getDelivery } from '../../src/webhooks/bridge/queries.ts'
import { elsewhere } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'
import { bridgesOf } from '../ground/webhooks/bridges.ts'
import { never } from '../ground/webhooks/open-stream.ts'
import { acceptWrites, refuseWrites, wasRefused } from '../ground/webhooks/refuse-writes.ts'

const logger = collectLogLines(['webhooks.attempt-refused'])
const { open, close } = bridgesOf(logger)
afterEach(close)
type Bridge = Awaited<ReturnType<typeof open>>

/** The connection of each of these statements is lost once, after it was carried out; of a transaction, after its commit. */
function losingAnswers(database: Database, containing: readonly string[]): Database {
  const left = new Set(containing)
  const lost = () => new DatabaseError('commit-unknown', 'the answer was lost for the test')
  const loses = (sql: string) => containing.some(one => sql.includes(one) && left.delete(one))
  return {
    ...database,
    query: async (sql, values) => {
      const isLost = loses(sql)
      const rows = await database.query<never>(sql, values)
      if (isLost) throw lost()
      return rows
    },
    transact: async (work, signal) => {
      let isLost = false
      const outcome = await database.transact(
        tx =>
          work({
            query: (sql, values) => {
              isLost ||= loses(sql)
              return tx.query(sql, values)
            },
          }),
        signal,
      )
      if (isLost) throw lost()
      return outcome
    },
  }
}

/** Nothing is concluded in one statement, as where any part of it is refused. */
const oneAfterAnother = (database: Database): Database => ({
  ...database,
  query: (sql, values) =>
    isAtOnce(sql) ? Promise.reject(new DatabaseError('conflict', 'refused for the test')) : database.query(sql, values),
})
const isAtOnce = (sql: string) => sql.includes(AT_ONCE)
const AT_ONCE = ' as answers'

const saidOf = (id: string) => logger.lines.filter(line => line.event === 'delivery.attempted' && line.fields.deliveryId === id)

const untilKept = (bridge: Bridge, count = 1) =>
  until('the result to be kept', async () => (await bridge.database.query('select from webhook_attempts')).length === count)
const attemptsInLog = async (bridge: Bridge) => {
  const decoded = await Promise.all((await bridge.records('webhook-attempts')).map(one => bridge.codec.decode(one.value, never)))
  return decoded.flatMap(one => (one?.type === 'delivery.attempted' ? [`${one.deliveryId} ${one.attempt} ${one.outcome}`] : []))
}
const untilNothingIsOwed = (bridge: Bridge) =>
  until('nothing to be owed', async () => (await bridge.database.query('select from webhook_outbox')).length === 0)

describe('a connection that is cut', () => {
  it.for([
    { where: 'after all was written at once', statement: AT_ONCE, through: (one: Database) => one },
    { where: 'after the row was written', statement: 'insert into webhook_attempts', through: oneAfterAnother },
    { where: 'after what follows was committed', statement: 'set is_concluded = true', through: oneAfterAnother },
    {
      where: 'after the record’s row was deleted',
      statement: 'delete from webhook_outbox where outbox_id',
      through: oneAfterAnother,
    },
  ])('[E4] [E7] $where repeats neither the POST nor the record', async ({ statement, through }) => {
    const bridge = await open(`kept cut ${statement}`)
    const receiver = await bridge.receiver()
    bridge.start({}, undefined, undefined, database => losingAnswers(through(database), [statement]))
    const delivery = bridge.delivery(receiver.id, 'chat-1')
    await bridge.append(delivery)
    await bridge.untilStates('delivered', states => states[0] === 'delivered')
    await bridge.untilRecords('webhook-attempts', 1)
    await untilNothingIsOwed(bridge)
    expect(receiver.attempts).toHaveLength(1)
    expect(await attemptsInLog(bridge)).toEqual([`${delivery.deliveryId} 1 delivered`])
    await until('it is said', () => saidOf(delivery.deliveryId).length === 1)
  })
})

describe('the record of an attempt', () => {
  it.for([
    { when: 'it goes with its row', database: (one: Database) => one, log: (one: EventLog) => one },
    { when: 'it is owed with its row', database: (one: Database) => one, log: elsewhere },
    { when: 'it is made from its row', database: oneAfterAnother, log: elsewhere },
  ])('[E7] is the same where $when', async ({ when, database, log }) => {
    const bridge = await open(`kept same ${when}`)
    const receiver = await bridge.receiver(() => ({ status: 201, body: 'said' }))
    const delivery = bridge.delivery(receiver.id, 'chat-1')
    bridge.start({}, undefined, log, database)
    await bridge.append(delivery)
    const [record] = await bridge.untilRecords('webhook-attempts', 1)
    const { deliveryId, endpointId, instanceId, epoch, sequence, messageId } = delivery
    const event = await bridge.codec.decode(record?.value ?? null, never)
    expect(event).toMatchObject({ deliveryId, endpointId, instanceId, epoch, sequence, messageId })
    expect(event).toMatchObject({
      attempt: 1,
      outcome: 'delivered',
      statusCode: 201,
      error: null,
      retryInMs: null,
      response: 'said',
    })
    expect(record).toMatchObject({
      key: receiver.id,
      headers: { 'event-id': event?.eventId, 'event-type': 'delivery.attempted', 'instance-id': 'shop' },
      recordedAt: event?.occurredAt,
    })
    expect(event?.recordedAt).toBe(event?.occurredAt)
    await untilNothingIsOwed(bridge)
  })

  it('[E4] [E7] never goes before what is owed already, whoever owes it', async () => {
    const bridge = await open('kept behind')
    const receiver = await bridge.receiver()
    await bridge.database.query(`update webhook_outbox_turn set member = 'another', ends_at = now() + interval '1 hour'`)
    const [first, second] = [bridge.delivery(receiver.id, 'chat-1'), bridge.delivery(receiver.id, 'chat-2')]
    const earlier = bridge.start({}, undefined, undefined, oneAfterAnother)
    await bridge.append(first)
    await bridge.untilStates('the first is delivered', states => states[0] === 'delivered')
    await earlier.close()
    bridge.start()
    await bridge.append(second)
    await bridge.untilStates('both are delivered', states => states.every(state => state === 'delivered'))
    expect(await attemptsInLog(bridge)).toEqual([])
    await bridge.database.query(`update webhook_outbox_turn set ends_at = now()`)
    await bridge.untilRecords('webhook-attempts', 2)
    expect(await attemptsInLog(bridge)).toEqual([`${first.deliveryId} 1 delivered`, `${second.deliveryId} 1 delivered`])
    await untilNothingIsOwed(bridge)
    await bridge.append(bridge.delivery(receiver.id, 'chat-1'))
    await bridge.untilRecords('webhook-attempts', 3)
    expect(receiver.attempts).toHaveLength(3)
  })
})

describe('a member that ends before anything follows', () => {
  it.for([
    { answers: 'a 2xx', status: 200, state: 'delivered' },
    { answers: 'a failure', status: 500, state: 'waiting' },
    { answers: 'a refusal for good', status: 410, state: 'waiting' },
  ])('[E4] [E7] leaves $answers to the next one, which sends nothing', async ({ status, state }) => {
    const bridge = await open(`kept ends ${status}`)
    const receiver = await bridge.receiver(() => ({ status, body: 'said' }))
    const delivery = bridge.delivery(receiver.id, 'chat-1')
    await bridge.append(delivery)
    await refuseWrites(bridge, { table: 'webhook_deliveries', sqlState: '53100' })
    const ending = bridge.start({ retryDelaysMs: [120_000] })
    await untilKept(bridge)
    await ending.close()
    expect(await attemptsInLog(bridge)).toEqual([])
    await acceptWrites(bridge)
    bridge.start({ retryDelaysMs: [120_000] })
    await bridge.untilStates('it is concluded', states => states[0] === state)
    await bridge.untilRecords('webhook-attempts', 1)
    await untilNothingIsOwed(bridge)
    expect(await attemptsInLog(bridge)).toEqual([`${delivery.deliveryId} 1 ${state}`])
    expect(await getDelivery(bridge.database, delivery.deliveryId)).toMatchObject({
      attempts: [{ attempt: 1, statusCode: status, response: 'said' }],
    })
    expect(receiver.attempts).toHaveLength(1)
    const [endpoint] = await bridge.database.query(
      'select enabled, failing_since is not null as failing, succeeded_at is not null as succeeded from webhook_endpoints where endpoint_id = $1',
      [receiver.id],
    )
    expect(endpoint).toEqual({ enabled: status !== 410, failing: status === 500, succeeded: status === 200 })
  })

  it('[E4] leaves the wait after it as long as it was: the time of nobody counts', async () => {
    const bridge = await open('kept wait')
    const receiver = await bridge.receiver(() => ({ status: 500 }))
    const delivery = bridge.delivery(receiver.id, 'chat-1')
    await bridge.append(delivery)
    await refuseWrites(bridge, { table: 'webhook_deliveries', sqlState: '53100' })
    const ending = bridge.start({ retryDelaysMs: [600_000] })
    await untilKept(bridge)
    await ending.close()
    await acceptWrites(bridge)
    await bridge.database.query(`update webhook_attempts set started_at = started_at - interval '5 minutes'`)
    bridge.start({ retryDelaysMs: [600_000] })
    await bridge.untilWaiting(1)
    const [lane] = await bridge.database.query(
      `select due_at between now() + interval '2 minutes' and now() + interval '7 minutes' as due,
              tried_at < now() - interval '4 minutes' as tried from webhook_waiting_lanes`,
    )
    expect(lane).toEqual({ due: true, tried: true })
    expect(receiver.attempts).toHaveLength(1)
  })
})

describe('a value that is refused for good', () => {
  it.for([
    { table: 'webhook_deliveries', when: `new.status_code = 500 and new.error is null` },
    { table: 'webhook_deaths', when: `new.reason like '%status 500'` },
  ])('[E4] [E7] by $table costs no second POST, and the log has the attempt', async ({ table, when }) => {
    const bridge = await open(`kept refused ${table}`)
    const receiver = await bridge.receiver(({ body }) => ({ status: body.data.chatId === 'bad' ? 500 : 200 }))
    await refuseWrites(bridge, { table: table, sqlState: '22021', when })
    bridge.start({ retryDelaysMs: [10] })
    const bad = bridge.delivery(receiver.id, 'bad')
    await bridge.append(bad)
    await until('it is dead', async () => {
      await bridge.append(bridge.delivery(receiver.id, 'good'))
      return (await getDelivery(bridge.database, bad.deliveryId))?.state === 'dead'
    })
    await untilNothingIsOwed(bridge)
    expect(await wasRefused(bridge)).toBe(true)
    const ofBad = receiver.attempts.filter(one => one.webhookId === bad.deliveryId)
    expect(ofBad.map(one => one.attempt)).toEqual(ofBad.map((_, index) => index + 1))
    const told = (await attemptsInLog(bridge)).filter(one => one.startsWith(bad.deliveryId))
    expect(told).toHaveLength(ofBad.length)
    expect(new Set(told).size).toBe(ofBad.length)
  })

  it('[E4] [E10] in every form keeps its own lane, and nobody else’s, until it is taken; the receiver sees no second POST', async () => {
    const bridge = await open('kept refused in every form')
    const receiver = await bridge.receiver()
    const bad = bridge.delivery(receiver.id, 'bad')
    await refuseWrites(bridge, {
      table: 'webhook_attempts',
      sqlState: '22021',
      when: `new.delivery_id = '${bad.deliveryId}'`,
    })
    bridge.start()
    await bridge.append(bad, bridge.delivery(receiver.id, 'bad'))
    await until('it is refused', () => wasRefused(bridge))
    for (let count = 1; count <= 3; count += 1) {
      await bridge.append(bridge.delivery(receiver.id, 'good'))
      await bridge.untilStates(`${count} are delivered`, states => states.filter(state => state === 'delivered').length === count)
    }
    expect(receiver.attempts.filter(one => one.body.data.chatId === 'bad').map(one => one.webhookId)).toEqual([bad.deliveryId])
    await acceptWrites(bridge)
    await bridge.untilStates('all are delivered', states => states.every(state => state === 'delivered'))
    expect(receiver.attempts).toHaveLength(5)
  })
})

it('[E4] [E7] an attempt of which another member made what follows is said and counted by that one alone', async () => {
  const bridge = await open('kept concluded by another')
  const receiver = await bridge.receiver()
  const [theirs, ours] = [bridge.delivery(receiver.id, 'chat-1'), bridge.delivery(receiver.id, 'chat-1')]
  bridge.start({}, undefined, undefined, database => ({
    ...oneAfterAnother(database),
    transact: async (work, signal) => {
      await database.query('update webhook_attempts set is_concluded = true where delivery_id = $1', [theirs.deliveryId])
      return database.transact(work, signal)
    },
  }))
  await bridge.append(theirs, ours)
  await until('the second is said', () => saidOf(ours.deliveryId).length > 0)
  expect(receiver.attempts).toHaveLength(2)
  expect(saidOf(theirs.deliveryId)).toEqual([])
  expect(await bridge.metrics.render()).toContain('zaplog_webhook_attempts_total{outcome="delivered"} 1')
})
