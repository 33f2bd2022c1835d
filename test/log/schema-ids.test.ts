// The id of a value's schema becomes that of another registry, in memory and in tables alike, and nothing else of it changes.
import { expect, onTestFinished, test } from 'vitest'
import { renumber, renumbering } from '../../src/log/schema-ids.ts'
import { openTestDatabase } from '../ground/database.ts'

const values = [
  { of: 'a schema with another id', value: [0, 0, 0, 0, 1, 9, 9], now: [0, 0, 4, 147, 224, 9, 9] },
  { of: 'one whose new id is another one’s old one', value: [0, 0, 0, 0, 2], now: [0, 0, 0, 0, 1] },
  { of: 'one that keeps its id', value: [0, 0, 0, 0, 3, 1], now: [0, 0, 0, 0, 3, 1] },
  { of: 'a schema that nobody knows', value: [0, 0, 0, 0, 7, 1], now: [0, 0, 0, 0, 7, 1] },
  { of: 'another format', value: [1, 0, 0, 0, 1, 9], now: [1, 0, 0, 0, 1, 9] },
  { of: 'too few bytes', value: [0, 0, 0, 0], now: [0, 0, 0, 0] },
  { of: 'nothing', value: [], now: [] },
] as const
const ids = new Map([
  [1, 300_000],
  [2, 1],
  [3, 3],
])

test.for(values)('[G3] a value of $of', ({ value, now }) => {
  const before = Buffer.from(value)
  expect([...(renumber(before, ids) ?? [])]).toEqual(now)
  expect([...before], 'what was handed in is as it was').toEqual(value)
  expect(renumber(null, ids)).toBe(null)
})

test('[G3] a table of records is renumbered as each of its values is, once', async () => {
  const { database, close } = await openTestDatabase('schema ids')
  onTestFinished(close)
  await database.query('create table kept (place integer, value bytea)')
  for (const [place, { value }] of values.entries())
    await database.query('insert into kept values ($1, $2)', [place, Buffer.from(value)])
  await database.query('insert into kept values (99, null)')
  await database.query(renumbering('kept'), [[...ids.keys()], [...ids.values()]])
  const rows = await database.query<{ value: Buffer | null }>('select value from kept order by place')
  expect(rows.map(({ value }) => (value === null ? null : [...value]))).toEqual([...values.map(({ now }) => now), null])
})
