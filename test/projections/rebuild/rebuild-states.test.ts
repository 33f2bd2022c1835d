// What becomes of a rebuild: each state, and what keeps it from the next.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { DatabaseError } from '../../../src/database/database.ts'
import { rebuiltErasure } from '../../../src/projections/rebuild/erasure.ts'
import { beginRebuild, cancel, readStanding, want } from '../../../src/projections/rebuild/queries.ts'
import { eraseRows } from '../../../src/purge/erase-batch.ts'
import { anEvent, somebody, somebodyElse } from '../../ground/events.ts'
import { beside, openRebuildWorld, type RebuildWorld } from '../../ground/projections/rebuild-world.ts'
import { until } from '../../ground/until.ts'

let world: RebuildWorld
beforeEach(async () => {
  world = await openRebuildWorld('rebuild states')
  await world.append([said('shop', 'M1', somebody), said('shop', 'M2', somebody), said('store', 'M1', somebody)])
  await world.untilRead()
})
afterEach(() => world.close())

let count = 0
const said = (instanceId: string, messageId: string, { lid: chatId, pn: chatPn }: typeof somebody) => {
  const eventId = String(++count).padStart(32, '0')
  return anEvent('message.received', {
    instanceId,
    eventId,
    messageId,
    chatId,
    chatPn,
    senderId: chatId,
    senderPn: chatPn,
    sequence: count,
  })
}
const damage = () => world.database.query(`update read_model_1.messages set text = 'damaged' where message_id = 'M2'`)
const texts = async () =>
  (await world.database.query<{ text: string }>('select text from messages order by event_id')).map(row => row.text)
const found = (of: { compared: readonly { table: string }[] | null }) => of.compared?.find(one => one.table === 'messages')

it('[D3] rows that differ are counted and named by their keys, never by content; it waits, and swaps when it is told to', async () => {
  const right = await texts()
  await damage()
  await world.database.query(`delete from read_model_1.messages where instance_id = 'store'`)
  await world.database.query(`insert into read_model_1.blocks values ('shop', 'x', true, 1, 1, 'x')`)
  world.rebuilds()
  const begun = await world.begin()
  await until('it says why it waits', async () => (await world.rebuild(begun)).why)
  const ready = await world.rebuild(begun)
  expect(ready).toMatchObject({ state: 'ready', why: expect.stringContaining('not the same') })
  expect(found(ready)).toMatchObject({ rows: 2, rebuilt: 3, differing: 1, extra: 1, missing: 0, copied: 0 })
  expect(ready.compared?.find(one => one.table === 'blocks')).toMatchObject({ missing: 1, keys: [['shop', 'x']] })
  expect(JSON.stringify(ready.compared)).not.toContain('damaged')

  await want(world.database, begun.rebuildId, { wanted: 'swap', from: ['ready'] })
  await world.untilIs(begun, 'swapped')
  expect(await texts()).toEqual(right)
})

it('[D3] of two rebuilds at once the second is told which one there is; a cancelled one leaves nothing, and another may begin', async () => {
  world.rebuilds()
  const begun = await world.begin('manual')
  await world.untilIs(begun, 'ready')
  const second = await beginRebuild(world.database, { projection: 'read-model', swap: 'auto' })
  expect(second).toMatchObject({ kind: 'another', rebuild: { rebuildId: begun.rebuildId, state: 'ready' } })

  await cancel(world.database, begun.rebuildId, ['ready'])
  await until('its tables are taken down', async () => !(await world.rebuild(begun)).hasTables)
  expect(await world.hasBesides()).toBe(false)
  const left = ['projection_checkpoints', 'projection_seen', 'projection_quarantine', 'rereads'].map(
    table => `select count(*) from ${table} where projection = 'read-model-rebuild'`,
  )
  const [rows] = await world.database.query<{ left: string }>(`select (${left.join(') + (')}) as left`)
  expect(rows?.left).toBe('0')
  await world.untilIs(await world.begin(), 'swapped')
})

it('[D3] who dies while it is filled leaves it to another process, which goes on and finds every row the same', async () => {
  await world.append(Array.from({ length: 60 }, (_, n) => said('shop', `L${n}`, somebodyElse)))
  await world.untilRead()
  const dying = world.rebuilds({ leaseMs: 200, lookEveryMs: 5, openDatabase: async () => brittle(40) })
  const begun = await world.begin()
  await until('it has its tables', () => world.hasBesides())
  await dying.close()
  expect((await world.rebuild(begun)).state).toBe('filling')

  world.rebuilds()
  const swapped = await world.untilIs(begun, 'swapped')
  expect(found(swapped)).toMatchObject({ rows: 63, rebuilt: 63, differing: 0, extra: 0, missing: 0 })
})

/** A Postgres that is away after so many transactions. */
function brittle(transactions: number, code: 'unreachable' | 'disk-full' = 'unreachable') {
  let left = transactions
  const transact: typeof world.database.transact = (work, signal) => {
    if (left-- > 0) return world.database.transact(work, signal)
    return Promise.reject(new DatabaseError(code, `stopping here (${code})`))
  }
  return { ...world.database, transact, close: async () => undefined }
}

it('[D3] a disk that fills ends the rebuild and gives back what it took; what is read goes on', async () => {
  world.rebuilds({ openDatabase: async () => brittle(2, 'disk-full') })
  const begun = await world.begin()
  const failed = await world.untilIs(begun, 'failed')
  expect(failed.why).toContain('the disk of Postgres is full')
  await until('its tables are taken down', async () => !(await world.hasBesides()))
  await world.append([said('shop', 'M3', somebody)])
  await world.untilRead()
  expect(await texts()).toHaveLength(4)
})

it('[D3] a record that cannot be projected leaves its account out, is said, and keeps the rebuild from swapping by itself', async () => {
  world.rebuilds({ lookEveryMs: 100 })
  const begun = await world.begin()
  await until('it has its tables', () => world.hasBesides())
  await world.database.query(`alter table ${beside}.messages add constraint no_m3 check (message_id <> 'M3')`)
  await world.append([said('shop', 'M3', somebody), said('store', 'M4', somebody)])
  await until('it says why it waits', async () => (await world.rebuild(begun)).why?.includes('left out'))
  const ready = await world.rebuild(begun)
  expect(await readStanding(world.database, ready)).toMatchObject({ leftOut: [{ key: 'shop', topic: 'events' }] })
  expect(ready.state).toBe('ready')
  expect(await texts()).toHaveLength(5)
})

it('[D3] rows of which the log has forgotten every record are copied and counted, and every row is the same', async () => {
  await world.database.query(`select log_trim(topic, partition, next_offset, 1000) from log_partitions where topic = 'wa.events'`)
  await world.append([said('shop', 'M9', somebodyElse)])
  await world.untilRead()
  const rows = await world.rows()
  world.rebuilds()
  const swapped = await world.untilIs(await world.begin(), 'swapped')
  expect(found(swapped)).toMatchObject({ rows: 4, rebuilt: 1, copied: 3, missing: 0, extra: 0, differing: 0 })
  expect(swapped.forgottenRecords).toBe(3)
  expect(await world.rows()).toEqual(rows)
})

it('[D3] [A7] a purge erases what is beside, too, and a swap waits until it is done', async () => {
  world.rebuilds()
  const begun = await world.begin('manual')
  await world.untilIs(begun, 'ready')
  await world.database.query(
    `insert into instance_ids (instance_id, request_id, name, wanted) values ('shop', 'r', 'Shop', 'deleted')`,
  )
  await world.database.query(`insert into purges (instance_id, request_id, requested_by) values ('shop', 'r', 'test')`)
  await want(world.database, begun.rebuildId, { wanted: 'swap', from: ['ready'] })
  await until('it says what it waits for', async () => (await world.rebuild(begun)).why?.includes('purge'))

  await eraseRows(world.database, rebuiltErasure, 'shop')
  const besides = JSON.stringify(await world.besides())
  expect(besides).not.toContain('"shop"')
  expect(besides).toContain('"store"')
  await world.database.query('update purges set done_at = now()')
  await world.untilIs(begun, 'swapped')
})
