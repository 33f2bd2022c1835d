// The read model's standing property, over conversations of every event type whose ids, senders, addresses and instants collide on purpose.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readModel, readModelTables } from '../../src/projections/read-model/read-model.ts'
import { openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'
import { conversations } from '../ground/projections/conversations.ts'
import { countByTopic, dumpTables, standingProperty } from '../ground/standing-property.ts'

let dsl: ProjectionDsl
beforeAll(async () => {
  dsl = await openProjectionDsl('read model property', readModel, { tables: readModelTables })
})
afterAll(() => dsl.close())

it.each(conversations.map((events, index) => ({ index, events })))(
  '[B3] [D2] [D3] replay = incremental = copies = the log twice = topics interleaved anyhow: conversation $index',
  async ({ events }) => {
    expect(Object.keys(countByTopic(events)).sort()).toEqual([
      'events',
      'history',
      'media-downloaded',
      'media-failed',
      'media-stored',
    ])
    await standingProperty(dsl, readModel, events, { tables: readModelTables, runs: 8 })
    const dump = await dumpTables(dsl.test.database, readModelTables)
    expect(readModelTables.filter(table => dump[table]?.length === 0)).toEqual([])
  },
)
