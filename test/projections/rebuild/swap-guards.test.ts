// What a swap sees to before it gives tables other names: their indexes and constraints, and whoever erases from them.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { cancel, want } from '../../../src/projections/rebuild/queries.ts'
import type { Rebuild } from '../../../src/projections/rebuild/rebuild-rows.ts'
import { eraseBatch } from '../../../src/purge/erase-rows.ts'
import { rowsOf } from '../../../src/purge/erasure.ts'
import { readUndone } from '../../../src/purge/purge-rows.ts'
import { anEvent } from '../../ground/events.ts'
import { never } from '../../ground/projection-dsl.ts'
import { beside, openRebuildWorld, type RebuildWorld } from '../../ground/projections/rebuild-world.ts'
import { until } from '../../ground/until.ts'

let world: RebuildWorld
beforeEach(async () => {
  world = await openRebuildWorld('swap guards')
  await world.append([anEvent('message.received', { instanceId: 'shop' }), anEvent('message.received', { instanceId: 'store' })])
  await world.untilRead()
})
afterEach(() => world.close())

/** Valid ones of a table that is read. */
const indexesOf = async (table: string, schema = 'read_model_1') => {
  const rows = await world.database.query<{ name: string }>(
    `select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = $1::regclass and i.indisvalid order by 1`,
    [`${schema}.${table}`],
  )
  return rows.map(row => row.name)
}
const swap = (one: Rebuild) => want(world.database, one.rebuildId, { wanted: 'swap', from: ['ready', 'rolled-back'] })
const whySays = (one: Rebuild, words: string) =>
  until('it says why it waits', async () => (await world.rebuild(one)).why?.includes(words))
async function readyToSwap(): Promise<Rebuild> {
  world.rebuilds()
  const begun = await world.begin('manual')
  return world.untilIs(begun, 'ready')
}

it('[D3] indexes of what is read that come after its tables, or are still being made, are there after a swap and after a rollback', async () => {
  const ready = await readyToSwap()
  expect(await indexesOf('messages', beside)).toEqual(await indexesOf('messages'))
  await world.database.query('create index late on read_model_1.blocks (changed_by_event)')
  await world.database.query('create index in_the_making on read_model_1.blocks (epoch)')
  await world.database.query(`update pg_index set indisvalid = false where indexrelid = 'read_model_1.in_the_making'::regclass`)
  await world.database.query(`drop index read_model_1.messages_with_media`)
  await swap(ready)
  await world.untilIs(ready, 'swapped')
  expect(await indexesOf('blocks')).toEqual(['blocks_pkey', 'in_the_making', 'late'])
  expect(await indexesOf('messages')).not.toContain('messages_with_media')

  await world.database.query('create index later on read_model_1.blocks (sequence)')
  await want(world.database, ready.rebuildId, { wanted: 'rollback', from: ['swapped'] })
  await world.untilIs(ready, 'rolled-back')
  expect(await indexesOf('blocks')).toEqual(['blocks_pkey', 'in_the_making', 'late', 'later'])
})

it('[D3] a constraint that only one of both has is compared and named, and no swap takes place until it is gone', async () => {
  world.rebuilds({ lookEveryMs: 100 })
  const begun = await world.begin()
  await until('it has its tables', () => world.hasBesides())
  await world.database.query(`alter table ${beside}.blocks add constraint quick check (epoch >= 0)`)
  await whySays(begun, 'not the same')
  const ready = await world.rebuild(begun)
  expect(ready).toMatchObject({ state: 'ready' })
  const told = ready.compared?.filter(one => one.unlike.length > 0)
  expect(told).toMatchObject([{ table: 'blocks', unlike: ['constraint quick'], missing: 0, extra: 0, differing: 0 }])

  await swap(ready)
  await whySays(begun, 'constraint quick of blocks')
  expect((await world.rebuild(begun)).state).toBe('ready')
  await world.database.query(`alter table ${beside}.blocks drop constraint quick`)
  await world.untilIs(begun, 'swapped')
})

it('[D3] [G2] records that either passed over change sides with the tables, and the ids seen of their accounts with them', async () => {
  const ready = await readyToSwap()
  const seenBy = (projection: string) =>
    world.database.query(`select from projection_seen where projection = $1 and instance_id = 'shop'`, [projection])
  const passedOverBy = async () =>
    (await world.database.query<{ by: string }>('select projection as by from projection_skips')).map(row => row.by)
  await world.database.query(
    `insert into projection_skips (projection, version, partition, key, topic, "offset", error_code, error_message)
     values ('read-model', 1, 0, 'shop', 'events', 0, 'not-decodable', 'no avro')`,
  )
  await world.database.query(`delete from projection_seen where projection = 'read-model' and instance_id = 'shop'`)
  await swap(ready)
  await world.untilIs(ready, 'swapped')
  expect(await passedOverBy()).toEqual(['read-model-rebuild'])
  expect([(await seenBy('read-model')).length, (await seenBy('read-model-rebuild')).length]).toEqual([1, 0])

  await want(world.database, ready.rebuildId, { wanted: 'rollback', from: ['swapped'] })
  await world.untilIs(ready, 'rolled-back')
  expect(await passedOverBy()).toEqual(['read-model'])
  expect([(await seenBy('read-model')).length, (await seenBy('read-model-rebuild')).length]).toEqual([0, 1])
})

async function askToPurge(instanceId: string) {
  await world.database.query(
    `insert into instance_ids (instance_id, request_id, name, wanted) values ($1, 'r', 'Shop', 'deleted')`,
    [instanceId],
  )
  await world.database.query(`insert into purges (instance_id, request_id, requested_by) values ($1, 'r', 'test')`, [instanceId])
  const [purge] = await readUndone(world.database)
  if (purge === undefined) throw new Error('expected a purge that is not done')
  return purge
}
const erasing = { erasure: rowsOf('read_model_1.messages'), next: {} }
const ownersRead = async () =>
  (await world.database.query<{ id: string }>('select instance_id as id from messages order by 1')).map(row => row.id)

it('[D3] [A7] a swap waits for a purge that erases and that it cannot see yet', async () => {
  const ready = await readyToSwap()
  const purge = await askToPurge('shop')
  await world.database.query('update purges set done_at = now()') // for whoever looks from outside
  const [erased, ends] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const connection = world.database.transact(async tx => {
    await tx.query('update purges set done_at = null')
    const inside = { ...world.database, transact: async <T>(work: (of: typeof tx) => Promise<T>) => work(tx) }
    await eraseBatch(inside, purge, erasing, never)
    erased.resolve()
    await ends.promise
  }, never)
  await erased.promise
  await swap(ready)
  await whySays(ready, 'a purge is under way')
  ends.resolve()
  await connection
  expect(await ownersRead()).toEqual(['store'])
  await cancel(world.database, ready.rebuildId, ['ready'])
})

it('[D3] [A7] a purge that begins while tables change their names erases from those that have them afterwards', async () => {
  const ready = await readyToSwap()
  const [reads, ends] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const reader = world.database.transact(async tx => {
    await tx.query('select from blocks') // a swap waits for it in the middle
    reads.resolve()
    await ends.promise
  }, never)
  await reads.promise
  await swap(ready)
  const isBetween = () =>
    world.database.query(
      `select from pg_locks where not granted and relation = 'blocks'::regclass and mode = 'AccessExclusiveLock'`,
    )
  await until('the swap to wait for the reader', async () => (await isBetween()).length > 0)
  let isErased = false
  const erased = eraseBatch(world.database, await askToPurge('shop'), erasing, never).then(() => {
    isErased = true
  })
  const waiting = `select from pg_stat_activity where datname = current_database() and wait_event = 'advisory'`
  await until('the purge to wait, or to be done', async () => isErased || (await world.database.query(waiting)).length > 0)
  ends.resolve()
  await reader
  await erased
  await until('the swap is over', async () => {
    const { state, why } = await world.rebuild(ready)
    return state === 'swapped' || why?.includes('purge') === true
  })
  expect(await ownersRead()).toEqual(['store'])
})
