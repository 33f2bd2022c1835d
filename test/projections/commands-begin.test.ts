// A database that meets a log which has commands already does none of them again, and everything that comes later.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keepBeginning } from '../../src/instances/commands-begin.ts'
import { readCommand } from '../../src/instances/commands-shown.ts'
import { createProgressStore } from '../../src/log/progress.ts'
import { makeProgress } from '../../src/main/make-progress.ts'
import { commands } from '../../src/projections/commands/commands.ts'
import { openTestDatabase } from '../ground/database.ts'
import { aCopyOf } from '../ground/events.ts'
import { openTestLog } from '../ground/log.ts'
import { never, openProjectionDsl, type ProjectionDsl } from '../ground/projection-dsl.ts'
import { ask, asks, idOf } from '../ground/projections/asked-commands.ts'

let dsl: ProjectionDsl
beforeAll(async () => {
  dsl = await openProjectionDsl('commands begin', commands, { tables: ['commands'] })
})
afterAll(() => dsl.close())

describe('a database that meets a log which has commands already', () => {
  it('[F1] [B3] does none of them again, also where its key is asked with anew before they are read; what comes later is done', async () => {
    const { database } = dsl.test
    const world = await dsl.freshWorld()
    await keepBeginning(database, [{ partition: 0, endOffset: 2n, outcomesEnd: 0n }])
    // Commands may have been accepted since: the beginning stays.
    await keepBeginning(database, [{ partition: 0, endOffset: 3n, outcomesEnd: 0n }])
    const again = asks('k2')
    await ask(dsl, 'k2', again.digest)
    await world.append([asks('k1'), again, asks('k3'), { ...aCopyOf(again, 0), eventId: 'e'.repeat(32) }])
    await world.projectAll()
    const rows = await database.query<{ state: string; reason: string | null }>(
      `select state, outcome ->> 'reason' as reason from commands order by place`,
    )
    expect(rows).toEqual([
      { state: 'untold', reason: 'outcome-unknown' },
      { state: 'untold', reason: 'outcome-unknown' },
      { state: 'accepted', reason: null },
    ])
    expect(await readCommand(database, 'shop', idOf('k1').command_id)).toMatchObject({ state: 'waiting', tries: 0 })
    await database.query('delete from commands_begin')
  })

  it('[F1] [B3] keeps where the log was then, once', async () => {
    const [lost, fresh] = [await openTestDatabase('commands lost'), await openTestDatabase('commands fresh')]
    const testLog = await openTestLog(lost, { partitions: 2 })
    const append = () =>
      testLog.log.append({ topic: testLog.topic('commands'), records: [testLog.codec.encode(asks('k1'))] }, never)
    const progress = createProgressStore(fresh.database)
    const ports = { ...testLog, database: fresh.database, progress, claimLog: async () => undefined, consumerGroup: String }
    const begins = async () =>
      (await fresh.database.query<{ at: string }>('select next_offset as at from commands_begin')).map(({ at }) => at).toSorted()
    await append()
    await makeProgress(ports, 2, never)
    expect(await begins()).toEqual(['0', '1'])
    await append()
    await makeProgress(ports, 2, never)
    expect(await begins()).toEqual(['0', '1'])
    // Another version of them had begun, and what waits was read by that.
    await fresh.database.query('delete from commands_begin')
    await fresh.database.query(`update projection_checkpoints set version = version + 1 where projection = 'commands'`)
    await makeProgress(ports, 2, never)
    expect(await begins()).toEqual([])
    for (const opened of [testLog, fresh, lost]) await opened.close()
  })
})
