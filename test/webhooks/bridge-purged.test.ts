// Deliveries of a purged instance: none is sent once its tombstone is there, and one that is under way leaves no row behind.
import { afterEach, expect, it } from 'vitest'
import type { Database } from '../../src/database/database.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'
import { bridgesOf } from '../ground/webhooks/bridges.ts'

const logger = collectLogLines()
const { open, close } = bridgesOf(logger)
afterEach(close)

/** As a purge that was asked for, and has erased what there was of deliveries. */
async function buryAndErase(database: Database) {
  await database.query(`insert into instance_ids (instance_id, request_id, name) values ('shop', 'r', '')`)
  await database.query(`insert into purges (instance_id, request_id, requested_by) values ('shop', 'r', 'test')`)
  for (const table of tables) await database.query(`delete from ${table}`)
}
const tables = ['webhook_waiting', 'webhook_waiting_lanes', 'webhook_deliveries', 'webhook_attempts', 'webhook_deaths'].concat([
  'webhook_skipped',
  'webhook_outbox',
])
const rowsLeft = async (database: Database) =>
  (
    await Promise.all(tables.map(async table => ((await database.query(`select from ${table}`)).length > 0 ? [table] : [])))
  ).flat()

it.for([
  { what: 'taken', status: 200 },
  { what: 'refused', status: 500 },
  { what: 'refused for good', status: 410 },
])('[A7] an attempt that is under way when its instance is purged leaves no row, $what or not', async ({ status }) => {
  const bridge = await open(`bridge purged ${status}`)
  const answering = Promise.withResolvers<void>()
  const receiver = await bridge.receiver(async () => {
    await answering.promise
    return { status }
  })
  await bridge.append(bridge.delivery(receiver.id, 'chat-1'))
  const role = bridge.start({ retryDelaysMs: [120_000], deadAfterMs: 1 })
  await until('it is under way', () => receiver.attempts.length === 1)
  await buryAndErase(bridge.database)
  // To another endpoint: what is refused for good disables this one.
  const other = await bridge.receiver()
  const after = bridge.delivery(other.id, 'chat-2', { instanceId: 'branch', lane: `${other.id}/branch/chat-2` })
  answering.resolve()
  await bridge.append(after)
  await until('somebody else’s is sent', () => other.attempts.some(one => one.webhookId === after.deliveryId))
  await role.close()
  expect(receiver.attempts).toHaveLength(1)
  await bridge.database.query(`delete from webhook_deliveries where instance_id = 'branch'`)
  await bridge.database.query('delete from webhook_attempts where delivery_id = $1', [after.deliveryId])
  await bridge.database.query('delete from webhook_deaths where delivery_id = $1', [after.deliveryId])
  for (const table of ['webhook_waiting', 'webhook_waiting_lanes', 'webhook_skipped'])
    await bridge.database.query(`delete from ${table} where split_part(lane, '/', 2) = 'branch'`)
  expect(await rowsLeft(bridge.database)).toEqual([])
})

it('[A7] what waits as rows, and what is released in the log, is not sent once its instance is purged', async () => {
  const bridge = await open('bridge purged waiting')
  let up = false
  const receiver = await bridge.receiver(() => ({ status: up ? 200 : 503 }))
  await bridge.append(bridge.delivery(receiver.id, 'chat-1'))
  bridge.start({ retryDelaysMs: [120_000] })
  await bridge.untilStates('it waits', states => states.length === 1 && states[0] === 'waiting')
  await bridge.database.query(`insert into instance_ids (instance_id, request_id, name) values ('shop', 'r', '')`)
  await bridge.database.query(`insert into purges (instance_id, request_id, requested_by) values ('shop', 'r', 'test')`)
  up = true
  const other = bridge.delivery(receiver.id, 'chat-2', { instanceId: 'branch', lane: `${receiver.id}/branch/chat-2` })
  await bridge.append(bridge.delivery(receiver.id, 'chat-3'), other)
  await bridge.dueNow()
  await until('the lane is left', async () => (await bridge.database.query('select from webhook_waiting')).length === 0)
  await until('somebody else’s is sent', () => receiver.accepted().length > 0)
  expect(receiver.accepted().map(one => one.webhookId)).toEqual([other.deliveryId])
})
