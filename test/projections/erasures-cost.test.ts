// What a purge erases of the read model it finds by an index, so that a bite costs what it erases, however much others have.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readModelErasures } from '../../src/projections/read-model/erasures.ts'
import { readModel } from '../../src/projections/read-model/read-model.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'
import { asIfLarge, plansOf, readWhole } from '../ground/lists/plans.ts'

let test: TestDatabase
beforeAll(async () => {
  test = await openTestDatabase('erasures cost')
})
afterAll(() => test.close())

it('[A7] [D2] no table is read whole for a bite of one instance', async () => {
  const whole = await asIfLarge(test.database, async tx => {
    const plans = await plansOf(tx, async asked => {
      for (const { keys } of readModelErasures([readModel])) await asked.query(keys, ['shop', 100])
    })
    return readWhole(plans)
  })
  expect(whole).toEqual([])
})
