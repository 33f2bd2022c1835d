// Which indexes a rebuild has while it is filled: all that a step or a purge looks into, and none of those that only lists are read by.
import { expect, it } from 'vitest'
import { listIndexes } from '../../../src/projections/read-model/indexes.ts'
import { pairOf } from '../../../src/projections/rebuild/rebuildable.ts'
import { findUnlike } from '../../../src/projections/rebuild/twin-indexes.ts'
import { makeTwin, readShapes } from '../../../src/projections/rebuild/twin-tables.ts'
import { openTestDatabase } from '../../ground/database.ts'
import { never } from '../../ground/projection-dsl.ts'

it('[D3] lists’ indexes alone are made last, and each table keeps one that finds the rows of an account', async () => {
  const pair = pairOf('read-model')
  if (pair === undefined) throw new Error('expected the read model to be rebuildable')
  const { database, close } = await openTestDatabase('made last')
  try {
    await database.transact(tx => makeTwin(tx, pair), never)
    const lacking = (await findUnlike(database, pair)).map(one => one.name)
    expect(lacking).toContain('messages_by_time')
    expect(lacking.filter(name => !listIndexes.includes(name))).toEqual([])
    const whole = await database.query<{ table: string }>(
      `select distinct t.relname as table from pg_index i join pg_class t on t.oid = i.indrelid
        where t.relnamespace = 'read_model_rebuild_1'::regnamespace and i.indpred is null
          and pg_get_indexdef(i.indexrelid, 1, false) = 'instance_id'`,
    )
    const shapes = await readShapes(database, pair)
    expect(whole.map(one => one.table).sort()).toEqual(shapes.map(one => one.table).sort())
  } finally {
    await close()
  }
})
