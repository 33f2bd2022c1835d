// What single queries and close promise.
import assert from 'node:assert/strict'
import { DatabaseError } from '../../src/database/database.ts'
import { until } from '../ground/until.ts'
import { codeOf, type DatabaseCheck, failureOf, keep, kept } from './database-subject.ts'

const never = new AbortController().signal

export const queryPromises = {
  'rows hold bigint as text, timestamptz as Date, jsonb parsed and bytea as Buffer': async ({ database }) => {
    const [row] = await database.query(
      "select 9007199254740993 as b, to_timestamp(1) as t, '[1]'::jsonb as j, '\\x01'::bytea as y where $1",
      [true],
    )
    assert.deepEqual(row, { b: '9007199254740993', t: new Date(1_000), j: [1], y: Buffer.of(1) })
  },

  'a query without values may be several statements': async subject => {
    await subject.database.query(`insert into kept values ('${subject.name}', 1); insert into kept values ('${subject.name}', 2)`)
    assert.equal(await kept(subject), 2)
  },

  'a query whose answer was lost says perhapsDone and is not repeated': async subject => {
    subject.proxy.watch(chunk => (chunk.includes('insert into kept') ? 'cut-after' : 'pass'))
    const error = await failureOf(keep(subject.database, subject))
    assert.equal(codeOf(error), 'unreachable')
    assert.equal(error instanceof DatabaseError && error.perhapsDone, true)
    await until('the server has inserted', async () => (await kept(subject)) >= 1, subject.patienceMs)
    await subject.database.query('select 1')
    assert.equal(await kept(subject), 1)
  },

  'a query that the server refused says that it is not done': async ({ database }) => {
    const error = await failureOf(database.query('insert into kept values (null, $1)', [1]))
    assert.equal(codeOf(error), 'constraint')
    assert.equal(error instanceof DatabaseError && error.perhapsDone, false)
  },

  'idle connections that break are replaced': async ({ database, proxy, patienceMs }) => {
    await database.query('select 1')
    proxy.cut()
    await until('a query succeeds again', () => database.query('select 1').catch(() => null), patienceMs)
  },

  'close ends everything, twice as well as once, and later calls reject with aborted': async ({
    database,
    direct,
    proxy,
    name,
    patienceMs,
  }) => {
    await database.listen(name, () => undefined, never)
    await Promise.all([database.close(), database.close()])
    await until('no connection is left', () => proxy.connections() === 0, patienceMs)
    assert.equal(codeOf(await failureOf(database.query('select 1'))), 'aborted')
    assert.equal(codeOf(await failureOf(database.transact(async () => 1, never))), 'aborted')
    assert.equal(codeOf(await failureOf(database.listen(name, () => undefined, never))), 'aborted')
    await direct.query('select 1')
  },
} satisfies Record<string, DatabaseCheck>
