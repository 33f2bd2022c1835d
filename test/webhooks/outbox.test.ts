// The outbox on a real log and database: what the bridge owes comes into the log in order, whatever the log refuses and whoever else is there.
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { type Append, type EventLog, LogError, type NewRecord, type Position } from '../../src/log/log.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { openOutbox } from '../../src/webhooks/bridge/outbox.ts'
import { putInOutbox } from '../../src/webhooks/deliveries/outbox-rows.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { openTestLog, type TestLog } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'
import { never } from '../ground/webhooks/open-stream.ts'

type Ground = TestDatabase & Pick<TestLog, 'log' | 'codec' | 'topic'>
const closing: (() => Promise<void>)[] = []
let ground: Ground
beforeEach(async () => {
  const test = await openTestDatabase('outbox')
  const log = await openTestLog(test, { partitions: 1 })
  closing.push(test.close, log.close)
  ground = { ...test, log: log.log, codec: log.codec, topic: log.topic }
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

type AppendTo = EventLog['append']
const unavailable = () => new LogError('unavailable', 'appending: nobody leads the partition (unavailable)')
const tooLarge = () => new LogError('record-too-large', 'appending: more than a byte (record-too-large)')
const denied = () => new LogError('denied', 'appending: not allowed (denied)')

/** A member whose log is this one, or the real one. */
function start(append: AppendTo = ground.log.append, member = 'one') {
  const logger = collectLogLines()
  const metrics = createMetrics({ processMetrics: false })
  const outbox = openOutbox({ ...ground, log: { append }, member, logger, metrics })
  onTestFinished(outbox.close)
  const linesOf = (event: string) => logger.lines.filter(line => line.event === event)
  return { ...outbox, linesOf, dropped: async () => droppedIn(await metrics.render()) }
}
const droppedIn = (text: string) => Number(/^zaplog_webhook_records_dropped_total (\d+)$/m.exec(text)?.[1] ?? 0)

const recordOf = (id: string): NewRecord => ({
  key: 'ep_1',
  value: Buffer.from(`value of ${id}`),
  headers: { 'event-id': id },
  recordedAt: 1,
})
type Name = 'webhook-attempts' | 'dead-letters'
const owe = (ids: readonly string[], name: Name = 'webhook-attempts') =>
  ground.database.transact(
    tx =>
      putInOutbox(
        tx,
        ids.map(id => ({ topic: ground.topic(name), record: recordOf(id) })),
      ),
    never,
  )
async function inLog(name: Name = 'webhook-attempts') {
  const records = []
  for await (const record of ground.log.read(ground.topic(name), { from: 'first', until: 'end' }, never)) records.push(record)
  return records
}
const idsInLog = async (name?: Name) => (await inLog(name)).map(({ headers }) => headers['event-id'])
const countOwed = async (name: Name) => {
  const [row] = await ground.database.query<{ count: number }>(
    'select count(*)::integer as count from webhook_outbox where topic = $1',
    [ground.topic(name)],
  )
  return row?.count
}
const untilNothingIsOwed = () =>
  until('nothing to be owed', async () => (await ground.database.query('select from webhook_outbox limit 1')).length === 0)
const lease = () => ground.database.query('select member from webhook_outbox_turn')
const giveLeaseTo = (member: string) =>
  ground.database.query(`update webhook_outbox_turn set member = $1, ends_at = now() + interval '1 minute'`, [member])

describe('the order', () => {
  it('[E7] is that in which records were owed, of more than go at once, too', async () => {
    const ids = Array.from({ length: 250 }, (_, nth) => `attempt-${nth}`)
    await owe(ids)
    start()
    await untilNothingIsOwed()
    expect(await idsInLog()).toEqual(ids)
  })
})

describe('a log that refuses', () => {
  it('[E7] one record for good, and then all for a while, gets every other once and in order, and none is dropped', async () => {
    await owe(['before', 'large', 'after'])
    let outages = 2
    const append = refusing(({ records }) => {
      if (records.some(({ headers, value }) => headers['event-id'] === 'large' && value !== null)) return tooLarge()
      return records[0]?.value === null && outages-- > 0 ? unavailable() : null
    })
    const { dropped } = start(append)
    await untilNothingIsOwed()
    expect((await inLog()).map(({ headers, value }) => [headers['event-id'], value === null])).toEqual([
      ['before', false],
      ['large', true],
      ['after', false],
    ])
    expect([outages, await dropped()]).toEqual([-1, 0])
  })

  it('[E7] for long keeps the newest 100,000 attempts as rows, says and counts the others, and keeps every dead letter', async () => {
    const most = 100_000
    for (const name of ['webhook-attempts', 'dead-letters'] as const)
      await ground.database.query(
        `insert into webhook_outbox (topic, key, headers, recorded_at)
         select $1, 'ep_1', jsonb_build_object('event-id', n::text), now() from generate_series(1, $2::integer) as n`,
        [ground.topic(name), most + 10],
      )
    const { linesOf, dropped } = start(refusing(denied))
    await until('it to be said', () => linesOf('webhooks.records-trimmed').length > 0)
    expect(linesOf('webhooks.records-trimmed').map(({ fields }) => fields)).toEqual([
      { topic: ground.topic('webhook-attempts'), count: 10 },
    ])
    expect([await countOwed('webhook-attempts'), await countOwed('dead-letters'), await dropped()]).toEqual([most, most + 10, 10])
    const [oldest] = await ground.database.query<{ id: string }>(
      `select headers->>'event-id' as id from webhook_outbox where topic = $1 order by outbox_id limit 1`,
      [ground.topic('webhook-attempts')],
    )
    expect(oldest).toEqual({ id: '11' })
  })

  it('[H3] is trouble, said in the log once, until somebody has the records in it, also another member', async () => {
    await owe(['a'])
    let asked = 0
    const refuses = start(
      refusing(() => {
        asked++
        return denied()
      }),
    )
    await until('it to be asked again and again', () => asked >= 3)
    expect(refuses.trouble()).toBe('records for wa.webhook-attempts wait for the log: appending: not allowed (denied)')
    expect(refuses.linesOf('webhooks.outbox-stuck')).toHaveLength(1)
    await giveLeaseTo('another')
    await until('it to be another’s trouble', () => refuses.trouble() === null)
    const askedBefore = asked
    start(undefined, 'another')
    await untilNothingIsOwed()
    expect([await idsInLog(), asked]).toEqual([['a'], askedBefore])
  })
})

it('[H3] rows that cannot be read are trouble until they can', async () => {
  const { trouble } = start()
  await ground.database.query('alter table webhook_outbox_turn rename to away')
  expect(await until('it to be said', () => trouble())).toMatch(/^reading what the log is owed: .*webhook_outbox_turn/)
  await ground.database.query('alter table away rename to webhook_outbox_turn')
  await until('it to be over', () => trouble() === null)
})

describe('closing', () => {
  it('[H6] appends what is owed, and lets the next member begin at once', async () => {
    let refuses = true
    const { close, trouble } = start(refusing(() => (refuses ? unavailable() : null)))
    await owe(['a'])
    await until('the log to be asked', () => trouble())
    expect(await lease()).toEqual([{ member: 'one' }])
    refuses = false
    await close()
    expect([await idsInLog(), await countOwed('webhook-attempts'), await lease()]).toEqual([['a'], 0, [{ member: null }]])
  })

  it('[H6] takes the lease from nobody else', async () => {
    await owe(['a'])
    await giveLeaseTo('another')
    const { close } = start()
    await close()
    expect([await idsInLog(), await lease()]).toEqual([[], [{ member: 'another' }]])
  })

  it('[H3] [H6] in the middle of an append is no trouble of the log’s, and the rows stay for the next', async () => {
    await owe(['a'])
    const asked = Promise.withResolvers<void>()
    const { close, linesOf } = start(
      (_, signal) =>
        new Promise<readonly Position[]>((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(unavailable()))
          asked.resolve()
        }),
    )
    await asked.promise
    await close()
    expect([linesOf('webhooks.outbox-stuck'), await countOwed('webhook-attempts')]).toEqual([[], 1])
  })
})

/** The real one, where it answers null. */
function refusing(refusal: (append: Append) => LogError | null): AppendTo {
  return async (append, signal) => {
    const error = refusal(append)
    if (error !== null) throw error
    return await ground.log.append(append, signal)
  }
}
