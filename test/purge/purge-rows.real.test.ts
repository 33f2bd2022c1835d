// What a purge erases: every table of the database is either erased or kept for a reason, whoever is killed at whichever step.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Database, Transaction } from '../../src/database/database.ts'
import { all as allProjections } from '../../src/projections/all.ts'
import { makeTables } from '../../src/projections/make-tables.ts'
import { erasures, keptTables, objectRows } from '../../src/purge/erasures.ts'
import { readPurge } from '../../src/purge/queries.ts'
import { stepNames } from '../../src/purge/step-names.ts'
import { countNaming, fillTables, readTables } from '../ground/purge/filled-tables.ts'
import { openPurgeWorld, type PurgeWorld } from '../ground/purge/purge-world.ts'

let world: PurgeWorld
beforeEach(async () => {
  world = await openPurgeWorld('purge rows')
})
afterEach(() => world.close())

const erasedTables = [...new Set([...erasures.flatMap(one => one.tables), objectRows.table])].sort()
/** Whose rows the tests make themselves, or that have one row. */
const notFilled = ['purges', 'webhook_outbox_turn', 'incoming_adoption', 'log_identity', 'zaplog_migrations', 'schemas']

/** Of each table how many rows name the instance, where there are some. */
async function naming(instanceId: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const table of await readTables(world.database)) {
    const count = await countNaming(world.database, table, instanceId)
    if (count > 0) counts[table] = count
  }
  return counts
}

test('[A7] every table is erased by a purge, or stays for a reason that is said, those of each version of a projection too', async () => {
  for (const projection of allProjections) await makeTables(world.database, projection, new AbortController().signal)
  const tables = await readTables(world.database)
  expect([...erasedTables, ...Object.keys(keptTables)].sort()).toEqual([...tables].sort())
})

test('[A7] a purge leaves no row that names the instance, but its tombstone and what stays for everybody; others keep theirs', async () => {
  const tables = (await readTables(world.database)).filter(table => !notFilled.includes(table))
  for (const id of ['shop-to-go', 'branch']) await fillTables(world.database, id, tables)
  const [before, others] = [await naming('shop-to-go'), await naming('branch')]
  expect(
    erasedTables.filter(table => !(table in before)),
    'tables without a row to erase',
  ).toEqual([])

  await world.purge('shop-to-go')
  const left = await naming('shop-to-go')
  expect(Object.keys(left).filter(table => !(table in keptTables))).toEqual([])
  expect(await world.database.query('select name, settings from instance_ids where instance_id = $1', ['shop-to-go'])).toEqual([
    { name: '', settings: {} },
  ])
  expect(await naming('branch')).toEqual(others)
  expect(await readPurge(world.database, 'shop-to-go')).toMatchObject({ state: 'done', step: null, waitsFor: null })
})

test('[A7] more rows than a batch go, batch by batch, and are counted once', async () => {
  await world.reserve('shop')
  await world.database.query(
    `insert into contacts (instance_id, contact_id, name_epoch, name_sequence, push_name_epoch, push_name_sequence, updated_at, epoch, sequence, changed_by_event)
     select 'shop', n::text, 0, 0, 0, 0, now(), 0, 0, 'x' from generate_series(1, 1700) n`,
  )
  await world.purge('shop')
  const { erased } = (await readPurge(world.database, 'shop')) ?? { erased: [] }
  expect(erased.find(one => one.what === 'contacts')).toEqual({ what: 'contacts', count: 1700 })
})

test('[A7] [B2] killed before or after any of its writes, a purge goes on from there and ends the same', async () => {
  const tables = (await readTables(world.database)).filter(table => !notFilled.includes(table))
  await fillTables(world.database, 'shop', tables)
  await world.request('shop')
  const seen = new Set<string>()
  for (let kills = 0; kills < 3 * stepNames.length; kills++) {
    const when = kills % 2 === 0 ? 'before' : 'after'
    const purge = await readPurge(world.database, 'shop')
    if (purge?.state === 'done') break
    seen.add(`${purge?.step?.name}`)
    await world.takeStep('shop', killedAt(world.database, when))
  }
  for (const step of stepNames) expect([...seen], `killed at ${step}`).toContain(step)
  await world.untilPurged('shop')
  expect(Object.keys(await naming('shop')).filter(table => !(table in keptTables))).toEqual([])
})

test('[A7] two processes that purge the same instance count every row once', async () => {
  await world.reserve('shop')
  await world.database.query(
    `insert into appended_parts (instance_id, digest) select 'shop', int4send(n) from generate_series(1, 2600) n`,
  )
  await world.request('shop')
  await Promise.all([world.untilPurged('shop'), world.untilPurged('shop')])
  const { erased } = (await readPurge(world.database, 'shop')) ?? { erased: [] }
  expect(erased.find(one => one.what === 'appended_parts')).toEqual({ what: 'appended_parts', count: 2600 })
})

test('[A7] a step that was begun before somebody else went on changes nothing', async () => {
  await world.reserve('shop')
  await world.request('shop')
  const [stale] = await world.undone()
  if (stale === undefined) throw new Error('a purge was asked for')
  expect(await world.stepOf(stale)).toMatchObject({ step: 'announce', revision: '1' })
  expect(await world.stepOf(stale)).toBeNull()
  expect(await world.undone()).toMatchObject([{ step: 'announce', revision: '1' }])
})

test('[A7] a step that only another version has begins erasing anew, at the first table', async () => {
  await world.reserve('shop')
  await world.request('shop')
  await world.database.query(`update purges set step = 'rows of a table that was', cursor = '1' where instance_id = 'shop'`)
  expect(await world.step('shop')).toBe('rows webhook_mailbox')
  expect(await world.undone()).toMatchObject([{ cursor: null }])
})

test('[A7] a purge waits for who asked before the tombstone and has not written yet; what they write goes, too', async () => {
  await world.reserve('shop')
  const other = await world.openSession('zaplog of another process')
  await other.query('begin')
  await other.query(`select instance_id from purges where instance_id = 'shop'`)
  await world.request('shop')
  const going = world.untilPurged('shop')
  await world.untilWaits('shop', 'a transaction of zaplog of another process that began before to end')
  await other.query(`insert into webhook_lanes (instance_id, address, lane) values ('shop', 'a', 'a')`)
  await other.query('commit')
  await going
  expect(await naming('shop')).toEqual({ purges: 1, instance_ids: 1, log_records: 1 })
  await other.close()
})

test.each([
  ['a row', `insert into webhook_lanes (instance_id, address, lane) values ('shop', 'a', 'a')`],
  ['an object’s row', `insert into incoming_objects (key, instance_id) values ('incoming/shop/a', 'shop')`],
])('[A7] %s that came back after its step is found by the check, and goes', async (_, comeBack) => {
  await world.reserve('shop')
  await world.request('shop')
  for (let step = await world.step('shop'); step !== 'check'; ) step = await world.step('shop')
  await world.database.query(comeBack)
  expect(await world.step('shop')).toBe('rows webhook_mailbox')
  await world.untilPurged('shop')
  expect(await naming('shop')).toEqual({ purges: 1, instance_ids: 1, log_records: 1 })
})

test('[A7] the owner is waited for, and what is waited for is said', async () => {
  await world.reserve('shop', { parkedFor: null })
  await world.request('shop')
  const going = world.untilPurged('shop')
  await world.untilWaits('shop', 'a process with the role producers to log the account out and to give it up')
  await world.database.query(`update instance_owners set parked_for = 'deleted/0' where instance_id = 'shop'`)
  await going
})

test('[A7] an account that never began, because the log does not take its creation, is purged all the same', async () => {
  await world.reserve('shop')
  await world.database.query('delete from instance_owners')
  await world.database.query(
    `insert into api_outbox (topic, key, headers, recorded_at) values ('wa.events', 'shop', '{"event-type": "instance.created"}', now())`,
  )
  await world.purge('shop')
  expect(await naming('shop')).toEqual({ purges: 1, instance_ids: 1, log_records: 1 })
})

test('[A7] the last record of a purged account says so, once, whoever repeats it', async () => {
  await world.reserve('shop')
  await world.purge('shop')
  expect(await world.events()).toMatchObject([{ type: 'instance.deleted', instanceId: 'shop', purged: true, epoch: 0 }])
})

class Killed extends Error {}

/** A database of a process that dies at its first write, before it or when it is committed. */
function killedAt(database: Database, when: 'before' | 'after'): Database {
  const writes = (sql: string) => /^\s*(update|insert|delete)/i.test(sql)
  const die = () => {
    throw new Killed('on purpose')
  }
  return {
    ...database,
    query: async (sql, values) => {
      if (writes(sql) && when === 'before') die()
      const rows = await database.query<never>(sql, values)
      return writes(sql) ? die() : rows
    },
    transact: async (work, signal) => {
      let wrote = false
      const watched = (tx: Transaction): Transaction => ({
        query: (sql, values) => {
          wrote ||= writes(sql)
          return tx.query(sql, values)
        },
      })
      await database.transact(async tx => {
        const result = await work(watched(tx))
        if (wrote && when === 'before') die()
        return result
      }, signal)
      return die()
    },
  }
}
