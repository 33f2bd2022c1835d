// What a swap brings is known to whoever has the partition, whether or not anything is written to it since.
import { expect, it } from 'vitest'
import { partitionOf } from '../../../src/log/append/partitioner.ts'
import { listLeftOut, listSkipped, requestResume, requestSkip } from '../../../src/projections/queries.ts'
import { exchangeLeftOut } from '../../../src/projections/rebuild/checkpoint-rows.ts'
import { collectLogLines } from '../../ground/log-lines.ts'
import { never } from '../../ground/projection-dsl.ts'
import { makeCheckpoints } from '../../ground/projections/make-checkpoints.ts'
import { PARTITIONS, someEvents, useRunnerWorld } from '../../ground/projections/runner-world.ts'
import { until } from '../../ground/until.ts'

const world = useRunnerWorld(collectLogLines(['projection.record-skipped']))
const leftOut = () => listLeftOut(world().database, { names: ['counting'], key: null, most: 10 })

/** All of it is projected, and then swapped with a twin that leaves out the account since its last record. */
async function swap() {
  const { counting, database } = world()
  const twin = { ...counting, name: 'counting-rebuild' }
  await makeCheckpoints(database, counting, PARTITIONS)
  await makeCheckpoints(database, twin, PARTITIONS)
  const events = someEvents(3)
  await world().append(...events)
  const role = world().open()
  await world().countedAll(events)
  await until('it is ok', () => role.checks()[0]?.state === 'ok')
  await database.query(
    `insert into projection_quarantine (projection, version, partition, key, offsets, topic, "offset", error_code, error_message)
     values ($1, 1, $2, 'shop', '{"events": "2"}', 'events', '2', 'too-strict', 'the twin does not take it')`,
    [twin.name, partitionOf('shop', PARTITIONS)],
  )
  await database.transact(tx => exchangeLeftOut(tx, { live: counting, beside: twin, madeLast: [] }), never)
  return role
}

it('[D3] [G2] an account that the new version leaves out is said so, and is resumed, in a partition of which nothing comes any more', async () => {
  const role = await swap()
  await until('it is said', () => role.checks()[0]?.detail.includes('shop'))
  expect(await requestResume(world().database, world().counting, 'shop')).toBe(true)
  await until('it is projected again', async () => (await leftOut()).length === 0)
  await until('it is ok', () => role.checks()[0]?.state === 'ok')
})

it('[D3] [G2] there its record can be skipped, too', async () => {
  await swap()
  const [left] = await leftOut()
  expect(left && (await requestSkip(world().database, left))).toBe(true)
  await until('it is projected again', async () => (await leftOut()).length === 0)
  expect(await listSkipped(world().database, ['counting'], 10)).toMatchObject([{ key: 'shop', offset: 2n }])
})
