// What becomes of a rebuild: each state, and what keeps it from the next.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { DatabaseError } from '../../../src/database/database.ts'
import { rebuiltErasure } from '../../../src/projections/rebuild/erasure.ts'
import { beginRebuild, cancel, markRemoved, readStanding, want } from '../../../src/projections/rebuild/queries.ts'
import { findingsErasure } from '../../../src/projections/rebuild/rebuild-rows.ts'
import { eraseRows } from '../../../src/purge/erase-batch.ts'
import { watchLateness } from '../../../src/runtime/lateness.ts'
import { anEvent, somebody, somebodyElse } from '../../ground/events.ts'
import { never } from '../../ground/projection-dsl.ts'
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
const forget = () =>
  world.database.query(`select log_trim(topic, partition, next_offset, 1000) from log_partitions where topic = 'wa.events'`)
async function purge(instanceId: string): Promise<void> {
  await world.database.query(
    `insert into instance_ids (instance_id, request_id, name, wanted) values ($1, 'r', 'Shop', 'deleted')`,
    [instanceId],
  )
  await world.database.query(`insert into purges (instance_id, request_id, requested_by) values ($1, 'r', 'test')`, [instanceId])
}
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
  await eraseRows(world.database, findingsErasure, 'shop')
  const purged = (await world.rebuild(begun)).compared
  expect(purged?.find(one => one.table === 'blocks')).toMatchObject({ missing: 1, keys: [] })
  expect(purged).toHaveLength(ready.compared?.length ?? 0)
  expect(JSON.stringify(purged)).not.toContain('"shop"')

  await want(world.database, begun.rebuildId, { wanted: 'swap', from: ['ready'] })
  await world.untilIs(begun, 'swapped')
  expect(await texts()).toEqual(right)
})

it('[D3] of two rebuilds at once the second is told which one there is; a cancelled one leaves nothing, and another may begin', async () => {
  await world.database.query('create schema read_model_rebuild_0') // of an earlier version
  world.rebuilds()
  const begun = await world.begin('manual')
  await world.untilIs(begun, 'ready')
  const second = await beginRebuild(world.database, { projection: 'read-model', swap: 'auto' })
  expect(second).toMatchObject({ kind: 'another', rebuild: { rebuildId: begun.rebuildId, state: 'ready' } })

  await cancel(world.database, begun.rebuildId, ['ready'])
  await until('its tables are taken down', async () => !(await world.rebuild(begun)).hasTables)
  expect(await world.hasBesides()).toBe(false)
  expect(await world.database.query(`select from pg_namespace where nspname = 'read_model_rebuild_0'`)).toEqual([])
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
  await forget()
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
  await purge('shop')
  await want(world.database, begun.rebuildId, { wanted: 'swap', from: ['ready'] })
  await until('it says what it waits for', async () => (await world.rebuild(begun)).why?.includes('purge'))

  await eraseRows(world.database, rebuiltErasure, 'shop')
  const besides = JSON.stringify(await world.besides())
  expect(besides).not.toContain('"shop"')
  expect(besides).toContain('"store"')
  await world.database.query('update purges set done_at = now()')
  await world.untilIs(begun, 'swapped')
})

it('[D3] [A7] what is being purged is neither copied nor compared', async () => {
  await forget()
  await purge('shop')
  world.rebuilds()
  const ready = await world.untilIs(await world.begin('manual'), 'ready')
  expect(found(ready)).toMatchObject({ rows: 1, copied: 1, missing: 0, extra: 0, differing: 0 })
  const besides = JSON.stringify(await world.besides())
  expect(besides).not.toContain('"shop"')
  expect(besides).toContain('"store"')
})

it('[D3] a swap waits for an upgrade that is under way, and none takes place where that changed the tables', async () => {
  world.rebuilds()
  const begun = await world.begin('manual')
  await world.untilIs(begun, 'ready')
  const [begins, ends] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const upgrade = world.database.transact(async tx => {
    await tx.query('select pg_advisory_xact_lock(7241865325823964)') // as node-pg-migrate does
    await tx.query('alter table read_model_1.blocks add column since timestamptz')
    begins.resolve()
    await ends.promise
  }, never)
  await begins.promise
  await want(world.database, begun.rebuildId, { wanted: 'swap', from: ['ready'] })
  await until('it says what it waits for', async () => (await world.rebuild(begun)).why?.includes('upgrade'))
  ends.resolve()
  await upgrade
  expect((await world.untilIs(begun, 'failed')).why).toContain('changed by an upgrade')
  expect(await world.database.query('select since from read_model_1.blocks')).toEqual([])
})

it('[D3] what reads earlier records again since an upgrade ends one that did not: a rollback would lose what came of them', async () => {
  world.rebuilds()
  const begun = await world.begin()
  await world.untilIs(begun, 'swapped')
  await world.database.query(`insert into rereads values ('read-model', 1, 0, 0, 1)`)
  expect((await world.untilIs(begun, 'failed')).why).toContain('reads earlier records again')
  await until('its tables are taken down', async () => !(await world.hasBesides()))
})

it('[D3] deleting one whose tables are gone takes nothing of the next one', async () => {
  world.rebuilds()
  const ended = await world.begin('manual')
  await world.untilIs(ended, 'ready')
  await cancel(world.database, ended.rebuildId, ['ready'])
  await until('its tables are taken down', async () => !(await world.rebuild(ended)).hasTables)
  const next = await world.begin()
  await world.untilIs(next, 'swapped')

  await markRemoved(world.database, ended.rebuildId, ['cancelled'])
  world.rebuilds() // another process, which has nothing in hand yet
  const isThere = () => world.database.query('select from rebuilds where rebuild_id = $1', [ended.rebuildId])
  await until('it is forgotten', async () => (await isThere()).length === 0)
  expect(await world.hasBesides()).toBe(true)
  await want(world.database, next.rebuildId, { wanted: 'rollback', from: ['swapped'] })
  await world.untilIs(next, 'rolled-back')
})

it('[D3] what keeps it from being filled is said, and trying again and again leaves nothing behind in the process', async () => {
  const lateness = watchLateness()
  let askers = 0
  const another = () => {
    askers += 1
    return lateness.another()
  }
  let opened = 0
  const openDatabase = async () => {
    opened += 1
    if (opened < 4) throw new DatabaseError('unreachable', 'not now (unreachable)')
    return brittle(2)
  }
  world.rebuilds({ openDatabase, lateness: { ...lateness, another } })
  const begun = await world.begin()
  await until('it says why it waits', async () => (await world.rebuild(begun)).why?.includes('stopping here'))
  expect((await world.rebuild(begun)).state).toBe('filling')
  expect([opened, askers]).toEqual([4, 1])
})
