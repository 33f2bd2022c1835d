// Guarantee: from the moment in which the log is in Kafka, nobody who works with the old one writes what follows from it, whenever he connected.
import { expect, onTestFinished, test } from 'vitest'
import { openPostgres } from '../../src/database/postgres.ts'
import { openSession } from '../../src/database/session.ts'
import { fence } from '../../src/log/postgres/move-out.ts'
import { giveLog } from '../../src/main/log-identity.ts'
import { createLogStanding } from '../../src/main/log-standing.ts'
import { createLogger } from '../../src/runtime/logger.ts'
import { openTestDatabase } from '../ground/database.ts'
import { until } from '../ground/until.ts'

const never = new AbortController().signal
const logger = createLogger({ level: 'silent' })

/** None changes a row: the statement itself is what is asked for. */
const writes = {
  'what the API owes': `insert into api_outbox (topic, key, headers, recorded_at) select '', '', '{}', now() where false`,
  'what projections owe': `insert into projection_outbox (projection, version, partition, topic, key, headers, value, recorded_at)
     select '', 1, 0, '', '', '{}', '', now() where false`,
  'what the bridge owes': `insert into webhook_outbox (topic, key, headers, recorded_at) select '', '', '{}', now() where false`,
  'what waits': 'insert into webhook_waiting select * from webhook_waiting where false',
  'a step of a projection': 'update projection_checkpoints set revision = revision + 1 where false',
  'progress of a consumer': 'update log_progress set next_offset = 0 where false',
  'an account that is taken': `insert into instance_owners (instance_id, epoch) select '', 1 where false`,
  'a topic that is made': `insert into log_partitions (topic, partition) select '', 0 where false`,
}

async function openFencing() {
  const { database, url, close } = await openTestDatabase('fence')
  onTestFinished(close)
  const open = async (log: 'postgres' | 'kafka') => {
    const opened = await openPostgres({ url, poolSize: 2, applicationName: 'test', logger, log })
    onTestFinished(opened.close)
    return opened
  }
  return { database, url, open }
}

test.each(Object.entries(writes))(
  '[G3] %s is written until the log moves, and then by those alone who know it',
  async (_, write) => {
    const { database, open } = await openFencing()
    const old = await open('postgres')
    await old.query(write)
    await database.query(write)
    await database.transact(fence, never)
    const refused = {
      sqlState: 'ZL002',
      code: 'misconfigured',
      retryable: false,
      message: expect.stringContaining('started before it moved'),
    }
    await expect(old.query(write)).rejects.toMatchObject(refused)
    await expect((await open('postgres')).query(write), 'who connects afterwards').rejects.toMatchObject(refused)
    await expect(database.query(write), 'of a version that says nothing').rejects.toMatchObject(refused)
    await (await open('kafka')).query(write)
  },
)

test('[G3] every table that keeps records for the log, whose schemas are named as it names them, has a fence', async () => {
  const { database } = await openFencing()
  const rows = await database.query<{ name: string; fenced: boolean }>(
    `select table_name as name, exists (
         select from pg_trigger where tgrelid = table_name::regclass and tgname = 'refuse_before_move') as fenced
       from information_schema.columns
      where table_schema = 'public' and column_name = 'value' and data_type = 'bytea' and table_name <> 'log_records' order by name`,
  )
  expect(rows.length).toBeGreaterThan(3)
  expect(rows.filter(({ fenced }) => !fenced)).toEqual([])
})

test('[G3] the fence waits for what is under way, and lets nothing through behind it', async () => {
  const { database, url } = await openFencing()
  const write = `insert into webhook_outbox (topic, key, headers, recorded_at) values ('t', 'k', '{}', now())`
  const old = await openSession({ url, applicationName: 'zaplog deliveries', log: 'postgres' }, never)
  onTestFinished(old.close)
  await old.query('begin')
  await old.query(write)
  const seen: number[] = []
  const fencing = database.transact(async tx => {
    await fence(tx)
    const [row] = await tx.query<{ n: number }>('select count(*)::integer as n from webhook_outbox')
    seen.push(row?.n ?? 0)
  }, never)
  await until('the fence to wait', async () => {
    const waiting = await database.query(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    )
    return waiting.length > 0
  })
  expect(seen).toEqual([])
  await old.query('commit')
  await fencing
  expect(seen, 'what was written before is renumbered').toEqual([1])
  await expect(old.query(write)).rejects.toMatchObject({ sqlState: 'ZL002' })
})

test('[G3] [H3] a process whose log has moved says so, and is not live', async () => {
  const { database } = await openFencing()
  const standing = createLogStanding({ logger }, { clusterId: null, topicPrefix: 'wa.' })
  await standing.look(database)
  expect(standing.checks()).toEqual([])
  await giveLog(database, { clusterId: null, topicPrefix: 'wa.' })
  await standing.look(database)
  expect(standing.checks()).toEqual([])
  await giveLog(database, { clusterId: 'k1', topicPrefix: 'wa.' })
  await standing.look(database)
  expect(standing.checks()).toEqual([
    { name: 'log', state: 'failed', detail: expect.stringMatching(/Kafka cluster k1.* stop it, and start it/) },
  ])
})
