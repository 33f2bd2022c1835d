// A version that is handed over goes on exactly where the one before ended, in every partition, whoever is killed in between.
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Database } from '../../src/database/database.ts'
import type { Event } from '../../src/events/event.ts'
import { topicOfEvent } from '../../src/events/topics.ts'
import { partitionOf } from '../../src/log/append/partitioner.ts'
import type { EventLog } from '../../src/log/log.ts'
import { LogError } from '../../src/log/log.ts'
import { makeCheckpoints } from '../../src/projections/make-checkpoints.ts'
import type { Projection } from '../../src/projections/projection.ts'
import { openProjection } from '../../src/projections/runner.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import type { Role } from '../../src/runtime/role.ts'
import { createEndpoint, endpointInput } from '../../src/webhooks/endpoints/endpoints.ts'
import { webhookStream } from '../../src/webhooks/stream/webhook-stream.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { aCopyOf, anEvent } from '../ground/events.ts'
import { flaky } from '../ground/flaky.ts'
import { elsewhere, openTestLog, type TestLog } from '../ground/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'
import { anImage, endpointDeps, never, stored } from '../ground/webhooks/open-stream.ts'

const logger = collectLogLines(['projection.quarantined'])
const PARTITIONS = 3
const partitioning = { partitions: PARTITIONS, partitionOf: (key: string) => partitionOf(key, PARTITIONS) }
/** One in each partition. */
const instances = [0, 1, 2].map(
  partition =>
    ['shop', 'store', 'kiosk', 'branch', 'depot', 'stall', 'booth'].find(id => partitioning.partitionOf(id) === partition) ?? '',
)
const first = webhookStream
const second: Projection = { ...webhookStream, version: 2 }

let test: TestDatabase
let its: TestLog
let running: Role[]
beforeEach(async () => {
  test = await openTestDatabase('hand over', { poolSize: 8 })
  its = await openTestLog(test, { partitions: PARTITIONS })
  running = []
  await createEndpoint(endpointDeps(test), endpointInput.parse({ url: 'https://example.com/', holdMedia: 900 }), never)
})
afterEach(async () => {
  await Promise.all(running.map(role => role.close()))
  await its.close()
  await test.close()
})

const make = (projection: Projection, database: Database = test.database) =>
  makeCheckpoints(database, projection, partitioning, never)

function run(projection: Projection, log: EventLog = its.log): Role {
  const metrics = createMetrics({ processMetrics: false })
  const { database } = test
  const consumerGroup = (name: string) => `zaplog.${name}`
  const role = openProjection({ ...its, database, log, consumerGroup, partitions: PARTITIONS, logger, metrics }, projection)
  running.push(role)
  return role
}

async function append(...events: readonly Event[]): Promise<void> {
  for (const event of events)
    await its.log.append({ topic: its.topic(topicOfEvent(event)), records: [its.codec.encode(event)] }, never)
}

/** The source events of all deliveries in the log, in the order of each instance. */
async function released(): Promise<readonly string[]> {
  const ids: string[] = []
  for await (const record of its.log.read(its.topic('webhook-deliveries'), { from: 'first', until: 'end' }, never)) {
    const event = await its.codec.decode(record.value, never)
    if (event?.type === 'delivery.released') ids.push(event.deliveryId.slice(0, 32))
  }
  return ids
}

const count = async (sql: string): Promise<number> => (await test.database.query(sql)).length
const idsOf = (events: readonly Event[]) => events.map(event => event.eventId)
const textIn = (instanceId: string) => anEvent('message.received', { instanceId })

/** The connection breaks before the nth transaction, or after it was committed. */
const killedAt = (nth: number, when: 'fail' | 'failAfter'): Database =>
  flaky(test.database, call => {
    if (call.name !== 'transact' || call.nth !== nth) return null
    const error = new Error('killed')
    return when === 'fail' ? { fail: error } : { failAfter: error }
  })

it('[D2] [E2] [E7] a second version releases nothing again, goes on where the first ended, and lets go what that held or owed', async () => {
  await make(first)
  const texts = instances.map(textIn)
  const images = instances.map(instanceId => anImage({ instanceId }))
  const behind = instances.map(textIn)
  const old = run(first)
  await append(...texts, ...images, ...behind)
  await until('the texts are released', async () => (await released()).length === texts.length)
  await until('the others are held', async () => (await count('select from webhook_held')) === images.length + behind.length)
  await old.close()
  let isAway = true
  const away = run(
    first,
    flaky(elsewhere(its.log), ({ name }) => (isAway && name === 'append' ? { fail: new LogError('unavailable', 'away') } : null)),
  )
  const outcomes = images.map(image => stored(image))
  for (const outcome of outcomes.slice(0, 1)) await append(outcome)
  await until('the log is owed what was held', async () => (await count('select from projection_outbox')) > 0)
  await away.close()
  isAway = false

  await expect(make(second, killedAt(1, 'failAfter'))).rejects.toThrow('killed')
  expect(await versions()).toEqual([
    { version: 1, partitions: 2 },
    { version: 2, partitions: 1 },
  ])
  await expect(make(second, killedAt(2, 'fail'))).rejects.toThrow('killed')
  await make(second)
  await make(second)
  expect(await versions()).toEqual([{ version: 2, partitions: 3 }])
  expect(await count('select from projection_outbox where version <> 2')).toBe(0)
  expect(await count('select from projection_seen where version <> 2')).toBe(0)

  run(second)
  const after = instances.map(textIn)
  await append(...texts.map(text => aCopyOf(text, 2)), ...images.map(image => aCopyOf(image, 2)), ...outcomes.slice(1), ...after)
  const all = [...texts, ...images, ...behind, ...after]
  await until('all are released', async () => (await released()).length >= all.length)
  expect([...(await released())].sort()).toEqual(idsOf(all).sort())
  const ofOneChat = idsOf([texts, images, behind, after].flatMap(([one]) => one ?? []))
  expect((await released()).filter(id => ofOneChat.includes(id))).toEqual(ofOneChat)
})

it('[D2] the version before does nothing any more where it was handed over, and says so', async () => {
  await make(first)
  const old = run(first)
  const before = instances.map(textIn)
  await append(...before)
  await until('all are released', async () => (await released()).length === before.length)
  await make(second)
  await append(...instances.map(textIn))
  await until('it says so', () => old.checks()[0]?.detail.includes('no checkpoint for webhook-stream version 1'))
  expect(await released()).toHaveLength(before.length)
  await make(first)
  expect(await versions()).toEqual([{ version: 2, partitions: 3 }])
})

it('[D2] [G2] a key that was left out stays so for the next version, and a record that was passed over is said of it', async () => {
  await make(first)
  const old = run(first)
  const [instanceId = ''] = instances
  await its.log.append(
    { topic: its.topic('events'), records: [{ ...its.codec.encode(textIn(instanceId)), value: Buffer.from('no avro') }] },
    never,
  )
  await until('it is left out', async () => (await count('select from projection_quarantine')) === 1)
  await old.close()
  await test.database.query(
    `insert into projection_skips (projection, version, partition, key, topic, "offset", error_code, error_message)
     values ('webhook-stream', 1, 0, $1, 'events', 0, 'not-decodable', 'no avro')`,
    [instanceId],
  )
  await make(second)
  expect(await count('select from projection_skips where version = 2')).toBe(1)
  const next = run(second)
  await append(textIn(instanceId))
  await until('it says so', () => next.checks()[0]?.detail.includes(`instance ${instanceId} is left out`))
  expect(await released()).toEqual([])
})

it('[D2] where a partition has lost its checkpoint none is made for the next version, and the others are handed over', async () => {
  await make(first)
  const old = run(first)
  const before = instances.map(textIn)
  await append(...before)
  await until('all are released', async () => (await released()).length === before.length)
  await old.close()
  await test.database.query('delete from projection_checkpoints where partition = 1')
  await make(second)
  const next = run(second)
  const after = instances.map(textIn)
  await append(...after)
  await until('the others go on', async () => (await released()).length === before.length + 2)
  expect(next.checks()[0]?.detail).toContain('no checkpoint for webhook-stream version 2 partition 1')
  await test.database.query('delete from projection_checkpoints')
  await make(second)
  expect(await versions()).toEqual([])
})

it('[D2] where two earlier versions have a checkpoint of a partition the later one’s stands, and what both owe is owed', async () => {
  await make(first)
  await test.database.query(`
    insert into projection_checkpoints (projection, version, partition, offsets)
      select projection, 2, partition, jsonb_build_object('events', '7') from projection_checkpoints;
    insert into projection_outbox (projection, version, partition, topic, key, headers, value, recorded_at)
      select 'webhook-stream', version, 0, 't', 'k', '{}', '', now() from generate_series(1, 2) version`)
  const third = { ...webhookStream, version: 3 }
  await make(third)
  await make(third)
  expect(await versions()).toEqual([{ version: 3, partitions: 3 }])
  expect(await count(`select from projection_checkpoints where offsets ->> 'events' = '7'`)).toBe(3)
  expect(await count('select from projection_outbox where version = 3')).toBe(2)
})

it('[D2] a database in which no version has run begins with the newest at the first record', async () => {
  await append(...instances.map(textIn))
  await make(second)
  run(second)
  await until('all are released', async () => (await released()).length === instances.length)
})

const versions = () =>
  test.database.query(
    'select version, count(*)::integer as partitions from projection_checkpoints group by version order by version',
  )
