// What belongs together is one statement, whatever text its rows hold.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Transaction } from '../../src/database/database.ts'
import { asRows, openWriteTexts, type Read, readTogether, type Write, writeTogether } from '../../src/database/statement-parts.ts'
import { openTestDatabase, type TestDatabase } from '../ground/database.ts'

let server: TestDatabase
beforeAll(async () => {
  server = await openTestDatabase('statement parts')
})
afterAll(() => server.close())

const never = new AbortController().signal
type Texts = { place: number; text: string }

/** As rows of Postgres have them. */
const through = (texts: readonly string[]) =>
  server.database.transact(async tx => {
    const read = {
      sql: 'select place, text from json_to_recordset($1::json) as given (place integer, text text) order by place',
      values: [asRows(texts.map((text, place) => ({ place, text })))],
    }
    const found = await readTogether(tx, [read])
    return found<Texts>(read).map(({ text }) => text)
  }, never)

test('[B2] text that Postgres cannot hold reaches its row with U+FFFD in that place, and all other text as it is', async () => {
  const lone = ['cut \ud83d', '\ude00 cut', '\ude00\ud83d', 'a\0b', '\\\ud83d', '\\\0']
  const sound = ['\ud83d\ude00', '\\u0000', '\\ud83d', '\\\\u0000', '\u000b\u0001"\n', '\ufffd', '\ud7ff\ue000']
  expect(await through([...lone, ...sound])).toEqual([
    ...['cut \ufffd', '\ufffd cut', '\ufffd\ufffd', 'a\ufffdb', '\\\ufffd', '\\\ufffd'],
    ...sound,
  ])
})

test('[B2] the same in what is inside of a value, names included', async () => {
  const [row] = await server.database.query<{ value: unknown }>(
    'select value::jsonb from json_to_recordset($1::json) as given (value json)',
    [asRows([{ value: { 'a\ud800': ['\udfff', { b: '\0' }] } }])],
  )
  expect(row?.value).toEqual({ 'a\ufffd': ['\ufffd', { b: '\ufffd' }] })
})

const numbers = (from: number, to: number): Read<{ n: number }> => ({
  sql: 'select n from generate_series($1::integer, $2::integer) n',
  values: [from, to],
})

test('[D2] each read is answered its own rows, none where it found none, and one that was not asked is refused', async () => {
  const [some, none, others] = [numbers(1, 2), numbers(1, 0), numbers(7, 7)]
  const found = await readTogether(server.database, [some, none, others])
  expect([found(some), found(none), found(others)]).toEqual([[{ n: 1 }, { n: 2 }], [], [{ n: 7 }]])
  expect(() => found(numbers(1, 2)), 'equal, and another').toThrow('expected one of the 3 reads')
})

test('[D2] a read that asks for nothing finds nothing, and its neighbours their own, however often they come together', async () => {
  for (let nth = 0; nth < 40; nth++) {
    const [empty, some] = [{ ...numbers(1, 0), isEmpty: true }, numbers(nth, nth)]
    const found = await readTogether(server.database, nth % 2 === 0 ? [empty, some] : [some, empty])
    expect([found(empty), found(some)]).toEqual([[], [{ n: nth }]])
  }
  const nothing = { ...numbers(1, 0), isEmpty: true }
  expect((await readTogether(server.database, [nothing]))(nothing)).toEqual([])
})

test('[D2] what is written is the same whichever parts have rows, and however often, in a bounded number of statements', async () => {
  await server.database.query('create table written (part integer, n integer)')
  const part = (nth: number, rows: readonly number[]): Write => ({
    sql: `insert into written select ${nth}, n from json_to_recordset($1::json) as given (n integer)`,
    values: [asRows(rows.map(n => ({ n })))],
    isEmpty: rows.length === 0,
  })
  const parts = Array.from({ length: 7 }, (_, nth) => nth)
  const [statements, texts] = [new Set<string>(), openWriteTexts()]
  const tx: Transaction = {
    query: (sql, values) => {
      statements.add(sql)
      return server.database.query(sql, values)
    },
  }
  // Every combination of seven parts, so often that those which come first have statements of their own.
  const expected = new Map<number, number>()
  for (let n = 0; n < 128 * 18; n++) {
    const filled = parts.filter(nth => (n >> nth) & 1)
    for (const nth of filled) expected.set(nth, (expected.get(nth) ?? 0) + n)
    await writeTogether(
      tx,
      parts.map(nth => part(nth, filled.includes(nth) ? [n] : [])),
      texts,
    )
  }
  const written = await server.database.query<{ part: number; sum: number }>(
    'select part, sum(n)::float8 as sum from written group by part order by part',
  )
  expect(written).toEqual([...expected].map(([nth, sum]) => ({ part: nth, sum })).toSorted((a, b) => a.part - b.part))
  expect(statements.size, 'one for all, and at most 96 of their own').toBeLessThanOrEqual(97)
  expect(statements.size).toBeGreaterThan(1)
})
