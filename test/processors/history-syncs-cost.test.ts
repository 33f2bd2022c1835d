// What asking for history that is to be worked off costs: what instances take it have left out, and nothing of all the others.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readSyncs, takeAgain } from '../../src/instances/history-syncs.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { plansOf, readWhole } from '../ground/lists/plans.ts'
import { never } from '../ground/projection-dsl.ts'

let world: TestDatabase
beforeEach(async ({ task }) => {
  world = await openTestDatabase(task.name)
  await world.database.query(
    `insert into instance_ids (instance_id, request_id, name, settings)
     select 'shop-' || n, 'r', '', jsonb_build_object('historySync', n = 7) from generate_series(1, 100) n`,
  )
  await world.database.query(
    `insert into history_syncs (instance_id, event_id, epoch, sequence, sync_type, state, without_messages, topic, partition, next_offset, started_at)
     select 'shop-' || n, 'part ' || part, 1, part, 'recent', 'completed', n <> 7 or part > 995, 'wa.events', 0, 1, now() + part * interval '1 second'
     from generate_series(1, 100) n, generate_series(1, case when n = 7 then 1000 else 50 end) part`,
  )
  await world.database.query('analyze history_syncs')
  await world.database.query('analyze instance_ids')
})
afterEach(() => world.close())

test('[B6] parts without messages are looked for among the instances that take history, and no others', async () => {
  await world.database.transact(async tx => {
    const plans = await plansOf(tx, all => takeAgain(all, { leftAfterMs: 1_000 }))
    expect(readWhole(plans)).not.toContain('history_syncs')
    expect(JSON.stringify(plans)).toContain('"Index Name":"history_syncs_without_messages"')
  }, never)
  const taken = await takeAgain(world.database, { leftAfterMs: 1_000 })
  expect(taken).toMatchObject({ instanceId: 'shop-7', state: 'started', round: 2, withoutMessages: false })
})

test('[B6] the newest parts of an instance and how many there are of what are one statement, read from indexes', async () => {
  await world.database.transact(async tx => {
    const plans = await plansOf(tx, all => readSyncs(all, 'shop-7', { limit: 3 }))
    // What is told of them is of one moment: a part that begins meanwhile is in both or in neither.
    expect(plans).toHaveLength(1)
    expect(JSON.stringify(plans)).toContain('"Index Name":"history_syncs_newest"')
    expect(readWhole(plans)).toEqual([])
  }, never)
  const { counts, newest } = await readSyncs(world.database, 'shop-7', { limit: 2 })
  expect(counts).toMatchObject({ running: expect.any(Number), failed: 0 })
  expect(newest.map(({ eventId }) => eventId)).toEqual(['part 1000', 'part 999'])
})
