// A rebuild with the same code: filled beside what is read, compared, swapped in, and back.
import { afterEach, beforeEach, expect, it } from 'vitest'
import { markRemoved, want } from '../../../src/projections/rebuild/queries.ts'
import { conversations } from '../../ground/projections/conversations.ts'
import { openRebuildWorld, type RebuildWorld } from '../../ground/projections/rebuild-world.ts'
import { until } from '../../ground/until.ts'

const [before = [], meanwhile = [], after = []] = conversations

let world: RebuildWorld
beforeEach(async () => {
  world = await openRebuildWorld('rebuild')
  await world.append(before)
  await world.untilRead()
})
afterEach(() => world.close())

const schemaOfViews = async () => {
  const rows = await world.database.query<{ schema: string }>(
    `select distinct table_schema as schema from information_schema.view_table_usage where view_schema = 'public' order by 1`,
  )
  return rows.map(row => row.schema)
}
const oidOf = async (table: string) =>
  (await world.database.query<{ oid: string }>('select $1::regclass::oid::text as oid', [table]))[0]?.oid

const recordsCounted = async () =>
  Number((await world.database.query<{ records: string }>('select sum(records) as records from accounted_types'))[0]?.records)

it('[D3] it is filled from the log while live records come, found equal, swapped in, follows, and rolled back with nothing lost', async () => {
  const first = await oidOf('read_model_1.messages')
  const accounted = await recordsCounted()
  world.rebuilds()
  const begun = await world.begin()
  await world.append(meanwhile)
  const swapped = await world.untilIs(begun, 'swapped')
  expect(swapped.compared?.reduce((sum, one) => sum + one.missing + one.extra + one.differing + one.copied, 0)).toBe(0)
  expect(swapped.compared?.reduce((sum, one) => sum + one.rebuilt, 0)).toBeGreaterThan(20)
  expect(await oidOf('read_model_1.messages')).not.toBe(first)
  expect(await schemaOfViews()).toEqual(['read_model_1'])
  expect(await recordsCounted()).toBe(accounted + meanwhile.length)
  expect(await world.database.query('select from projection_outbox')).toEqual([])
  expect(await world.metrics.render()).not.toContain('projection="read-model-rebuild"')

  await world.append(after)
  await world.untilRead()
  await world.untilRead('read-model-rebuild')
  const rows = await world.rows()
  expect(await world.besides()).toEqual(rows)

  await want(world.database, begun.rebuildId, { wanted: 'rollback', from: ['swapped'] })
  await world.untilIs(begun, 'rolled-back')
  expect(await oidOf('read_model_1.messages')).toBe(first)
  expect(await world.rows()).toEqual(rows)

  await markRemoved(world.database, begun.rebuildId, ['rolled-back'])
  await until('its tables are taken down', async () => !(await world.hasBesides()))
  await world.append(after.map(event => ({ ...event, epoch: 2 })))
  await world.untilRead()
  expect(await world.rows()).toEqual(rows)
})
