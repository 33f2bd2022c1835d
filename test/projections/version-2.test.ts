// A second version of the read model is filled from the first record on beside the one that is live, and is read once it has come as far.
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Event } from '../../src/events/event.ts'
import { topicOfEvent } from '../../src/events/topics.ts'
import { goLive } from '../../src/projections/go-live.ts'
import { keepLive } from '../../src/projections/keep-live.ts'
import { makeTables } from '../../src/projections/make-tables.ts'
import { openProjections } from '../../src/projections/open-projections.ts'
import type { Projection } from '../../src/projections/projection.ts'
import { positionToken, waitForPosition } from '../../src/projections/queries.ts'
import { listChats, listMedia, listMessages } from '../../src/projections/read-model/queries.ts'
import { createReadModel, readModel, readModelTables } from '../../src/projections/read-model/read-model.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import type { Role } from '../../src/runtime/role.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { anEvent } from '../ground/events.ts'
import { openTestLog, type TestLog } from '../ground/log.ts'
import { collectLogLines, type LogLine } from '../ground/log-lines.ts'
import { never } from '../ground/projection-dsl.ts'
import { conversations } from '../ground/projections/conversations.ts'
import { makeCheckpoints } from '../ground/projections/make-checkpoints.ts'
import { dumpTables } from '../ground/standing-property.ts'
import { until } from '../ground/until.ts'

const PARTITIONS = 3
const logger = collectLogLines()
const second = createReadModel({ version: 2, sql: fileURLToPath(new URL('./read-model-2', import.meta.url)) })
const [before = [], meanwhile = [], after = []] = conversations

let test: TestDatabase
let its: TestLog
let running: Role[]
let appended: number
beforeEach(async () => {
  test = await openTestDatabase('version 2', { poolSize: 8 })
  its = await openTestLog(test, { partitions: PARTITIONS })
  running = []
  appended = 0
  await make(readModel)
})
afterEach(async () => {
  await Promise.all(running.map(role => role.close()))
  await its.close()
  await test.close()
})

/** As a start does. */
async function make(projection: Projection): Promise<void> {
  await makeTables(test.database, projection, never)
  await makeCheckpoints(test.database, projection, PARTITIONS)
}

function run(...projections: readonly Projection[]): Role {
  const consumerGroup = (name: string) => `zaplog.${name}`
  const metrics = createMetrics({ processMetrics: false })
  const deps = { ...its, database: test.database, consumerGroup, partitions: PARTITIONS, logger, metrics }
  const role = openProjections({ ...deps, projections })
  running.push(role)
  return role
}

async function append(events: readonly Event[]): Promise<void> {
  appended += events.length
  for (const [topic, of] of Map.groupBy(events, event => its.topic(topicOfEvent(event))))
    await its.log.append({ topic, records: of.map(event => its.codec.encode(event)) }, never)
}

const untilProjected = (version: number) =>
  until(`version ${version} has read all`, async () => (await recordsRead(version)) === appended)

async function recordsRead(version: number): Promise<number> {
  const [row] = await test.database.query<{ records: number }>(
    `select coalesce(sum(value::bigint), 0)::integer as records from projection_checkpoints cross join jsonb_each_text(offsets)
     where projection = 'read-model' and version = $1`,
    [version],
  )
  return row?.records ?? 0
}

const liveVersion = async () =>
  (await test.database.query<{ version: number }>('select version from projection_live'))[0]?.version
/** Which schemas the views of the read model's tables show. */
const shown = async () => {
  const rows = await test.database.query<{ schema: string }>(
    `select distinct table_schema as schema from information_schema.view_table_usage where view_schema = 'public' order by 1`,
  )
  return rows.map(row => row.schema)
}
const isPublic = async (view: string) =>
  (await test.database.query(`select from pg_class, aclexplode(relacl) where oid = $1::regclass and grantee = 0`, [view]))
    .length > 0
function keep(projection: Projection) {
  const stopping = new AbortController()
  const kept = keepLive({ database: test.database, logger, tryAgainMs: 20, lookAgainMs: 20 }, projection, stopping.signal)
  const close = async () => {
    stopping.abort()
    await kept.done
  }
  running.push({ name: 'live', checks: kept.checks, close })
  return kept
}
const isOfFirst = (line: LogLine) => line.fields.version === 1
const notLive = () => logger.lines.filter(line => line.event === 'projection.not-live')
const rowsOf = async (version: number) => {
  const tables = readModelTables.map(table => table.replace('read_model_1', `read_model_${version}`))
  return Object.values(await dumpTables(test.database, tables))
}
const answers = async () => ({
  messages: await listMessages(test.database, { instanceId: 'shop', limit: 200 }),
  chats: await listChats(test.database, { instanceId: 'shop', limit: 200 }),
  media: await listMedia(test.database, { instanceId: 'shop', limit: 200 }),
})

it('[D2] it is filled beside the first, which stays live until then; both end with the same rows, and reads see no difference', async () => {
  await append(before)
  const first = run(readModel)
  await untilProjected(1)
  await make(second)
  expect(await goLive(test.database, second, { overNewer: true }, never)).toBe('behind')
  expect([await liveVersion(), await shown()]).toEqual([1, ['read_model_1']])
  const answered = await answers()
  expect(answered.messages.data).not.toEqual([])

  await first.close()
  run(readModel, second)
  await append(meanwhile)
  await until('the second is live', async () => (await liveVersion()) === 2)
  expect(await shown()).toEqual(['read_model_2'])
  await append(after)
  await untilProjected(1)
  await untilProjected(2)
  expect(await rowsOf(2)).toEqual(await rowsOf(1))
  expect((await rowsOf(2)).filter(rows => rows.length === 0)).toEqual([])

  const later = await answers()
  expect(await goLive(test.database, readModel, { overNewer: true }, never)).toBe('changed')
  expect([await liveVersion(), await shown()]).toEqual([1, ['read_model_1']])
  expect(await answers()).toEqual(later)
})

it('[D2] a start with both versions makes nothing anew, and what was read once stays read', async () => {
  await append(before)
  await make(second)
  const role = run(readModel, second)
  await untilProjected(2)
  await role.close()
  const read = await recordsRead(2)
  await make(readModel)
  await make(second)
  expect(await recordsRead(2)).toBe(read)
})

it('[D2] where a checkpoint of the second is lost it is not made again, and the first stays live', async () => {
  await append(before)
  await make(second)
  const role = run(readModel, second)
  await untilProjected(2)
  await role.close()
  await test.database.query(`update projection_live set version = 1`)
  await test.database.query('delete from projection_checkpoints where version = 2 and partition = 1')
  await make(second)
  expect(await test.database.query('select partition from projection_checkpoints where version = 2')).toHaveLength(PARTITIONS - 1)
  expect(await goLive(test.database, second, { overNewer: true }, never)).toBe('behind')
})

it('[D2] it is read again where an earlier release made its own version live meanwhile, and that takes nothing back', async () => {
  await make(second)
  keep(second)
  await until('the second is live', async () => (await liveVersion()) === 2)
  keep(readModel)
  await until('the first was live', async () => logger.lines.filter(line => line.event === 'projection.live').some(isOfFirst))
  await until('the second is live again', async () => (await liveVersion()) === 2)
  await new Promise(resolve => setTimeout(resolve, 200))
  expect(logger.lines.filter(line => line.event === 'projection.live' && isOfFirst(line))).toHaveLength(1)
  expect(await liveVersion()).toBe(2)
})

it('[D2] a version that is not read is said by its check, and in the log less and less often', async () => {
  await make(second)
  await test.database.query(`update projection_checkpoints set offsets = jsonb_build_object('events', '5') where version = 1`)
  const kept = keep(second)
  await until('it is said to be behind', () => kept.checks()[0]?.detail.startsWith('not read yet'))
  await test.database.query('alter table projection_live rename to projection_lived')
  await until('it is said to fail', () => kept.checks()[0]?.state === 'degraded')
  await until('it failed often', () => notLive().length >= 3)
  const said = notLive().length
  await new Promise(resolve => setTimeout(resolve, 100))
  expect(notLive().length).toBeLessThanOrEqual(said + 1)
  await test.database.query('alter table projection_lived rename to projection_live')
  await test.database.query(`update projection_checkpoints set offsets = jsonb_build_object('events', '0') where version = 1`)
  await until('nothing is said any more', () => kept.checks().length === 0)
})

it('[D2] what operators made of the views, and the rights that they gave on them, stay when another version is shown', async () => {
  await make(second)
  await test.database.query(
    'grant select on chats to public; create view chats_of_shop as select * from chats where instance_id = $$shop$$',
  )
  expect(await goLive(test.database, second, { overNewer: true }, never)).toBe('changed')
  expect(await test.database.query('select from chats_of_shop')).toEqual([])
  expect(await shown()).toEqual(['public', 'read_model_2'])
  expect(await isPublic('chats')).toBe(true)
})

it('[D2] where the columns of a view change, what is in the way is said; without it the view has its rights again', async () => {
  await make(second)
  await test.database.query(
    'alter table read_model_2.chats alter chat_id type varchar(99); grant select on chats to public; create view my_chats as table chats',
  )
  await expect(goLive(test.database, second, { overNewer: true }, never)).rejects.toThrow(
    /depends on view chats, .* got my_chats: drop that/,
  )
  await test.database.query('drop view my_chats')
  expect(await goLive(test.database, second, { overNewer: true }, never)).toBe('changed')
  expect(await shown()).toEqual(['read_model_2'])
  expect([await isPublic('chats'), await isPublic('messages')]).toEqual([true, false])
})

it('[D4] reading what was written waits for the version that is live', async () => {
  await make(second)
  run(second)
  await until('the second is live', async () => (await liveVersion()) === 2)
  const event = anEvent('message.received')
  const records = [its.codec.encode(event)]
  const token = positionToken('events', await its.log.append({ topic: its.topic('events'), records }, never))
  expect(await waitForPosition(test.database, { name: 'read-model' }, token, AbortSignal.timeout(20_000))).toBe('reached')
  const { data } = await listMessages(test.database, { instanceId: 'shop' })
  expect(data.map(one => one.eventId)).toEqual([event.eventId])
})
