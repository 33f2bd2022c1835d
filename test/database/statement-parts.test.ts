// What several owners of tables read is one statement, and each is answered what its own read found.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Read, readTogether } from '../../src/database/statement-parts.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'

let test: TestDatabase
beforeAll(async () => {
  test = await openTestDatabase('statement parts')
})
afterAll(() => test.close())

const numbers = (from: number, to: number): Read<{ n: number }> => ({
  sql: 'select n from generate_series($1::integer, $2::integer) n',
  values: [from, to],
})

it('[D2] each read is answered its own rows, none where it found none, and one that was not asked is refused', async () => {
  const [some, none, others] = [numbers(1, 2), numbers(1, 0), numbers(7, 7)]
  const found = await readTogether(test.database, [some, none, others])
  expect([found(some), found(none), found(others)]).toEqual([[{ n: 1 }, { n: 2 }], [], [{ n: 7 }]])
  expect(() => found(numbers(1, 2)), 'equal, and another').toThrow('expected one of the 3 reads')
})
